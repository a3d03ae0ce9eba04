#!/usr/bin/env bash
# datacompy 1.1.0 (pandas and polars) and dictdiffer 0.10.0: two integers of more than 15 digits that differ in the last ones are
# equal. Both compare numbers as floats with a tolerance, also where the columns are int64 and the tolerance is 0 (datacompy's
# default; dictdiffer's is to be given). One expects equal to mean equal then.
# For users: an id, a hash or a count that changed between two exports is no change in the report that says "they match".
# The provider's VezaAccessDriftOperator compares integers as integers.
# Seen: 9007199254740993 and 9007199254740992: datacompy True, True; dictdiffer [], with tolerance=0 []
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check datacompy==1.1.0 pandas==3.0.6 polars==1.44.2 dictdiffer==0.10.0
cd "$tmp"
venv/bin/python - <<'PY'
import importlib.metadata
import warnings

import dictdiffer
import pandas
import polars

warnings.simplefilter("ignore")
import datacompy

old, new = {"user": ["anna"], "grant": [9007199254740993]}, {"user": ["anna"], "grant": [9007199254740992]}
assert old != new
found = [
    bool(datacompy.PandasCompare(pandas.DataFrame(old), pandas.DataFrame(new), join_columns="user").matches()),
    bool(datacompy.PolarsCompare(polars.DataFrame(old), polars.DataFrame(new), join_columns="user").matches()),
    list(dictdiffer.diff(old, new)),
    list(dictdiffer.diff(old, new, tolerance=0, absolute_tolerance=0)),
]
print(*(f"{name} {importlib.metadata.version(name)}" for name in ("datacompy", "dictdiffer")), found)
assert found == [True, True, [], []], "changed: long integers are compared exactly"
PY
