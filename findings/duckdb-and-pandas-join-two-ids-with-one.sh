#!/usr/bin/env bash
# DuckDB 2.0.1 and pandas 3.1.1: joined with a column of doubles, as integers beside a null become, two ids that differ in their last digit
# both find the one row there: 9007199254740993 and 9007199254740992. DuckDB also makes numbers of texts, where the other side has
# numbers: `007`, `7` and `7.0` all join with 7, and the first `X9` ends the query with a ConversionException. pandas warns of doubles
# that are no integers only. polars 2.1.0 refuses both joins (SchemaError); one expects that, or ids that match exactly.
# For users: one user's grants are given to another one, too, and the count of rows grows by it, from the day when one id is missing.
# Cast both sides to text. The provider's to_arrow() and Parquet keep 64 bits beside nulls.
# Seen: DuckDB and pandas 2 rows of 'admin' for 1; texts 007, 7 and 7.0 join with 7; polars SchemaError twice
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check duckdb==2.0.1 pandas==3.1.1 polars==2.1.0 pyarrow==26.0.1
cd "$tmp"
venv/bin/python - <<'PY'
import duckdb
import pandas
import polars

users = pandas.DataFrame({"id": [9007199254740993, 9007199254740992]})
grants = pandas.DataFrame({"id": [9007199254740992, None], "role": ["admin", "reader"]})
texts = pandas.DataFrame({"id": ["007", "7", "7.0", "8"]})
seven = pandas.DataFrame({"id": [7], "role": ["admin"]})
found = {
    "duckdb": duckdb.sql("SELECT users.id, role FROM users JOIN grants ON users.id = grants.id ORDER BY 1").fetchall(),
    "pandas": users.merge(grants, on="id")["role"].tolist(),
    "texts": [row[0] for row in duckdb.sql("SELECT texts.id FROM texts JOIN seven ON texts.id = seven.id ORDER BY 1").fetchall()],
}
refused = []
for left, right in ((users, grants), (texts, seven)):
    try:
        polars.from_pandas(left).join(polars.from_pandas(right), on="id")
    except polars.exceptions.SchemaError as e:
        refused.append(type(e).__name__)
versions = {module.__name__: module.__version__ for module in (duckdb, pandas, polars)}
print(versions, found, "polars", refused)
assert found["duckdb"] == [(9007199254740992, "admin"), (9007199254740993, "admin")], "changed: ids match exactly, or are refused"
assert found["pandas"] == ["admin", "admin"], "changed: ids match exactly, or are refused"
assert found["texts"] == ["007", "7", "7.0"], "changed: a text is no number"
assert refused == ["SchemaError", "SchemaError"]
PY
