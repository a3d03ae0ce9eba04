#!/usr/bin/env bash
# ijson 3.6.0: its two backends read the same valid JSON differently where half of a surrogate pair stands alone (an emoji cut
# by a length limit). Python's json and ijson's own Python backend keep the half. yajl2_c, chosen by itself where it was built,
# puts '?' there, and where another escape follows, it swallows that one into one wrong character: "\ud800\u0041" has no A any more.
# One expects a backend to change the speed, not the values.
# For users: names differ between a laptop and a worker image with another wheel.
# The provider reads with msgspec, which refuses such a text instead of changing it.
# Seen: "\ud800x" python '\ud800x', yajl2_c '?x'; "\ud800\u0041" python '\ud800A', yajl2_c U+10041
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check ijson==3.6.0
cd "$tmp"
venv/bin/python - <<'PY'
from importlib.metadata import version

import ijson

texts = {"followed by x": rb'"\ud800x"', "followed by an escaped A": rb'"\ud800\u0041"'}
backends = ("python", "yajl2_c")
found = {name: [next(ijson.get_backend(b).items(text, "")) for b in backends] for name, text in texts.items()}
print("ijson", version("ijson"), backends, ascii(found))
expected = {"followed by x": ["\ud800x", "?x"], "followed by an escaped A": ["\ud800A", "\U00010041"]}
assert found == expected, "changed: the backends read it otherwise"
PY
