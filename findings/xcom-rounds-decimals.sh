#!/usr/bin/env bash
# apache-airflow-task-sdk 1.3.2 (Airflow 3.3.2; 2.11.2 does the same): a Decimal in an XCom comes back with another value.
# It is stored as a float, so digits beyond the seventeenth are gone, and trailing zeros with them: amounts and ids in a
# Decimal, chosen because a float would not hold them, are rounded between two tasks. Nothing is said; one expects the text, which
# json and databases keep.
# For users: pass Decimals as text.
# The provider's XComs hold JSON values as the service sent them.
# Seen: 12345678901234567890.123 -> 1.2345678901234567E+19, 1.10 -> 1.1
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check apache-airflow-task-sdk==1.3.2 apache-airflow-core==3.3.2
cd "$tmp"
venv/bin/python - <<'PY'
import json
from decimal import Decimal

import airflow.sdk
from airflow.sdk.serde import deserialize, serialize

values = [Decimal("12345678901234567890.123"), Decimal("1.10")]
back = [deserialize(json.loads(json.dumps(serialize(value)))) for value in values]
print("task-sdk", airflow.sdk.__version__, values, "->", back)
assert [str(value) for value in back] == ["1.2345678901234567E+19", "1.1"], "changed: another value comes back"
assert back[0] != values[0]
PY
