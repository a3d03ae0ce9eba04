#!/usr/bin/env bash
# lancedb 0.40.0, create_table from a list of dicts: the columns are those of the first dict. What later ones have besides is left
# out, for all rows, without a word. add() of the same dicts to the same table refuses them ("field 'role' does not exist").
# pyarrow's Table.from_pylist does so too, and documents it; the docstring of create_table does not.
# One expects the columns of all rows, or add()'s error.
# For users: a property that the first entity does not have is missing for everyone.
# The provider's to_arrow() has all columns, late ones too: give that to create_table.
# Seen: create_table {'user': 'anna'}, {'user': 'ben'}; add ValueError; a list that begins with ben has both columns
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check lancedb==0.40.0 pyarrow==26.0.1
cd "$tmp"
venv/bin/python - <<'PY'
import importlib.metadata

import lancedb

rows = [{"user": "anna"}, {"user": "ben", "role": "admin"}]
lake = lancedb.connect("lake")
table = lake.create_table("grants", rows)
found = table.to_arrow().to_pylist()
try:
    table.add(rows[1:])
    added = "taken"
except ValueError as e:
    added = str(e)
columns = lake.create_table("reversed", rows[::-1]).to_arrow().column_names
print("lancedb", importlib.metadata.version("lancedb"), found, added, columns)
assert found == [{"user": "anna"}, {"user": "ben"}], "changed: later keys are kept, or refused"
assert "role" in added and columns == ["user", "role"]
PY
