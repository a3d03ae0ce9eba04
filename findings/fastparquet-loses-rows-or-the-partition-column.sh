#!/usr/bin/env bash
# fastparquet 2026.9.0, write(file_scheme="hive", partition_on=["owner"]): rows whose owner is null are not written, and when one value
# has a '/' (each ARN of a role has), the column is gone for all rows when the folder is read; with a '=' in one, `dir0` stands in its place.
# Nothing is said. pandas' DataFrame.to_parquet(engine="fastparquet", partition_cols=...) does the same.
# One expects each row once, with its owner; Hive's own writers name a folder for nulls and quote these characters.
# For users: what nobody owns is missing, or nothing has an owner, by what one row holds.
# The provider writes no partitions; partition with pyarrow, DuckDB or polars, which read all of these back.
# Seen: null: 2 of 3 rows; '/': columns id; '=': columns dir0, id
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check fastparquet==2026.9.0 pandas==3.0.6
cd "$tmp"
venv/bin/python - <<'PY'
import importlib.metadata

import fastparquet
import pandas


def through(name: str, owners: list[str | None]) -> tuple[int, list[str]]:
    frame = pandas.DataFrame({"id": range(len(owners)), "owner": owners})
    fastparquet.write(name, frame, file_scheme="hive", partition_on=["owner"])
    read = fastparquet.ParquetFile(name).to_pandas()
    return len(read), sorted(read.columns)


found = {
    "plain": through("plain", ["anna", "ben"]),
    "null": through("null", ["anna", None, "ben"]),
    "slash": through("slash", ["anna", "arn:aws:iam::123456789012:role/admin"]),
    "equals": through("equals", ["anna", "team=sales"]),
}
frame = pandas.DataFrame({"id": [0, 1], "owner": ["anna", None]})
frame.to_parquet("pandas", engine="fastparquet", partition_cols=["owner"])
found["pandas"] = (len(pandas.read_parquet("pandas", engine="fastparquet")), [])
print("fastparquet", importlib.metadata.version("fastparquet"), found)
assert found["plain"] == (2, ["id", "owner"])
assert found["null"] == (2, ["id", "owner"]) and found["pandas"] == (1, []), "changed: rows without a value are written"
assert found["slash"] == (2, ["id"]) and found["equals"] == (2, ["dir0", "id"]), "changed: the column comes back"
PY
