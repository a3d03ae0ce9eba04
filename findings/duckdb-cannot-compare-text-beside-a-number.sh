#!/usr/bin/env bash
# DuckDB 2.0.1, read_json: one number among the texts of a field makes the column JSON, and then no text can be compared with it:
# WHERE name = 'Ana' ends with "Malformed JSON", because the literal is taken for JSON too. Fetched, a text carries its quotes.
# One expects the comparison to find the row, as polars and Daft, which make text of such a column, do.
# For users: a query that worked for months fails on the day when one entity has a number for a name.
# The provider's CSV and Parquet widen such a column to text; with JSON Lines say columns = {...}, or compare name ->> '$'.
# Seen: type JSON, values '"Ana"' and '5', ConversionException; with ->> '$' one row
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check duckdb==2.0.1
cd "$tmp"
venv/bin/python - <<'PY'
from pathlib import Path

import duckdb

Path("part.jsonl").write_text('{"name": "Ana"}\n{"name": 5}\n')
rows = duckdb.sql("from read_json('part.jsonl')")
print(duckdb.__version__, rows.types, rows.fetchall())
assert [str(kind) for kind in rows.types] == ["JSON"], "changed: the column has another type"
try:
    found = duckdb.sql("select count(*) from read_json('part.jsonl') where name = 'Ana'").fetchall()
except duckdb.ConversionException as e:
    print(str(e).splitlines()[0])
else:
    raise SystemExit(f"changed: the comparison answers {found}")
helped = duckdb.sql("select count(*) from read_json('part.jsonl') where name ->> '$' = 'Ana'").fetchall()
print("name ->> '$' = 'Ana':", helped)
assert helped == [(1,)], "changed: ->> does not help any more"
PY
