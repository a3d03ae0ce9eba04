#!/usr/bin/env bash
# tablib 3.10.0: JSON and YAML objects become rows by the place of their keys, not by their names. The names are those of the first
# object; where a later one has the same keys in another order, its values stand in the wrong columns. Nothing is said: only
# another number of keys is refused (InvalidDimensions). JSON objects have no order (RFC 8259, 1), and services do change it.
# For users: in an export of grants, a role is read as a user and a user as a role.
# The provider's CSV and Parquet go by the names of a row.
# Seen: {"role": "admin", "user": "ben"} as second row: user 'admin', role 'ben', in JSON and YAML
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check 'tablib[yaml]==3.10.0'
cd "$tmp"
venv/bin/python - <<'PY'
import importlib.metadata
import json

import tablib

rows = [{"user": "anna", "role": "reader"}, {"role": "admin", "user": "ben"}]
found = {}
for name in ("json", "yaml"):  # JSON is YAML too
    found[name] = [dict(row) for row in tablib.Dataset().load(json.dumps(rows), format=name).dict]
print("tablib", importlib.metadata.version("tablib"), found)
swapped = [{"user": "anna", "role": "reader"}, {"user": "admin", "role": "ben"}]
assert found == {"json": swapped, "yaml": swapped}, "changed: values stay with their names, or are refused"
try:
    tablib.Dataset().load(json.dumps([*rows, {"user": "carl"}]), format="json")
except tablib.exceptions.InvalidDimensions as e:
    print("one key fewer:", type(e).__name__)
else:
    raise SystemExit("changed: one key fewer is taken")
PY
