#!/usr/bin/env bash
# ClickHouse 26.9 (chDB 4.4.0), rows put into a table: a time before 1970 becomes 1970-01-01, one after 2106 2106-02-07 06:28:15 (DateTime),
# a day after 2149 becomes 2149-06-06 (Date). A number beyond its column wraps round: 4294967297 in an Int32 is 1, 300 in a UInt8 44.
# The insert succeeds, and says nothing. DateTime64, Date32 and Int64 hold them all; "abc" in an Int32 is refused.
# One expects what does not fit to be refused, as DuckDB and PostgreSQL do.
# For users: Active Directory says "never" with 1601 and 9999: who never logged in did so in 1970, a grant without an end has one; epoch
# milliseconds in an Int32 are any number. Use the wider types. The provider's Parquet has 64 bits, and ClickHouse keeps them.
# Seen: 2106-02-07 06:28:15, 1970-01-01 00:00:00, 2149-06-06, 1970-01-01; 1, 1, 44; wider types exact
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check chdb==4.4.0
cd "$tmp"
venv/bin/python - <<'PY'
import json

import chdb
from chdb import session

never = {"at": "9999-12-31 00:00:00", "before": "1601-01-01 00:00:00", "day": "9999-12-31", "first": "1601-01-01"}
numbers = {"id": 4294967297, "small": 300}
found = {}
with session.Session() as clickhouse:
    for name, types in (
        ("usual", ("DateTime('UTC')", "DateTime('UTC')", "Date", "Date", "Int32", "UInt8")),
        ("wide", ("DateTime64(0, 'UTC')", "DateTime64(0, 'UTC')", "Date32", "Date32", "Int64", "Int64")),
    ):
        columns = ", ".join(f"{column} {kind}" for column, kind in zip({**never, **numbers}, types, strict=True))
        clickhouse.query(f"CREATE TABLE {name} ({columns}) ENGINE = Memory")
        clickhouse.query(f"INSERT INTO {name} FORMAT JSONEachRow {json.dumps({**never, **numbers})}")
        found[name] = json.loads(str(clickhouse.query(f"SELECT * FROM {name}", "JSONCompactEachRow")))
print("chDB", chdb.__version__, "ClickHouse", chdb.engine_version, found)
assert found["usual"] == ["2106-02-07 06:28:15", "1970-01-01 00:00:00", "2149-06-06", "1970-01-01", 1, 44], "changed: kept, or refused"
assert [str(value) for value in found["wide"]] == [*never.values(), "4294967297", "300"]
PY
