#!/usr/bin/env bash
# fastparquet 2026.9.0: a column of lists of objects (list<struct>), valid Parquet of pyarrow's, is read as None in every row, without an
# error or a warning; lists of texts are read, and a struct becomes one column per field.
# For users: Veza's paths and ES|QL's nested values, written as such by another tool, look as if nobody had any access.
# The provider lands nested values as JSON text, which fastparquet reads.
# Seen: lists of objects [None, None]; lists of texts [['read'], ['write', 'read']]
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check fastparquet==2026.9.0 pyarrow==26.0.1 pandas==3.1.1
cd "$tmp"
venv/bin/python - <<'PY'
import warnings

import fastparquet
import pyarrow
import pyarrow.parquet

warnings.simplefilter("error")
warnings.simplefilter("ignore", ResourceWarning)
table = pyarrow.table({
    "paths": [[{"role": "admin"}], [{"role": "reader"}, {"role": "writer"}]],
    "rights": [["read"], ["write", "read"]],
})
pyarrow.parquet.write_table(table, "access.parquet")
read = fastparquet.ParquetFile("access.parquet").to_pandas()
found = {name: read[name].tolist() for name in ("paths", "rights")}
print("fastparquet", fastparquet.__version__, found)
assert found == {"paths": [None, None], "rights": [["read"], ["write", "read"]]}, "changed: lists of objects are read or refused"
PY
