#!/usr/bin/env bash
# uuid-utils 1.2.0, "fast, drop-in replacement for Python's uuid module": its UUID is never equal to Python's UUID of the same value, in
# neither direction, and is no instance of it, while the two hash alike. So a set or dict of the one does not find the other, though
# each prints as the other does. uuid_utils.compat makes Python's own; nothing else says that the two do not mix.
# One expects a replacement to compare, or to raise.
# For users: object ids from a database driver (Python's) joined in memory with ids made or read by uuid-utils match nothing.
# The provider keeps ids as the text that was sent.
# Seen: a == b False, b == a False, hash equal, in a set False, compat True
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check uuid-utils==1.2.0
cd "$tmp"
venv/bin/python - <<'PY'
import importlib.metadata
import uuid

import uuid_utils
import uuid_utils.compat

text = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
theirs, ours = uuid_utils.UUID(text), uuid.UUID(text)
found = (theirs == ours, ours == theirs, hash(theirs) == hash(ours), ours in {theirs}, str(theirs) == str(ours))
compatible = uuid_utils.compat.UUID(text) == ours
print("uuid-utils", importlib.metadata.version("uuid-utils"), found, compatible)
assert found == (False, False, True, False, True), "changed: the two compare"
assert compatible
PY
