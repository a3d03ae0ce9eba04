#!/usr/bin/env bash
# pyiceberg 0.12.0: `owner not in ('ben')` leaves out the rows without an owner, `owner not in ('ben', 'carl')` keeps them. A list of
# one becomes `!=`, which drops nulls in a scan, and a list of two does not. table.delete("owner != 'ben'") then leaves the row
# without an owner, which `scan(row_filter="owner != 'ben'")` does not show. One expects one more value in a list to take rows away.
# For users: resources that nobody owns appear in a review, and go, by how many names a DAG's parameter has.
# Say `owner is null or ...` where they are meant.
# Seen: not in ('ben') [anna]; not in ('ben', 'carl') [anna, None]; != 'ben' [anna]; left after delete != 'ben' [ben, None]
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check 'pyiceberg[sql-sqlite,pyarrow]==0.12.0' pyarrow==26.0.1
cd "$tmp"
venv/bin/python - <<'PY'
import importlib.metadata
import pathlib
import warnings

import pyarrow
from pyiceberg.catalog.sql import SqlCatalog

warnings.simplefilter("ignore")
here = pathlib.Path.cwd()
catalog = SqlCatalog("lake", uri=f"sqlite:///{here}/catalog.db", warehouse=f"file://{here}/warehouse")
catalog.create_namespace("access")
rows = pyarrow.table({"owner": ["anna", None, "ben"]})
table = catalog.create_table("access.resources", schema=rows.schema)
table.append(rows)


def owners(where: str = "true") -> list[str | None]:
    return sorted(table.scan(row_filter=where).to_arrow()["owner"].to_pylist(), key=str)


found = [owners("owner not in ('ben')"), owners("owner not in ('ben', 'carl')"), owners("owner != 'ben'")]
table.delete("owner != 'ben'")
found.append(owners("owner = 'ben' or owner is null"))
print("pyiceberg", importlib.metadata.version("pyiceberg"), found)
expected = [["anna"], ["None", "anna"], ["anna"], ["None", "ben"]]
assert [[str(owner) for owner in each] for each in found] == expected, "changed: null is in both lists, or in none"
PY
