#!/usr/bin/env bash
# polars 2.1.0, pyarrow 26.0.1, DuckDB 2.0.1: whether `account=012345678901/` keeps its zero depends on the engine.
# polars makes a number of the folder's name. pyarrow does so too, but only where all names fit 32 bits, so that the type
# of `account` changes when the first long one comes. DuckDB keeps the text as soon as one name begins with a zero.
# An account id of AWS has twelve digits and may begin with zeros; one expects the name of a folder to stay what it is.
# For users: results landed into a folder for each account do not join with the account ids in their own rows.
# The provider never reads values from folder names; tell the engine the type (polars: hive_schema).
# Seen: polars 12345678901, and 7 for 007; pyarrow '012345678901', but also 7; duckdb '012345678901' and '007'
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check duckdb==2.0.1 polars==2.1.0 pyarrow==26.0.1
cd "$tmp"
venv/bin/python - <<'PY'
from pathlib import Path

import duckdb
import polars
import pyarrow
import pyarrow.dataset
import pyarrow.parquet


def read(name):
    file = f"{name}/account={name}/part-0.parquet"
    Path(file).parent.mkdir(parents=True)
    pyarrow.parquet.write_table(pyarrow.table({"row": [1]}), file)
    return {
        "polars": polars.read_parquet(name)["account"][0],
        "pyarrow": pyarrow.dataset.dataset(name, partitioning="hive").to_table()["account"][0].as_py(),
        "duckdb": duckdb.sql(f"select account from read_parquet('{name}/*/*.parquet')").fetchall()[0][0],
    }


long, short = read("012345678901"), read("007")
print("polars", polars.__version__, "pyarrow", pyarrow.__version__, "duckdb", duckdb.__version__)
print(long, short)
assert long == {"polars": 12345678901, "pyarrow": "012345678901", "duckdb": "012345678901"}, "changed"
assert short == {"polars": 7, "pyarrow": 7, "duckdb": "007"}, "changed: short names are read otherwise"
PY
