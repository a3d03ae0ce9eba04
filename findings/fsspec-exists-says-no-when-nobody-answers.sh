#!/usr/bin/env bash
# fsspec 2026.9.0: exists() says False when the storage cannot be reached, on file systems that leave it to the base class,
# which takes every exception for a no (webhdfs here). info() on the same path raises the connection's error.
# One expects "no" to mean that the storage said no.
# For users: `if not path.exists(): write the first version` in a DAG replaces what is there after a short outage.
# The provider does not ask storages exists(): it asks info() or opens, and takes only FileNotFoundError for absence.
# Seen: exists False; info ConnectionError
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check fsspec==2026.9.0 requests==2.34.2
cd "$tmp"
venv/bin/python - <<'PY'
import socket

import fsspec
import requests

with socket.socket() as taken:  # bound, and nobody listens
    taken.bind(("127.0.0.1", 0))
    storage = fsspec.filesystem("webhdfs", host="127.0.0.1", port=taken.getsockname()[1])
    found = storage.exists("/landed/manifest.json")
    print("fsspec", fsspec.__version__, "exists", found)
    assert found is False, "changed: exists() tells"
    try:
        storage.info("/landed/manifest.json")
    except requests.ConnectionError as e:
        print("info", type(e).__name__)
    else:
        raise SystemExit("changed: info() answers")
PY
