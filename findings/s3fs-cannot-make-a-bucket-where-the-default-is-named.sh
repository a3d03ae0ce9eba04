#!/usr/bin/env bash
# s3fs 2026.9.0: mkdir() of a bucket fails when the region is given and is us-east-1, S3's own default: s3fs sends it as location
# constraint, which S3 knows for every region but this one ("The specified location-constraint is not valid"; seen with moto 5.2.5).
# Any other region works, and so does us-east-1 when nobody names it. One expects naming the default to change nothing.
# For users: set-up code that makes its bucket runs in every region but the most used one.
# The provider makes no buckets.
# Seen: us-east-1 OSError 22; eu-west-1 and no region: made
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check s3fs==2026.9.0 moto[server]==5.2.5
cd "$tmp"
venv/bin/python - <<'PY'
import logging

import s3fs
from moto.server import ThreadedMotoServer

logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()


def make(bucket, **client):
    storage = s3fs.S3FileSystem(
        key="key", secret="secret", client_kwargs={"endpoint_url": f"http://{host}:{port}", **client}, skip_instance_cache=True
    )
    try:
        storage.mkdir(bucket)
    except OSError as e:
        return f"OSError {e.errno} {e.strerror}"
    return "made"


found = {
    "us-east-1": make("one", region_name="us-east-1"),
    "eu-west-1": make("two", region_name="eu-west-1"),
    "no region": make("three"),
}
server.stop()
print("s3fs", s3fs.__version__, found)
assert found["us-east-1"].startswith("OSError 22"), "changed: the bucket is made"
assert found["eu-west-1"] == found["no region"] == "made", "changed: other regions behave otherwise"
PY
