#!/usr/bin/env bash
# avro 1.12.2 and fastavro 1.13.1: an integer in a union of long and double is written as a double, and so loses its last digits
# beyond 2^53, by the order of the two: avro takes the last type that a number could be, fastavro the first. Both could be exact
# with the other one; Python's int says which is meant. Small numbers come back as floats (5 is 5.0).
# One expects the type that holds the value, or at least one rule for one format.
# For users: no order of the union keeps ids for all of a team's Python writers; make the field a long, or a string.
# The provider lands JSON Lines, CSV and Parquet, where a column of integers and floats becomes text once a double cannot hold it.
# Seen: ["long", "double"] avro 9007199254740992.0, fastavro exact; ["double", "long"] avro exact, fastavro 9007199254740992.0
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check fastavro==1.13.1 avro==1.12.2
cd "$tmp"
venv/bin/python - <<'PY'
import importlib.metadata
import io
import json

import avro.datafile
import avro.io
import avro.schema
import fastavro


def by_avro(schema: dict[str, object], row: dict[str, object]) -> object:
    file = io.BytesIO()
    writer = avro.datafile.DataFileWriter(file, avro.io.DatumWriter(), avro.schema.parse(json.dumps(schema)))
    writer.append(row)
    writer.flush()
    file.seek(0)
    return next(iter(avro.datafile.DataFileReader(file, avro.io.DatumReader())))["id"]


def by_fastavro(schema: dict[str, object], row: dict[str, object]) -> object:
    file = io.BytesIO()
    fastavro.writer(file, schema, [row])
    file.seek(0)
    return next(fastavro.reader(file))["id"]


number, rounded = 2**53 + 1, 2.0**53
found = {}
for union in (("long", "double"), ("double", "long")):
    schema = {"type": "record", "name": "account", "fields": [{"name": "id", "type": ["null", *union]}]}
    found[union] = (by_avro(schema, {"id": number}), by_fastavro(schema, {"id": number}))
print(*(f"{name} {importlib.metadata.version(name)}" for name in ("fastavro", "avro")), found)
expected = {("long", "double"): (rounded, number), ("double", "long"): (number, rounded)}
assert found == expected and type(found["long", "double"][0]) is float, "changed: the long takes the integer"
PY
