#!/usr/bin/env bash
# msgspec 0.22.0 says "Input data was truncated" of JSON that is complete, when a text ends with half of a surrogate pair.
# "\ud800" is valid by the grammar of RFC 8259 (8.2 names it), comes from services that cut texts at a length, and Python's json
# reads it. To refuse it is sound, but the reason is wrong, and only near the end of the input: further in, the same text is
# "malformed". A caller who reads again what was truncated does so for ever.
# For users: an error that blames the network for what one name in the data does.
# The provider decides nothing by this text: an answer that is no JSON is an error of its own tree with a limited number of tries.
# Seen: '["\ud800"]' "Input data was truncated"; with ten more items "JSON is malformed: ..."; json reads both
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check msgspec==0.22.0
cd "$tmp"
venv/bin/python - <<'PY'
import json

import msgspec

texts = {"short": rb'["\ud800"]', "long": rb'["\ud800", 1, 2, 3, 4, 5, 6, 7, 8, 9]'}
said = {}
for name, text in texts.items():
    assert json.loads(text)[0] == "\ud800"
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError as e:
        said[name] = str(e)
print("msgspec", msgspec.__version__, said)
assert said["short"] == "Input data was truncated", "changed: another reason is given"
assert said["long"].startswith("JSON is malformed"), "changed: the longer text is judged otherwise"
PY
