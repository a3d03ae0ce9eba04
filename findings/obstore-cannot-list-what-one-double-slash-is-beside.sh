#!/usr/bin/env bash
# obstore 0.12.1: one object whose key has an empty part (`landed//part.jsonl`) makes every listing above it fail, for all objects
# ("Encountered object with invalid path"). S3 allows such keys, and joining "folder/" and "/name" makes them; boto3 and s3fs list all.
# A folder marker (`landed/`, as the console of S3 makes it) is listed as the object `landed`, which cannot be read: FileNotFoundError.
# One expects to list a bucket, whoever wrote into it, and to read what is listed. (Seen with moto 5.2.5 as S3.)
# For users: a colleague's slip in one path stops everybody's listing of the folder. (Rust's object_store is below, as in other readers.)
# The provider's own storages are fsspec's; its folders have no empty parts.
# Seen: double slash: InvalidPathError, boto3 2 keys; marker: listed ['other/day'], reading it FileNotFoundError
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check obstore==0.12.1 boto3==1.43.117 'moto[server]==5.2.5'
cd "$tmp"
venv/bin/python - <<'PY'
import os

os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="us-east-1")

import logging

import boto3
import obstore
from moto.server import ThreadedMotoServer
from obstore.store import S3Store

logging.disable(logging.CRITICAL)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}")
client.create_bucket(Bucket="lake")
for key in ("landed/part.jsonl", "landed//part.jsonl", "other/day/"):
    client.put_object(Bucket="lake", Key=key, Body=b"")
store = S3Store("lake", endpoint=f"http://127.0.0.1:{port}", client_options={"allow_http": True})


def listed(prefix: str) -> list[str]:
    return [found["path"] for page in obstore.list(store, prefix=prefix) for found in page]


try:
    double = listed("landed")
except Exception as e:
    double = type(e).__name__
marker = listed("other")
try:
    obstore.get(store, marker[0])
    read = "read"
except FileNotFoundError as e:
    read = type(e).__name__
keys = [found["Key"] for found in client.list_objects_v2(Bucket="lake", Prefix="landed")["Contents"]]
server.stop()
print("obstore", obstore.__version__, double, marker, read, keys)
assert double == "InvalidPathError" and len(keys) == 2, "changed: the folder is listed"
assert marker == ["other/day"] and read == "FileNotFoundError", "changed: what is listed is there"
PY
