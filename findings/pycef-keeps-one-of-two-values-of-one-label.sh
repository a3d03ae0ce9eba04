#!/usr/bin/env bash
# pycef 1.11: of two custom fields with the same label only the last value is left, and the escapes of values stay in them. A CEF event says
# cs1=payroll cs1Label=app cs2=hr cs2Label=app; the result has app 'hr', and neither cs1 nor cs2. `https://example.com/?a\=1`,
# where CEF has to write `\=` for `=`, keeps its backslash, so the address is another one; a field without value (`act=`) is left out.
# One expects a parser to undo the escapes of its format, and all values of an event.
# For users: of two applications that one login touched, one is in the activity that is compared with access.
# The provider reads no CEF.
# Seen: app 'hr', request 'https://example.com/?a\=1', no cs1, no cs2, no act
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check pycef==1.11
cd "$tmp"
venv/bin/python - <<'PY'
import importlib.metadata

import pycef

event = r"CEF:0|Example|Gate|1.0|100|login|5|suser=anna cs1=payroll cs1Label=app cs2=hr cs2Label=app request=https://example.com/?a\=1 act="
found = pycef.parse(event)
print("pycef", importlib.metadata.version("pycef"), found)
assert found["app"] == "hr" and "payroll" not in found.values(), "changed: both values are there"
assert found["request"] == r"https://example.com/?a\=1", "changed: escapes are undone"
assert not {"cs1", "cs2", "act"} & set(found)
PY
