#!/usr/bin/env bash
# DuckDB 2.0.1, polars 2.1.0, pyarrow 26.0.1: a folder called `name=value` replaces the column `name` of the files below it.
# The values in the file are not readable any more, and nothing is said; with DuckDB not even when one file is named outright.
# One expects that data wins, or an error.
# For users: results landed into `.../owner={{ params.owner }}/` lose their own column `owner` in whoever reads the parent folder.
# The provider's own reading goes by the manifest, file by file with no guess from folders; choose folder names that are no columns.
# Seen: folder read: duckdb, polars, pyarrow all [x, x] instead of [a, b]; the file itself: duckdb [x, x], polars, pyarrow [a, b]
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

file = "landed/owner=x/part-0.parquet"
Path(file).parent.mkdir(parents=True)
pyarrow.parquet.write_table(pyarrow.table({"owner": ["a", "b"]}), file)
folder = {
    "duckdb": [owner for (owner,) in duckdb.sql("select owner from read_parquet('landed/*/*.parquet')").fetchall()],
    "polars": polars.read_parquet("landed")["owner"].to_list(),
    "pyarrow": pyarrow.dataset.dataset("landed", partitioning="hive").to_table()["owner"].to_pylist(),
}
alone = {
    "duckdb": [owner for (owner,) in duckdb.sql(f"select owner from read_parquet('{file}')").fetchall()],
    "polars": polars.read_parquet(file)["owner"].to_list(),
    "pyarrow": pyarrow.parquet.read_table(file)["owner"].to_pylist(),
}
print("duckdb", duckdb.__version__, "polars", polars.__version__, "pyarrow", pyarrow.__version__)
print("folder", folder, "file", alone)
assert folder == dict.fromkeys(folder, ["x", "x"]), "changed: not every engine takes the folder's name now"
assert alone == {"duckdb": ["x", "x"], "polars": ["a", "b"], "pyarrow": ["a", "b"]}, "changed: one file is read otherwise"
PY
