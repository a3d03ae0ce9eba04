#!/usr/bin/env bash
# universal-pathlib 0.3.10 (the path class below Airflow's ObjectStoragePath): rmdir() removes a folder with all that is in it.
# pathlib's rmdir, whose interface it takes over, raises OSError for a folder that is not empty, and code relies on that to
# clean up only what is empty. Here `recursive` is True unless told otherwise.
# For users: a clean-up step in a DAG that was tried with pathlib deletes landed results once its path is a UPath.
# The provider removes single files by exact name and never calls rmdir on a landing.
# Seen: pathlib OSError; UPath: the folder and its file are gone; with recursive=False OSError
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check universal-pathlib==0.3.10 fsspec==2026.9.0
cd "$tmp"
venv/bin/python - <<'PY'
from importlib.metadata import version
from pathlib import Path

from upath import UPath

folder = Path("landed").absolute()
folder.mkdir()
file = folder / "part-0.jsonl"
file.write_text("{}\n")
path = UPath(f"file://{folder}")
for name, refused in {"pathlib": folder.rmdir, "recursive=False": lambda: path.rmdir(recursive=False)}.items():
    try:
        refused()
    except OSError as e:
        print(name, type(e).__name__)
    else:
        raise SystemExit(f"changed: {name} removes it")
assert file.exists()
path.rmdir()
print("universal-pathlib", version("universal-pathlib"), "left:", folder.exists())
assert not folder.exists(), "changed: rmdir() keeps a full folder now"
PY
