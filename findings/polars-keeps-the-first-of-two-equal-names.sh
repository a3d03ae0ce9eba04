#!/usr/bin/env bash
# polars 2.1.0: of two equal names in one JSON object, read_ndjson keeps the first value; Python's json and orjson keep the last.
# RFC 8259 leaves it open (4: "names should be unique"), but the readers that a pipeline mixes should agree on a row;
# pyarrow refuses the same line.
# For users: a row that a service or proxy wrote with a name twice is one thing in the task and another in the data frame.
# The provider lands the bytes of JSON Lines as they were sent, and its own reading, to_polars() too, keeps the last.
# Seen: polars 1, json 2, orjson 2, pyarrow ArrowInvalid
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check polars==2.1.0 orjson==3.13.0 pyarrow==26.0.1
cd "$tmp"
venv/bin/python - <<'PY'
import io
import json

import orjson
import polars
import pyarrow.json

line = b'{"id": 1, "id": 2}\n'
found = {
    "polars": polars.read_ndjson(io.BytesIO(line)).rows()[0][0],
    "json": json.loads(line)["id"],
    "orjson": orjson.loads(line)["id"],
}
try:
    pyarrow.json.read_json(io.BytesIO(line))
except pyarrow.ArrowInvalid as e:
    found["pyarrow"] = type(e).__name__
print("polars", polars.__version__, found)
expected = {"polars": 1, "json": 2, "orjson": 2, "pyarrow": "ArrowInvalid"}
assert found == expected, "changed: a reader decides otherwise now"
PY
