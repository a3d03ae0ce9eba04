#!/usr/bin/env bash
# polars 2.1.0: explode drops the row whose list is empty and keeps the row whose list is null. polars 1.30.0 keeps both, pandas 3.1.1
# keeps both, DuckDB 2.0.1's unnest drops both. The new default is an argument (empty_as_null=False), so the same line of code,
# run with the next major version, has fewer rows, and not the ones that one would guess.
# For users: who has no role (`"roles": []`) vanishes from the access review, who was never asked for stays. Give both
# arguments of explode by name.
# Seen: polars 2 [1, 3], polars 1 [1, 2, 3], pandas [1, 2, 3], DuckDB [1]
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
python3 -m venv "$tmp/older"
"$tmp/older/bin/pip" install --quiet --no-compile --disable-pip-version-check polars==1.30.0
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check polars==2.1.0 pandas==3.1.1 duckdb==2.0.1 pyarrow==26.0.1
cd "$tmp"
cat >rows.py <<'PY'
import polars

IDS = [1, 2, 3]
ROLES = [["admin"], [], None]


def polars_keeps() -> list[int]:
    return polars.DataFrame({"id": IDS, "role": ROLES}).explode("role")["id"].to_list()


if __name__ == "__main__":
    print("polars", polars.__version__, polars_keeps())
    assert polars_keeps() == [1, 2, 3], "changed"
PY
older/bin/python rows.py
venv/bin/python - <<'PY'
import duckdb
import pandas
import polars
import pyarrow

from rows import IDS, ROLES, polars_keeps

roles = pyarrow.table({"id": IDS, "role": ROLES})
found = {
    "polars": polars_keeps(),
    "pandas": pandas.DataFrame({"id": IDS, "role": ROLES}).explode("role")["id"].tolist(),
    "DuckDB": [row[0] for row in duckdb.sql("select id, unnest(role) from roles").fetchall()],
}
print("polars", polars.__version__, found)
assert found == {"polars": [1, 3], "pandas": [1, 2, 3], "DuckDB": [1]}, "changed: another row is dropped or kept"
PY
