#!/usr/bin/env bash
# universal-pathlib 0.3.10: iterdir() of a folder that does not exist raises NotADirectoryError on object storages, memory:// and
# file:// alike, where pathlib raises FileNotFoundError. An object storage has no folder
# before its first file and after its last, so this comes with "nothing there yet" and "nothing left", and cannot be told from
# "this is a file" by the error.
# For users: `except FileNotFoundError` around a listing in a DAG does not catch the first run, nor the run after a clean-up.
# The provider asks the storage for the folder first, then lists; a sweep over no records is a sweep of nothing.
# Seen: memory:// and file:// NotADirectoryError; pathlib FileNotFoundError
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

missing = Path("nothing-here").absolute()
found = {}
for path in (missing, UPath(f"file://{missing}"), UPath("memory://bucket/nothing-here")):
    try:
        found[getattr(path, "protocol", "pathlib")] = list(path.iterdir())
    except OSError as e:
        found[getattr(path, "protocol", "pathlib")] = type(e).__name__
print("universal-pathlib", version("universal-pathlib"), found)
assert found["pathlib"] == "FileNotFoundError"
assert found["file"] == found["memory"] == "NotADirectoryError", "changed: a missing folder is called otherwise"
PY
