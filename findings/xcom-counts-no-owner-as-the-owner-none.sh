#!/usr/bin/env bash
# apache-airflow-task-sdk 1.3.2 (Airflow 3.3.2): the keys of a dict in an XCom become Python's words: None is 'None', True is 'True', 7 is
# '7'. Where that is a key already, one of the two values is gone, without a word. (Python's json writes null, true and 7, which
# is not what the next task sees here.) One expects a refusal of keys that JSON does not have, as for values that it cannot hold.
# For users: `Counter(row["owner"] for row in rows)` gives the next task what has no owner as the property of somebody called None.
# The provider's XComs hold JSON values as the service sent them, whose keys are texts.
# Seen: {None: 3, 'None': 1} -> {'None': 1}; {7: 'a', '7': 'b'} -> {'7': 'b'}; {True: 1} -> {'True': 1}
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check apache-airflow-task-sdk==1.3.2 apache-airflow-core==3.3.2
cd "$tmp"
venv/bin/python - <<'PY'
import json

import airflow.sdk
from airflow.sdk.serde import deserialize, serialize

values = [{None: 3, "None": 1}, {7: "a", "7": "b"}, {True: 1}]
back = [deserialize(json.loads(json.dumps(serialize(value)))) for value in values]
print("task-sdk", airflow.sdk.__version__, values, "->", back)
assert back == [{"None": 1}, {"7": "b"}, {"True": 1}], "changed: keys are refused, or kept apart"
PY
