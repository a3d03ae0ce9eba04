#!/usr/bin/env bash
# pendulum 3.1.0: a number of 2**32 or more in an ISO 8601 duration wraps round: PT4294967297S is one second, PT9999999999S 44 years.
# Any unit does it, in the compiled parser. One expects the duration or an error; a "never" written as a large number
# becomes any short time, zero included.
# For users: where Airflow or a provider reads a timeout as ISO 8601 text, a huge one may end the wait at once.
# The provider's arguments are timedelta or seconds here. Below 2**32 of a unit the parser is exact.
# Seen: PT4294967295S 4294967295.0, PT4294967296S 0.0, PT4294967297S 1.0, P4294967297D 1 day
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check pendulum==3.1.0
cd "$tmp"
venv/bin/python - <<'PY'
import pendulum

seconds = {text: pendulum.parse(text).total_seconds() for text in ("PT4294967295S", "PT4294967296S", "PT4294967297S")}
days = pendulum.parse("P4294967297D")
print("pendulum", pendulum.__version__, seconds, "P4294967297D", days)
assert list(seconds.values()) == [4294967295, 0, 1], "changed: large numbers are read otherwise"
assert days == pendulum.duration(days=1), "changed: days do not wrap round now"
PY
