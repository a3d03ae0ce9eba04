#!/usr/bin/env bash
# pyarrow 26.0.1 (JSON and CSV), DataFusion 55.0.0 (JSON) and Daft 0.6.14 (CSV): one integer beyond 64 signed bits, such as an
# ES|QL unsigned_long or a hash, makes a double of its whole column: 18446744073709551615 becomes 1.8446744073709552e+19, and every
# neighbour beyond 2^53 loses digits too. Nothing is said. DuckDB 2.0.1 reads all digits; DataFusion's CSV and Daft's JSON make texts.
# For users: ids and counters in landed JSON Lines or CSV change their last digits in such a reader, and joins miss.
# The provider lands such a column as text in Parquet, and its own reading of every format gives text or exact integers.
# Seen: 9007199254740993 read as 9007199254740992.0 beside 18446744073709551615
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  pyarrow==26.0.1 datafusion==55.0.0 daft==0.6.14 duckdb==2.0.1
cd "$tmp"
venv/bin/python - <<'PY'
from pathlib import Path

import daft
import duckdb
import pyarrow.csv
import pyarrow.json
from datafusion import SessionContext

Path("part.jsonl").write_text('{"n": 9007199254740993}\n{"n": 18446744073709551615}\n')
Path("part.csv").write_text("n\n9007199254740993\n18446744073709551615\n")
found = {
    "pyarrow JSON": pyarrow.json.read_json("part.jsonl").to_pylist(),
    "pyarrow CSV": pyarrow.csv.read_csv("part.csv").to_pylist(),
    "DataFusion JSON": SessionContext().read_json("part.jsonl", file_extension=".jsonl").to_pylist(),
    "Daft CSV": daft.read_csv("part.csv").to_pylist(),
}
values = {reader: [row["n"] for row in rows] for reader, rows in found.items()}
in_duckdb = [duckdb.sql(f"select n from '{name}' order by n").fetchall() for name in ("part.jsonl", "part.csv")]
print(values, "DuckDB", in_duckdb)
for reader, numbers in values.items():
    assert numbers == [9007199254740992.0, 1.8446744073709552e19], f"changed: {reader} reads {numbers}"
    assert all(isinstance(number, float) for number in numbers), f"changed: {reader} has another type"
assert in_duckdb == [[(9007199254740993,), (18446744073709551615,)]] * 2, "changed: DuckDB reads it otherwise now"
PY
