#!/usr/bin/env bash
# s3fs 2026.9.0: exclusive creation of an empty object replaces what is there. open(path, "xb") that writes at least one byte sends
# If-None-Match and raises FileExistsError; closed without a byte it sends a plain PUT, which has no condition. So a lock file
# or a marker, of which only the name counts, is won by everybody who asks, and an object with content is emptied. Seen with
# moto 5.2.5, which honours the condition. Python's open(path, "xb") raises before anything is written.
# For users: who locks with an empty file on S3 through ObjectStoragePath has no lock. Write a byte, or use pipe_file(mode="create").
# The provider's records are never empty, and are put by pipe_file with a condition.
# Seen: one byte FileExistsError, empty ok and the object is b''; pipe_file FileExistsError
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check s3fs==2026.9.0 'moto[s3]==5.2.5' flask==3.1.3 flask-cors==6.0.5
cd "$tmp"
venv/bin/python - <<'PY'
import s3fs
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
storage = s3fs.S3FileSystem(key="key", secret="secret", endpoint_url=f"http://{host}:{port}")
storage.mkdir("lake")
storage.pipe_file("lake/lock", b"of somebody else")


def create(content):
    with storage.open("lake/lock", "xb") as file:
        file.write(content)


def outcome(call, *args, **named):
    try:
        call(*args, **named)
    except FileExistsError:
        return "FileExistsError"
    return "ok"


full = outcome(create, b"1")
assert storage.cat_file("lake/lock") == b"of somebody else"
piped = outcome(storage.pipe_file, "lake/lock", b"", mode="create")
assert storage.cat_file("lake/lock") == b"of somebody else"
empty = outcome(create, b"")
left = storage.cat_file("lake/lock")
server.stop()
print("s3fs", s3fs.__version__, "one byte", full, "empty", empty, "and the object is", left, "pipe_file", piped)
assert (full, piped) == ("FileExistsError", "FileExistsError"), "changed: a condition is missing elsewhere too"
assert (empty, left) == ("ok", b""), "changed: an empty object is created exclusively"
PY
