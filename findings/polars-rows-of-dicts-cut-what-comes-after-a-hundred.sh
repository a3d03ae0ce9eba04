#!/usr/bin/env bash
# polars 2.1.0, DataFrame(list of dicts): the types and columns are those of the first 100 rows, and what comes later is made to fit: a
# score 1.9 after integers is 1, the text `007` is 7, the number 2 after booleans False; a property that appears later is left out,
# for all rows. strict=True is the default and is documented to raise "if any data value
# does not exactly match"; it does for `X9`, and for 1.9 in a dict of lists. infer_schema_length=None looks at all rows.
# For users: rows that a client returned page by page lose decimals and late properties, by the order in which they came.
# The provider's to_polars() has the columns and types of all rows.
# Seen: 1.9 -> 1, '007' -> 7, 2 after booleans -> False, no column 'late'; 'X9' ComputeError; a dict of lists TypeError
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check polars==2.1.0
cd "$tmp"
venv/bin/python - <<'PY'
import polars

found = [
    polars.DataFrame([{"value": first}] * 100 + [{"value": later, "late": "x"}]).tail(1).to_dicts()[0]
    for first, later in ((1, 1.9), (1, "007"), (True, 2), (True, 1))
]
errors = []
for data in ([{"value": 1}] * 100 + [{"value": "X9"}], {"value": [1] * 100 + [1.9]}):
    try:
        polars.DataFrame(data, strict=True)
    except (polars.exceptions.ComputeError, TypeError) as e:
        errors.append(type(e).__name__)
whole = polars.DataFrame([{"value": 1}] * 100 + [{"value": 1.9, "late": "x"}], infer_schema_length=None).tail(1).rows()
print("polars", polars.__version__, found, errors, whole)
assert found == [{"value": 1}, {"value": 7}, {"value": False}, {"value": True}], "changed: values are kept, or refused"
assert [type(row["value"]) for row in found] == [int, int, bool, bool]
assert errors == ["ComputeError", "TypeError"]
assert whole == [(1.9, "x")]
PY
