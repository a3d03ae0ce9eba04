#!/usr/bin/env bash
# DataFusion 55.0.0, read_csv with a list of files: it takes the types from the first file alone. A column that has no value there
# gets the type null, and the values that the other files have for it are null in the answer. No error, no warning; with the
# files in the other order they are there. DuckDB (and DataFusion itself, given the folder) read all values.
# For users: a property that first appears in a later part of a landed CSV is gone from a query over its parts.
# The provider's docs (engines.md) say to read the folder, or through the manifest, which gives Arrow one schema.
# Seen: [None, None] in one order, [None, 7] in the other; DuckDB [None, 7] in both
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check datafusion==55.0.0 duckdb==2.0.1 pyarrow==26.0.1
cd "$tmp"
venv/bin/python - <<'PY'
from pathlib import Path

import duckdb
from datafusion import SessionContext

Path("part-0.csv").write_bytes(b"id,late\r\na,\r\n")
Path("part-1.csv").write_bytes(b"id,late\r\nb,7\r\n")


def late(*files):
    return sorted((row["late"] for row in SessionContext().read_csv(list(files)).to_pylist()), key=str)


in_order, other_order = late("part-0.csv", "part-1.csv"), late("part-1.csv", "part-0.csv")
in_duckdb = duckdb.sql("select late from read_csv(['part-0.csv', 'part-1.csv']) order by id").fetchall()
print(in_order, other_order, "DuckDB", in_duckdb)
assert in_order == [None, None], "changed: the value of the second file is read"
assert set(other_order) == {None, 7}, "changed: the other order is read otherwise"
assert in_duckdb == [(None,), (7,)], "changed: DuckDB reads it otherwise now"
PY
