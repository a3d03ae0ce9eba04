#!/usr/bin/env bash
# pandas 3.0.6, read_fwf: the columns are where the first 100 rows have spaces between them. What is longer in a later row is cut.
# Nothing is said, where read_csv refuses a row with too many fields.
# That 100 rows are looked at is documented (infer_nrows); that later values are cut, and not refused, is not.
# For users: reports of mainframes (RACF, Db2 for z/OS) and `ls -l` have fixed columns: READANDWRITE is READ from row 101 on, and
# the user ADMINISTRATOR is ADMINIST, who may exist. Give colspecs or widths from the report's own description.
# The provider reads no such files.
# Seen: ['ANNA', 'READANDWRITE'] read ['ANNA', 'READ'], ['ADMINISTRATOR', 'READ'] read ['ADMINIST', 'READ']; infer_nrows=200 whole
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check 'pandas==3.0.6'
cd "$tmp"
venv/bin/python - <<'PY'
import io

import pandas

rows = [("ANNA0001", "READ")] * 100 + [("ANNA", "READANDWRITE"), ("ADMINISTRATOR", "READ")]
report = "".join(f"{user:<14}{access}\n" for user, access in rows)
found = [pandas.read_fwf(io.StringIO(report), header=None, **more).tail(2).values.tolist() for more in ({}, {"infer_nrows": 200})]
print("pandas", pandas.__version__, found)
assert found[1] == [["ANNA", "READANDWRITE"], ["ADMINISTRATOR", "READ"]]
assert found[0] == [["ANNA", "READ"], ["ADMINIST", "READ"]], "changed: longer values are read, or refused"
PY
