#!/usr/bin/env bash
# Daft 0.7.26: where a field is an object in one line of JSON and a text in another, read_json makes null of the object.
# DuckDB keeps its JSON as text, and Daft itself makes text of a number beside a text. One expects either, or an error, not
# a value that is gone without a word.
# For users: a property that one entity has as an object and another as a text is missing for the first.
# The provider's CSV and Parquet keep a value and an object under one name as two columns; JSON Lines stay as they were sent.
# Seen: Daft [None, 'x'], number beside text ['1', 'x']; DuckDB ['{"a":1}', '"x"']
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check daft==0.7.26 duckdb==2.0.1
cd "$tmp"
venv/bin/python - <<'PY'
from pathlib import Path

import daft
import duckdb


def read(name, *lines):
    Path(name).write_text("".join(line + "\n" for line in lines))
    in_duckdb = duckdb.sql(f"select owner from read_json('{name}')").fetchall()
    return daft.read_json(name).to_pydict()["owner"], [owner for (owner,) in in_duckdb]


an_object, a_number = read("object.jsonl", '{"owner":{"a":1}}', '{"owner":"x"}'), read("number.jsonl", '{"owner":1}', '{"owner":"x"}')
print("daft", daft.__version__, an_object[0], a_number[0], "duckdb", duckdb.__version__, an_object[1])
assert an_object == ([None, "x"], ['{"a":1}', '"x"']), "changed: an object beside a text is read otherwise"
assert a_number[0] == ["1", "x"], "changed: a number beside a text is read otherwise"
PY
