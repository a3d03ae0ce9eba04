#!/usr/bin/env bash
# pendulum 3.1.0: a copy of a DateTime in the second of two equal hours (the end of daylight saving time) is one hour earlier.
# copy.copy and pickle drop `fold`; copy.deepcopy keeps it, and the standard library's datetime keeps it through all three.
# Airflow's logical dates and a DAG's own times are pendulum's, and cross process boundaries by pickle (Celery's pickle
# serializer, multiprocessing, cached objects); one expects a copy to be the same point in time.
# The provider keeps deadlines as ISO 8601 text in UTC, where no hour comes twice.
# Seen: original 01:30-05:00; copy and pickle 01:30-04:00; deepcopy, and datetime in all ways, -05:00
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check pendulum==3.1.0
cd "$tmp"
venv/bin/python - <<'PY'
import copy
import pickle
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import pendulum

ways = {"copy": copy.copy, "deepcopy": copy.deepcopy, "pickle": lambda time: pickle.loads(pickle.dumps(time))}
later = pendulum.datetime(2026, 11, 1, 6, 30).in_timezone("America/New_York")
plain = datetime(2026, 11, 1, 6, 30, tzinfo=timezone.utc).astimezone(ZoneInfo("America/New_York"))
print("pendulum", pendulum.__version__, later.isoformat())
for name, way in ways.items():
    moved = way(later).timestamp() - later.timestamp()
    kept = way(plain).timestamp() - plain.timestamp()
    print(name, way(later).isoformat(), moved, "datetime", way(plain).isoformat(), kept)
    expected = 0 if name == "deepcopy" else -3600
    assert (moved, kept) == (expected, 0), "changed: the copy is another time now"
PY
