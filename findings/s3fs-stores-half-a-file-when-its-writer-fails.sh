#!/usr/bin/env bash
# s3fs 2026.9.0 and universal-pathlib 0.3.10 (the path class below Airflow's ObjectStoragePath): when the body of
# "with path.open('wb')" raises, what was written so far becomes the object, and replaces the whole one that was there.
# S3 shows an object only when its upload is completed, so that half of it could stay unseen, and leaving a with-block by an
# exception is the moment to abort; s3fs completes it (boto3's upload_fileobj, and s3fs' own transactions, do not).
# For users: a task that failed while it wrote has left a short file of the right name, which the next task reads as whole.
# The provider writes each part to a scratch file and puts it at once when it is whole; the manifest comes last.
# Seen: after the failure b'id\n1\n', within a transaction b'id\n1\n2\n'
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check s3fs==2026.9.0 universal-pathlib==0.3.10 'moto[s3]==5.2.5' flask==3.1.3 flask-cors==6.0.5
cd "$tmp"
venv/bin/python - <<'PY'
import s3fs
from moto.server import ThreadedMotoServer
from upath import UPath

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
folder = UPath("s3://lake", key="key", secret="secret", endpoint_url=f"http://{host}:{port}")
folder.fs.mkdir("lake")


def fail_while_writing(path):
    with path.open("wb") as file:
        file.write(b"id\n1\n")
        raise ConnectionError("the source has died")


def fail_in_a_transaction(path):
    with path.fs.transaction:
        fail_while_writing(path)


left = []
for name, write in [("plain.csv", fail_while_writing), ("transaction.csv", fail_in_a_transaction)]:
    path = folder / name
    path.write_bytes(b"id\n1\n2\n")
    try:
        write(path)
    except ConnectionError:
        left.append(path.read_bytes())
server.stop()
print("s3fs", s3fs.__version__, "after the failure", left[0], "within a transaction", left[1])
assert left == [b"id\n1\n", b"id\n1\n2\n"], "changed: what is left of a failed write"
PY
