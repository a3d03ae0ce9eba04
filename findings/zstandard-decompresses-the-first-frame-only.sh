#!/usr/bin/env bash
# zstandard 0.25.0, ZstdDecompressor().decompress(data), and Daft 0.6.14, read_json of a .zst file: of several frames only the
# first is read, without an error. RFC 8878 (3.1) has compressed data be one or more frames, each by itself, whose contents
# are to be concatenated, and "cat a.zst b.zst", log shippers and parallel compressors make such files. zstandard's own open()
# and stream_reader() read all, and so do polars, pyarrow and DuckDB.
# For users: of landings put together into one file, all rows but those of the first part are gone.
# The provider writes one frame a part, and reads with stream_reader.
# Seen: decompress [0, 1], daft [0, 1], open [0, 1, 2, 3], polars [0, 1, 2, 3], duckdb [0, 1, 2, 3], pyarrow [0, 1, 2, 3]
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check zstandard==0.25.0 daft==0.6.14 polars==2.1.0 duckdb==2.0.1 pyarrow==26.0.1
cd "$tmp"
venv/bin/python - <<'PY'
import io
import json
from pathlib import Path

import daft
import duckdb
import polars
import pyarrow
import zstandard

compressor = zstandard.ZstdCompressor()
data = b"".join(compressor.compress(b'{"id": %d}\n{"id": %d}\n' % (first, first + 1)) for first in (0, 2))
Path("both.jsonl.zst").write_bytes(data)


def ids(text):
    return [json.loads(line)["id"] for line in text.splitlines()]


seen = {
    "decompress": ids(zstandard.ZstdDecompressor().decompress(data)),
    "daft": daft.read_json("both.jsonl.zst").to_pydict()["id"],
    "open": ids(zstandard.open("both.jsonl.zst").read()),
    "polars": polars.read_ndjson("both.jsonl.zst")["id"].to_list(),
    "duckdb": [row[0] for row in duckdb.sql("from read_json('both.jsonl.zst')").fetchall()],
    "pyarrow": ids(pyarrow.CompressedInputStream(io.BytesIO(data), "zstd").read()),
}
print("zstandard", zstandard.__version__, "daft", daft.__version__, seen)
short, whole = [0, 1], [0, 1, 2, 3]
expected = {"decompress": short, "daft": short, "open": whole, "polars": whole, "duckdb": whole, "pyarrow": whole}
assert seen == expected, "changed: who reads all frames"
PY
