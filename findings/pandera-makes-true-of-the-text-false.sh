#!/usr/bin/env bash
# pandera 0.35.0 with pandas 3.0.6: Column(bool, coerce=True) makes true of each text but the empty one, so of "false" and "no" too, and the
# frame is valid. The same schema refuses the same column of polars, and "boolean" in place of bool refuses it for pandas.
# (It is what astype(bool) does; a library whose purpose is validation should not call the outcome valid.) 1.9 is 1 in both.
# For users: `is_active` that came as text from a CSV marks disabled accounts as active, after a check of types.
# The provider's to_pandas() has booleans where the service sent booleans.
# Seen: pandas ["false", "no"] -> [True, True]; polars refused; "boolean" refused; 1.9 -> 1 and 1
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check pandera[polars]==0.35.0 pandas==3.0.6 polars==1.44.2
cd "$tmp"
venv/bin/python - <<'PY'
import importlib.metadata
import warnings

warnings.simplefilter("ignore")

import pandas
import pandera.pandas
import pandera.polars
import polars


def checked(module: object, frame: object, kind: object) -> object:
    schema = module.DataFrameSchema({"value": module.Column(kind, coerce=True)})
    try:
        return schema.validate(frame)["value"].to_list()
    except (pandera.errors.SchemaError, pandera.errors.SchemaErrors):
        return "refused"


texts, numbers = {"value": ["false", "no"]}, {"value": [1.9]}
found = [
    checked(pandera.pandas, pandas.DataFrame(texts), bool),
    checked(pandera.polars, polars.DataFrame(texts), bool),
    checked(pandera.pandas, pandas.DataFrame(texts), "boolean"),
    checked(pandera.pandas, pandas.DataFrame(numbers), int),
    checked(pandera.polars, polars.DataFrame(numbers), int),
]
print("pandera", importlib.metadata.version("pandera"), found)
assert found[0] == [True, True], "changed: a text is no boolean"
assert found[1:3] == ["refused"] * 2 and found[3:] == [[1], [1]], "changed: polars, nullable booleans or fractions"
PY
