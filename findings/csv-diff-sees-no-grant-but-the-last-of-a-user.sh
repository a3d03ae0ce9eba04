#!/usr/bin/env bash
# csv-diff 1.2: where several rows have one key, only the last of them is compared, and of equal rows without a key only one.
# So `anna` who lost `admin` and kept `reader` has not changed, and a row that was there twice and is there once has not either.
# One expects an error for a key that is none, or that all rows are compared; nothing is said, on the command line either.
# For users: two exports of grants, compared by user, are "the same" on the day when a grant was withdrawn or given.
# The provider's VezaAccessDriftOperator pairs all rows of one identity and counts those that are left.
# Seen: by key nothing added, removed or changed; without a key neither
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check csv-diff==1.2
cd "$tmp"
venv/bin/python - <<'PY'
import importlib.metadata
import io

import csv_diff


def difference(old: str, new: str, key: str | None) -> dict[str, object]:
    found = csv_diff.compare(*(csv_diff.load_csv(io.StringIO("user,role\n" + rows), key=key) for rows in (old, new)))
    return {name: value for name, value in found.items() if value}


found = [
    difference("anna,admin\nanna,reader\n", "anna,reader\n", key="user"),
    difference("anna,reader\n", "anna,admin\nanna,reader\n", key="user"),
    difference("anna,reader\nanna,reader\n", "anna,reader\n", key=None),
]
print("csv-diff", importlib.metadata.version("csv-diff"), found)
assert found == [{}, {}, {}], "changed: rows with one key are compared, or refused"
PY
