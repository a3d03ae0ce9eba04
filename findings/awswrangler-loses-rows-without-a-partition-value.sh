#!/usr/bin/env bash
# awswrangler 3.17.1, s3.to_parquet(dataset=True, partition_cols=["owner"]): rows whose owner is null are not written. The call succeeds,
# and nothing is said. The values are put into the folder's name as they are, so that of `arn:aws:iam::123456789012:role/admin` the
# part after '/' is another folder, and the value is read back without it. pyarrow 25.0.1 writes the same frame with a folder
# for nulls and quotes the '/'. One expects each row once, as it was. (Seen with moto 5.2.5 as S3.)
# For users: what nobody owns is missing from the lake, and roles have lost their names.
# The provider writes no partitions; do not partition by a column with nulls or ARNs there.
# Seen: 3 rows written, read back: (1, 'anna'), (3, 'arn:aws:iam::123456789012:role'); pyarrow: all three
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check awswrangler==3.17.1 pandas==3.1.1 pyarrow==25.0.1 boto3==1.43.117 'moto[s3]==5.2.5'
cd "$tmp"
venv/bin/python - <<'PY'
import os
import warnings

os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="us-east-1")
warnings.simplefilter("ignore")

import awswrangler
import boto3
import pandas
import pyarrow
import pyarrow.parquet
from moto import mock_aws

role = "arn:aws:iam::123456789012:role/admin"
frame = pandas.DataFrame({"id": [1, 2, 3], "owner": ["anna", None, role]})
with mock_aws():
    boto3.client("s3").create_bucket(Bucket="lake")
    awswrangler.s3.to_parquet(frame, "s3://lake/access/", dataset=True, partition_cols=["owner"])
    read = awswrangler.s3.read_parquet("s3://lake/access/", dataset=True)
    found = sorted(zip(read["id"].tolist(), read["owner"].tolist()))
pyarrow.parquet.write_to_dataset(pyarrow.Table.from_pandas(frame), "access", partition_cols=["owner"])
by_pyarrow = sorted((row["id"], row["owner"]) for row in pyarrow.parquet.read_table("access").to_pylist())
print("awswrangler", awswrangler.__version__, found, "pyarrow", pyarrow.__version__, by_pyarrow)
assert found == [(1, "anna"), (3, "arn:aws:iam::123456789012:role")], "changed: all rows are there, or refused"
assert by_pyarrow == [(1, "anna"), (2, None), (3, role)]
PY
