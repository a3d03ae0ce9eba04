#!/usr/bin/env bash
# pyarrow 26.0.1: whether a JSON Lines file can be read depends on the number of threads. A field that is null throughout the
# first block (1 MiB unless told otherwise) and an object later is read with use_threads=True, the default, and refused
# with use_threads=False: "JSON conversion to struct is not supported". One block for the whole file helps.
# One expects threads to change the speed only; single-threaded reading is what people choose for results that can be repeated.
# For users: landed rows in which a property is rare cannot be read in a container that turns threads off.
# The provider reads JSON Lines row by row and builds its own columns (to_arrow()).
# Seen: threads: 60001 rows; no threads: ArrowNotImplementedError; no threads, one block: 60001 rows
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check pyarrow==26.0.1
cd "$tmp"
venv/bin/python - <<'PY'
from pathlib import Path

import pyarrow
import pyarrow.json as json

Path("part.jsonl").write_text('{"id":1,"owner":null}\n' * 60_000 + '{"id":2,"owner":{"name":"Ana"}}\n')
with_threads = json.read_json("part.jsonl").num_rows
one_block = json.read_json("part.jsonl", json.ReadOptions(use_threads=False, block_size=1 << 24)).num_rows
print("pyarrow", pyarrow.__version__, "threads", with_threads, "one block", one_block)
assert with_threads == one_block == 60_001
try:
    json.read_json("part.jsonl", json.ReadOptions(use_threads=False))
except pyarrow.ArrowNotImplementedError as e:
    print("no threads:", e)
else:
    raise SystemExit("changed: it is read without threads too")
PY
