#!/usr/bin/env bash
# adbc-driver-sqlite 1.13.0: where a text stands in a column of numbers, all values become texts, and a float becomes one with seven digits:
# 1795900293.25 is "1.795900e+09", whatever the database holds. Where a float stands in a column of integers, all become doubles,
# so that 2^53+1 loses its last digit. Both are read exactly by Python's sqlite3. SQLite has a type for each value, not for each
# column, and the driver documents that it goes by the first rows; that it loses digits on the way it does not.
# One expects the shortest text that means the same number, as SQLite's own CAST nearly gives (15 digits), or an error.
# For users: times in seconds are off by days, and scores of entities that differ are equal.
# The provider does not read from databases; say CAST(... AS TEXT) in the query.
# Seen: ['high', '1.795900e+09'], [9007199254740992.0, 0.5]; sqlite3 1795900293.25, 9007199254740993
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check adbc-driver-sqlite==1.13.0 adbc-driver-manager==1.13.0 pyarrow==26.0.1
cd "$tmp"
venv/bin/python - <<'PY'
import importlib.metadata
import sqlite3

import adbc_driver_sqlite.dbapi


def both(first: str, second: str) -> tuple[list[object], list[object]]:
    query = f"select {first} as value union all select {second}"
    with adbc_driver_sqlite.dbapi.connect() as lake, lake.cursor() as cursor:
        cursor.execute(query)
        by_adbc = cursor.fetch_arrow_table()["value"].to_pylist()
    return by_adbc, [value for (value,) in sqlite3.connect(":memory:").execute(query)]


found = both("'high'", "1795900293.25"), both("9007199254740993", "0.5")
print("adbc-driver-sqlite", importlib.metadata.version("adbc-driver-sqlite"), found)
assert [exact for _, exact in found] == [["high", 1795900293.25], [2**53 + 1, 0.5]]
assert found[0][0] == ["high", "1.795900e+09"], "changed: a float keeps its digits"
assert found[1][0] == [2.0**53, 0.5], "changed: an integer keeps its digits"
PY
