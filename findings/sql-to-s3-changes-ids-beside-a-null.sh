#!/usr/bin/env bash
# apache-airflow-providers-amazon 9.39.0 (Airflow 3.3.2, pandas 2.3.3), SqlToS3Operator: one null in a column of integers makes all of them
# doubles on the way, which it then writes as integers again: 9007199254740993 lands as 9007199254740992, in Parquet, CSV and JSON,
# and the column's type does not show it. In Parquet a missing text lands as the text `None`, equal to an owner of that name; with
# pandas 3.1.1 it stays a null. The task succeeds.
# One expects the database's values, and nulls, in the file.
# For users: accounts without a manager move the ids of all others, and what nobody owns is owned by somebody called None.
# Cast ids to text in the query, and land CSV. The provider lands integers of 64 bits and nulls as they were sent.
# Seen: ids [9007199254740992, None]; owners ['anna', 'None']; in CSV 9007199254740992 and nothing
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check apache-airflow-core==3.3.2 apache-airflow-task-sdk==1.3.2 apache-airflow-providers-amazon==9.39.0 apache-airflow-providers-sqlite==4.3.4 'moto[s3]==5.2.5' pandas==2.3.3 pyarrow==26.0.1
cd "$tmp"
venv/bin/python - <<'PY'
import importlib.metadata
import io
import json
import os
import sqlite3

import pandas
import pyarrow.parquet

os.environ |= {
    "AIRFLOW_HOME": os.getcwd(),
    "AWS_DEFAULT_REGION": "us-east-1",
    "AIRFLOW_CONN_AWS_DEFAULT": json.dumps({"conn_type": "aws", "login": "key", "password": "secret"}),
    "AIRFLOW_CONN_GRANTS": json.dumps({"conn_type": "sqlite", "host": os.path.abspath("grants.db")}),
}
with sqlite3.connect("grants.db") as database:
    database.execute("CREATE TABLE grants (manager INTEGER, owner TEXT)")
    database.executemany("INSERT INTO grants VALUES (?, ?)", [(9007199254740993, "anna"), (None, None)])
database.close()

import boto3
from airflow.providers.amazon.aws.transfers.sql_to_s3 import SqlToS3Operator
from moto import mock_aws

landed = {}
with mock_aws():
    client = boto3.client("s3")
    client.create_bucket(Bucket="lake")
    for kind in ("parquet", "csv"):
        target = {"s3_bucket": "lake", "s3_key": f"grants.{kind}", "file_format": kind}
        SqlToS3Operator(task_id="land", query="SELECT * FROM grants", sql_conn_id="grants", **target).execute({})
        landed[kind] = client.get_object(Bucket="lake", Key=f"grants.{kind}")["Body"].read()
table = pyarrow.parquet.read_table(io.BytesIO(landed["parquet"]))
version = importlib.metadata.version("apache-airflow-providers-amazon")
print("amazon", version, "pandas", pandas.__version__, table.select(["manager", "owner"]).to_pydict(), landed["csv"], flush=True)
assert table["manager"].to_pylist() == [9007199254740992, None], "changed: integers stay beside a null"
assert str(table.schema.field("manager").type) == "int64"
assert table["owner"].to_pylist() == ["anna", "None"], "changed: a null stays a null"
assert b"9007199254740992,anna" in landed["csv"]
os._exit(0)  # the answer is there; how the libraries' threads end is not the subject
PY
