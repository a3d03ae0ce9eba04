#!/usr/bin/env bash
# fastavro 1.13.1: a datetime without a time zone in a timestamp-millis or -micros field is taken for local time of the machine. The same row,
# written by a worker in New York and by one in UTC, is two points in time, five hours apart, and both come back as UTC. The
# reference implementation (avro 1.12.2) refuses such a time: the type is an instant, and a local time is none.
# One expects the refusal, or one meaning everywhere; Avro has local-timestamp-millis for times without a zone.
# For users: `last_login` of a database driver, which has no zone more often than not, moves by where the task runs, and twice a
# year by an hour. Give each time its zone.
# The provider lands times as the text that the service sent.
# Seen: TZ=UTC 10:00+00:00, TZ=America/New_York 15:00+00:00; avro AvroTypeException
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check fastavro==1.13.1 avro==1.12.2
cd "$tmp"
venv/bin/python - <<'PY'
import datetime
import importlib.metadata
import io
import json
import os
import time

import avro.errors
import avro.io
import avro.schema
import fastavro

instant = {"type": "long", "logicalType": "timestamp-millis"}
noon = datetime.datetime(2026, 11, 22, 10, 0)
found = {}
for zone in ("UTC", "America/New_York"):
    os.environ["TZ"] = zone
    time.tzset()
    file = io.BytesIO()
    fastavro.writer(file, fastavro.parse_schema(instant), [noon])
    (read,) = fastavro.reader(io.BytesIO(file.getvalue()))
    found[zone] = str(read)
schema = avro.schema.parse(json.dumps(instant))
try:
    avro.io.DatumWriter(schema).write(noon, avro.io.BinaryEncoder(io.BytesIO()))
except avro.errors.AvroTypeException as e:
    found["avro"] = type(e).__name__
print({name: importlib.metadata.version(name) for name in ("fastavro", "avro")}, found)
assert found == {
    "UTC": "2026-11-22 10:00:00+00:00",
    "America/New_York": "2026-11-22 15:00:00+00:00",
    "avro": "AvroTypeException",
}, "changed: one meaning everywhere, or refused"
PY
