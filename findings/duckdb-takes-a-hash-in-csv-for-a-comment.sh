#!/usr/bin/env bash
# DuckDB 2.0.1, reading CSV with the dialect that it finds out by itself (the default).
# A file by RFC 4180 in which some field holds '#' is taken for one with comments: the row whose first field begins with '#' is
# gone, another field is cut before its '#', and quotes become part of a value. Nothing is said. CSV has no comments, and
# polars and pandas read all three rows.
# For users: names of groups and tickets ("#payments") make rows of landed access data disappear from a count.
# The provider reads CSV by its own rule; whoever reads a part with DuckDB says comment = '' (shown below) or lands Parquet.
# Seen: [(2, 'b '), (3, '"d"')]; with comment = '' [('#1', 'a'), ('2', 'b # c'), ('3', 'd')]
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check duckdb==2.0.1
cd "$tmp"
venv/bin/python - <<'PY'
from pathlib import Path

import duckdb

Path("part.csv").write_bytes(b'id,name\r\n#1,a\r\n2,b # c\r\n3,"d"\r\n')
guessed = duckdb.sql("from read_csv('part.csv')").fetchall()
told = duckdb.sql("from read_csv('part.csv', comment = '')").fetchall()
print(duckdb.__version__, guessed, "told", told)
assert guessed == [(2, "b "), (3, '"d"')], "changed: the file is read otherwise now"
assert told == [("#1", "a"), ("2", "b # c"), ("3", "d")], "changed: comment = '' does not help any more"
PY
