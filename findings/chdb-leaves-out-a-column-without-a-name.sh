#!/usr/bin/env bash
# chDB 4.4.0: a Parquet column whose name is the empty text is left out: of DESCRIBE, of SELECT * and of every count of columns.
# Parquet and Arrow allow the name, and pyarrow and DuckDB read the column. One expects the column, or an error.
# For users: `{"": ...}` in a row that a service sent, flattened to a column, is not in the engine's table.
# The provider lands the column under its name as it was sent; name the columns in `columns=[...]` where chDB reads them.
# Seen: chDB columns a; pyarrow 'a' and ''
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check chdb==4.4.0 pyarrow==26.0.1
cd "$tmp"
venv/bin/python - <<'PY'
import chdb
import pyarrow
import pyarrow.parquet as parquet

parquet.write_table(pyarrow.table({"a": [1], "": [3]}), "part.parquet")
described = [line.split(",")[0] for line in str(chdb.query("describe file('part.parquet', Parquet)", "CSV")).splitlines()]
rows = str(chdb.query("select * from file('part.parquet', Parquet)", "CSV")).split()
names = parquet.read_table("part.parquet").column_names
print("chdb", chdb.__version__, described, rows, "pyarrow", names)
assert names == ["a", ""]
assert described == ['"a"'] and rows == ["1"], "changed: the column is there, or refused"
PY
