#!/usr/bin/env bash
# dlt 1.31.0 (to DuckDB 2.0.1): once a column is a time, whatever comes later is made one: the text "5" is five seconds after 1970, "1E5"
# the second of January 1970, the number 20261122 August 1970. A boolean column makes true of 2 and of "yes", a double
# rounds 2^53+1. And `riskScore` beside `risk_score`, or `Id` beside `id`, is one column with the last value.
# dlt promises a new column where a value does not fit ("variant columns"), and does so for "abc" among numbers; nothing is said here.
# For users: `expires_at` with a code or a day number in one row is a date of 1970, and one of two properties is missing.
# The provider's CSV and Parquet widen such a column to text and keep names that differ by case or '_' apart.
# Seen: '5' 1970-01-01 00:00:05, '1E5' 1970-01-02 03:46:40, 20261122 1970-08-23 12:05:22; riskScore 1, risk_score 2 -> risk_score 2
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check 'dlt[duckdb]==1.31.0' duckdb==2.0.1
cd "$tmp"
venv/bin/python - <<'PY'
import logging
import os

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"

import dlt
import duckdb

logging.disable(logging.CRITICAL)
pipeline = dlt.pipeline("p", destination=dlt.destinations.duckdb("lake.db"), dataset_name="access", pipelines_dir="pipelines")
values = ["2026-11-22T10:45:00Z", "5", "1E5", 20261122]
pipeline.run([{"id": number, "expires": value} for number, value in enumerate(values)], table_name="times")
pipeline.run([{"id": 0, "active": True}, {"id": 1, "active": 2}, {"id": 2, "active": "yes"}], table_name="flags")
pipeline.run([{"id": 0, "riskScore": 1, "risk_score": 2}], table_name="names")
lake = duckdb.connect("lake.db")
times = lake.execute("select strftime(expires at time zone 'UTC', '%Y-%m-%d %H:%M:%S') from access.times order by id").fetchall()
flags = lake.execute("select active from access.flags order by id").fetchall()
names = lake.execute("select * exclude (_dlt_load_id, _dlt_id) from access.names")
found = [text for (text,) in times], [flag for (flag,) in flags], [column[0] for column in names.description], names.fetchall()
print("dlt", dlt.__version__, found)
assert found[0] == ["2026-11-22 10:45:00", "1970-01-01 00:00:05", "1970-01-02 03:46:40", "1970-08-23 12:05:22"], "changed: not a time"
assert found[1] == [True, True, True], "changed: not a boolean"
assert found[2:] == (["id", "risk_score"], [(0, 2)]), "changed: both names are there, or refused"
PY
