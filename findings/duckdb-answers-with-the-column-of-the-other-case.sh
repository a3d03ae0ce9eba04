#!/usr/bin/env bash
# DuckDB 2.0.1: of two columns whose names differ in case only, the second gets a new name, and its own name reads the first.
# JSON, Parquet and Arrow have names that differ by case. `SELECT "id"`, quoted, gives what stands under `Id`; one expects
# the column itself, or an error, which the same pair inside an object does raise.
# For users: ids of two kinds are confused without a word when properties `Id` and `id` are joined on.
# The provider lands both columns as they came; name the columns in `columns=[...]` where DuckDB reads them.
# Seen: columns ['Id', 'id_1']; select "id" -> [('outer',)]
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check duckdb==2.0.1
cd "$tmp"
venv/bin/python - <<'PY'
from pathlib import Path

import duckdb

Path("part.jsonl").write_text('{"Id": "outer", "id": "inner"}\n')
columns = duckdb.sql("from read_json('part.jsonl')").columns
found = duckdb.sql("""select "id" from read_json('part.jsonl')""").fetchall()
print(duckdb.__version__, columns, 'select "id" ->', found)
assert columns == ["Id", "id_1"], "changed: the columns have other names now"
assert found == [("outer",)], 'changed: "id" is another column now'
Path("nested.jsonl").write_text('{"entity": {"Id": "outer", "id": "inner"}}\n')
try:
    print(duckdb.sql("from read_json('nested.jsonl')").fetchall())
except duckdb.NotImplementedException as e:
    print("inside an object:", str(e).splitlines()[0])
else:
    raise SystemExit("changed: the pair inside an object is read now")
PY
