#!/usr/bin/env bash
# apache-airflow-task-sdk 1.3.2 (Airflow 3.3.2; 2.11.2 does the same): an XCom with a datetime of a fixed UTC offset can be pushed,
# but not pulled. datetime.fromisoformat("...+05:30") makes such a time; its offset is stored as an empty time zone name, and
# reading fails with "ZoneInfo keys must be normalized relative paths". UTC and named zones work. One expects what cannot be
# read back to be refused where it is pushed, in the task that has the value.
# For users: the task that produced the rows succeeds; the next one fails, and a retry of it cannot help.
# The provider's XComs hold times as ISO 8601 text.
# Seen: +00:00 comes back; +05:30 is pushed, then ValueError
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check apache-airflow-task-sdk==1.3.2 apache-airflow-core==3.3.2
cd "$tmp"
venv/bin/python - <<'PY'
import json
from datetime import datetime

import airflow.sdk
from airflow.sdk.serde import deserialize, serialize

utc = datetime.fromisoformat("2026-11-22T06:00:00+00:00")
back = deserialize(json.loads(json.dumps(serialize(utc))))
pushed = json.dumps(serialize(datetime.fromisoformat("2026-11-22T06:00:00+05:30")))
print("task-sdk", airflow.sdk.__version__, back.isoformat(), pushed)
assert back == utc, "changed: UTC does not come back"
try:
    found = deserialize(json.loads(pushed))
except ValueError as e:
    print("ValueError", e)
else:
    raise SystemExit(f"changed: it comes back as {found!r}")
PY
