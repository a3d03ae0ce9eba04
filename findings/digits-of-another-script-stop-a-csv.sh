#!/usr/bin/env bash
# polars 2.1.0 and DataFusion 55.0.0 cannot read a CSV column whose values are digits of another script ("٣", ARABIC-INDIC DIGIT
# THREE): the guess takes them for integers, the reading does not, and the whole file is refused. pandas and DuckDB read text.
# One expects a guess that the same library can carry out, or text.
# For users: one folder, floor or account named in Arabic digits stops the reading of landed CSV.
# The provider quotes by RFC 4180 and cannot change this; give such columns their type, or land Parquet.
# Seen: polars ComputeError "could not parse ... as dtype", DataFusion "Error while parsing value"; duckdb '٣'
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check polars==2.1.0 datafusion==55.0.0 duckdb==2.0.1
cd "$tmp"
venv/bin/python - <<'PY'
from pathlib import Path

import datafusion
import duckdb
import polars

three, four = "\N{ARABIC-INDIC DIGIT THREE}", "\N{ARABIC-INDIC DIGIT FOUR}"
Path("part.csv").write_text(f"id,floor\r\na,{three}\r\nb,{four}\r\n", encoding="utf-8", newline="")
refused = {
    "polars": lambda: polars.read_csv("part.csv"),
    "datafusion": lambda: datafusion.SessionContext().read_csv("part.csv").to_pylist(),
}
for name, read in refused.items():
    try:
        found = read()
    except Exception as e:
        print(name, type(e).__name__, str(e).splitlines()[0])
        assert three in str(e), "changed: refused for another reason"
    else:
        raise SystemExit(f"changed: {name} reads {found}")
text = duckdb.sql("select floor from read_csv('part.csv')").fetchall()
print("polars", polars.__version__, "datafusion", datafusion.__version__, "duckdb", duckdb.__version__, text)
assert text == [(three,), (four,)], "changed: DuckDB reads it otherwise"
PY
