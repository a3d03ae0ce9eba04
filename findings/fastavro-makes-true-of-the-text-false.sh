#!/usr/bin/env bash
# fastavro 1.13.1: what does not fit the type of a field is cast: the text "false" in a boolean is true, 1.9 in a long is 1, "1.5"
# in a double is 1.5. Avro has no such conversions when writing, and the reference implementation (avro 1.12.2) raises
# AvroTypeException for all three. fastavro's argument validator=True refuses them too; it is off unless asked for.
# For users: `"is_active": "false"`, as some directories export it, lands as an active account.
# The provider lands a value exactly or refuses it with the name of its column.
# Seen: fastavro true, 1, 1.5; avro AvroTypeException; fastavro with validator=True ValidationError
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
import avro.errors
import avro.io
import avro.schema
import fastavro
from fastavro.validation import ValidationError

cases = [("boolean", "false"), ("long", 1.9), ("double", "1.5")]


def schema_of(kind: str) -> dict[str, object]:
    return {"type": "record", "name": "account", "fields": [{"name": "value", "type": kind}]}


def by_fastavro(kind: str, value: object, **how: object) -> object:
    file = io.BytesIO()
    try:
        fastavro.writer(file, schema_of(kind), [{"value": value}], **how)
    except ValidationError as e:
        return type(e).__name__
    file.seek(0)
    return next(fastavro.reader(file))["value"]


def by_avro(kind: str, value: object) -> object:
    writer = avro.datafile.DataFileWriter(io.BytesIO(), avro.io.DatumWriter(), avro.schema.parse(json.dumps(schema_of(kind))))
    try:
        writer.append({"value": value})
    except avro.errors.AvroTypeException as e:
        return type(e).__name__
    return value


found = [[by_fastavro(*case) for case in cases], [by_avro(*case) for case in cases]]
found.append([by_fastavro(*case, validator=True) for case in cases])
print(*(f"{name} {importlib.metadata.version(name)}" for name in ("fastavro", "avro")), found)
assert found[0] == [True, 1, 1.5], "changed: fastavro refuses what does not fit"
assert found[1:] == [["AvroTypeException"] * 3, ["ValidationError"] * 3]
PY
