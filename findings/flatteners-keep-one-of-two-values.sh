#!/usr/bin/env bash
# pandas 3.1.1 (json_normalize) and flatten_json 0.1.14: a row that has a name with the separator in it beside an object of that path
# (`"risk.score"` beside `"risk": {"score"}`) keeps one of the two values, without a word. PyIceberg refuses such columns.
# json_normalize(record_path=...) also leaves out, without a word, the row whose list is null, not only the one whose list is empty.
# For users: enriched properties and custom ones of OAA bring such names. The provider refuses such rows by a named error.
# Seen: pandas {'risk.score': 2}, flatten_json {'risk.score': 2}; of three rows with roles, [] and null, ['anna'] is left
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check pandas==3.1.1 flatten_json==0.1.14
cd "$tmp"
venv/bin/python - <<'PY'
import pandas
from flatten_json import flatten

row = {"risk.score": 1, "risk": {"score": 2}}
users = [{"id": "anna", "roles": [{"name": "admin"}]}, {"id": "ben", "roles": []}, {"id": "carl", "roles": None}]
found = [
    pandas.json_normalize([row]).to_dict("records"),
    flatten(row, "."),
    pandas.json_normalize(users, record_path="roles", meta=["id"])["id"].tolist(),
]
print("pandas", pandas.__version__, found)
assert found == [[{"risk.score": 2}], {"risk.score": 2}, ["anna"]], "changed: both values or rows stay, or it is refused"
PY
