#!/usr/bin/env bash
# pandas 3.0.6, to_hdf(format="table"): a missing text is stored as the text `nan`, so a user whose name is just that is missing when the
# file is read, and a query for her in the file (where="user == 'nan'") answers with the rows that have no user. `NaN` is kept, and so
# is `nan` with format="fixed". The argument nan_rep gives another word, and its documentation does not say that a value of that
# word is lost. One expects the writer to refuse a value that means "missing" to it.
# For users: Nan is a first name, and account names are in lower case: her grants belong to nobody.
# Give nan_rep a word that no row can hold. The provider's Parquet has nulls of its own.
# Seen: table [nan, 'anna', nan, 'NaN'], fixed ['nan', 'anna', nan, 'NaN']; query: rows 1 and 3; nan_rep='\x01' keeps her
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check 'pandas==3.0.6' tables==3.11.1
cd "$tmp"
venv/bin/python - <<'PY'
import importlib.metadata

import pandas

frame = pandas.DataFrame({"user": ["nan", "anna", None, "NaN"], "row": [1, 2, 3, 4]})
found = {}
for name, options in (("table", {}), ("fixed", {}), ("own word", {"nan_rep": "\x01"})):
    frame.to_hdf("grants.h5", key="t", mode="w", format="table" if options else name, **options)
    users = pandas.read_hdf("grants.h5", key="t")["user"]
    found[name] = [None if pandas.isna(user) else user for user in users]
frame.to_hdf("grants.h5", key="t", mode="w", format="table", data_columns=True)
found["query"] = pandas.read_hdf("grants.h5", key="t", where="user == 'nan'")["row"].tolist()
print({name: importlib.metadata.version(name) for name in ("pandas", "tables")}, found)
assert found == {
    "table": [None, "anna", None, "NaN"],
    "fixed": ["nan", "anna", None, "NaN"],
    "own word": ["nan", "anna", None, "NaN"],
    "query": [1, 3],
}, "changed: the text stays, or is refused"
PY
