#!/usr/bin/env bash
# apache-airflow-task-sdk 1.3.2 (Airflow 3.3.2; 2.11.2 does the same): the XCom of a datetime in the last microseconds of the year 9999
# can be pushed, but not pulled: "year 10000 is out of range". A datetime is stored as a float of seconds, which has no
# microseconds so far from 1970, and is rounded up to the next year. The pushing task succeeds; each task that pulls fails.
# That moment is what directories and databases say for "never" (9999-12-31 23:59:59.999999, datetime.max).
# A datetime without a zone becomes a float by the zone of the machine that pushes, and is read by that of the one that pulls.
# For users: pass times as text, or a "never" as None, above all in rows of accounts that do not expire.
# The provider's XComs hold JSON as the service sent it, and its own times are texts of ISO 8601.
# Seen: datetime.max ValueError; 06:00 without a zone, pushed in New York and pulled in UTC, is 11:00
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check apache-airflow-task-sdk==1.3.2 apache-airflow-core==3.3.2
cd "$tmp"
venv/bin/python - <<'PY'
import json
import os
import time
from datetime import UTC, datetime

import airflow.sdk
from airflow.sdk.serde import deserialize, serialize


def pushed(value):
    return json.dumps(serialize(value))


def pulled(text):
    try:
        return str(deserialize(json.loads(text)))
    except ValueError as error:
        return f"ValueError: {error}"


never = [pulled(pushed(value)) for value in (datetime.max, datetime.max.replace(tzinfo=UTC))]
os.environ["TZ"] = "America/New_York"
time.tzset()
text = pushed(datetime(2026, 11, 22, 6))
os.environ["TZ"] = "UTC"
time.tzset()
moved = pulled(text)
print("task-sdk", airflow.sdk.__version__, never, moved)
assert all(answer.startswith("ValueError: year 10000 is out of range") for answer in never), "changed: it can be pulled"
assert moved == "2026-11-22 11:00:00", "changed: the zone of the machine plays no part"
PY
