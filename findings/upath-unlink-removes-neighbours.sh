#!/usr/bin/env bash
# universal-pathlib 0.3.10 (the path class below Airflow's ObjectStoragePath) with s3fs 2026.9.0: unlink() takes the name for
# a pattern. unlink of "report?.csv" also removes report1.csv, and unlink of "run[1].csv" cannot remove that file but removes
# run1.csv, though exists(), open() and stat() take both names literally, and pathlib's unlink, whose interface it takes over, too.
# For users: run ids, names of groups and what templates render may have ?, * or [ in them. path.fs.rm_file(path.path) is literal.
# The provider removes by rm_file, each file by its exact name.
# Seen: left ['run[1].csv'] of ['report1.csv', 'report?.csv', 'run1.csv', 'run[1].csv']; rm_file leaves the two others
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check s3fs==2026.9.0 universal-pathlib==0.3.10 'moto[s3]==5.2.5' flask==3.1.3 flask-cors==6.0.5
cd "$tmp"
venv/bin/python - <<'PY'
from importlib.metadata import version

from moto.server import ThreadedMotoServer
from upath import UPath

NAMES = ["report1.csv", "report?.csv", "run1.csv", "run[1].csv"]
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
folder = UPath("s3://lake", key="key", secret="secret", endpoint_url=f"http://{host}:{port}")
folder.fs.mkdir("lake")


def left_after(remove):
    for name in NAMES:
        (folder / name).write_bytes(b"rows")
    for name in ["report?.csv", "run[1].csv"]:
        path = folder / name
        assert path.exists() and path.read_bytes() == b"rows"
        remove(path)
    return sorted(name.removeprefix("lake/") for name in folder.fs.find("lake", refresh=True))


unlinked = left_after(lambda path: path.unlink())
exact = left_after(lambda path: path.fs.rm_file(path.path))
server.stop()
print("universal-pathlib", version("universal-pathlib"), "left", unlinked, "of", NAMES, "rm_file leaves", exact)
assert unlinked == ["run[1].csv"], "changed: unlink removes other files now"
assert exact == ["report1.csv", "run1.csv"], "changed: rm_file is no way round any more"
PY
