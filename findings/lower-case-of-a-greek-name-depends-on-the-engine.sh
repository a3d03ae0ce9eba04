#!/usr/bin/env bash
# DuckDB 2.0.1 and pyarrow 26.0.1 make `παπασ` of ΠΑΠΑΣ, polars 2.1.0 and Python `παπας`, with the sigma that Greek has at a word's end
# (Unicode's SpecialCasing, Final_Sigma). upper() of `Groß` is GROẞ there and GROSS here. pandas 3.1.1 does one or the other by
# the column's type: str, with pyarrow installed, as pyarrow does, object as Python does. Unicode (3.13) has one full mapping.
# One expects lower(name) to be one text, as it is for the names that one tries.
# For users: names that one engine wrote in lower case and another looks up are missing, for Greeks whose name ends in s.
# Compute both sides of a join in one engine, or use casefold() of Python on both. The provider compares ids as they are.
# Seen: DuckDB, pyarrow, pandas str 'παπασ', 'GROẞ'; polars, Python, pandas object 'παπας', 'GROSS'
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check duckdb==2.0.1 polars==2.1.0 pyarrow==26.0.1 pandas==3.1.1
cd "$tmp"
venv/bin/python - <<'PY'
import duckdb
import pandas
import polars
import pyarrow
import pyarrow.compute

lower, upper = "ΠΑΠΑΣ", "Groß"
found = {
    "duckdb": duckdb.execute("SELECT lower(?), upper(?)", [lower, upper]).fetchone(),
    "pyarrow": (pyarrow.compute.utf8_lower(lower).as_py(), pyarrow.compute.utf8_upper(upper).as_py()),
    "polars": (polars.Series([lower]).str.to_lowercase()[0], polars.Series([upper]).str.to_uppercase()[0]),
    "python": (lower.lower(), upper.upper()),
}
for kind in ("str", "object"):
    found[f"pandas {kind}"] = pandas.Series([lower], dtype=kind).str.lower()[0], pandas.Series([upper], dtype=kind).str.upper()[0]
print({module.__name__: module.__version__ for module in (duckdb, pandas, polars, pyarrow)}, found)
simple, full = ("παπασ", "GROẞ"), ("παπας", "GROSS")
assert found == {
    "duckdb": simple,
    "pyarrow": simple,
    "polars": full,
    "python": full,
    "pandas str": simple,
    "pandas object": full,
}, "changed: engines agree"
PY
