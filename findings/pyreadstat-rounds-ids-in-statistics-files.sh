#!/usr/bin/env bash
# pyreadstat 1.3.7: write_sav (SPSS), write_dta (Stata) and write_xport (SAS) write an int64 column as doubles and say nothing where that
# is not the same number: 9007199254740993 is read back as 9007199254740992.0. A missing text comes back as the empty text, in all
# three; in SPSS and SAS a text has lost its spaces at the end. The formats have no 64-bit integers and no missing texts; pandas 3.1.1
# warns of the first (DataFrame.to_stata, PossiblePrecisionLoss). One expects a warning at least.
# For users: ids handed to an audit team's SPSS or SAS are other ids, and "no owner was sent" is an owner without a name.
# Write ids as text. The provider's Parquet has integers of 64 bits, and texts beyond that.
# Seen: [9007199254740992.0], ['', 'anna'] in sav, dta and xpt; no warning; pandas' to_stata PossiblePrecisionLoss
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check pyreadstat==1.3.7 pandas==3.1.1
cd "$tmp"
venv/bin/python - <<'PY'
import importlib.metadata
import warnings

import pandas
import pyreadstat

frame = pandas.DataFrame({"id": [2**53 + 1, 1], "owner": [None, "anna"]})
writers = {
    "sav": (pyreadstat.write_sav, pyreadstat.read_sav),
    "dta": (pyreadstat.write_dta, pyreadstat.read_dta),
    "xpt": (pyreadstat.write_xport, pyreadstat.read_xport),
}
found = {}
with warnings.catch_warnings(record=True) as warned:
    warnings.simplefilter("always")
    for ending, (write, read) in writers.items():
        write(frame, f"access.{ending}")
        back, _ = read(f"access.{ending}")
        found[ending] = back["id"].tolist()[0], back["owner"].tolist()
by_pyreadstat = [str(one.message) for one in warned if "precision" in str(one.message)]
with warnings.catch_warnings(record=True) as warned:
    warnings.simplefilter("always")
    frame[["id"]].to_stata("access.dta")
by_pandas = [one.category.__name__ for one in warned]
print("pyreadstat", importlib.metadata.version("pyreadstat"), found, by_pyreadstat, by_pandas)
assert all(each == (2.0**53, ["", "anna"]) for each in found.values()), "changed: what the format cannot hold is refused"
assert by_pyreadstat == [] and by_pandas == ["PossiblePrecisionLoss"]
PY
