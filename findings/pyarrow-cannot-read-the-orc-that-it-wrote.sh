#!/usr/bin/env bash
# pyarrow 26.0.1: orc.write_table writes microseconds of the years 1601 and 9999, and orc.read_table refuses the file: "ORC timestamp is out
# of range for nanosecond resolution". The file is sound: pyorc 0.12.0 reads it. One such value makes all rows unreadable, and there
# is no argument for another unit. pyorc in turn writes half a second before 1970 a whole second later (23:59:59.5 as 00:00:00.5).
# One expects what cannot be read back to be refused by the writer, or a unit that holds it.
# For users: Active Directory says "never" with just these years (accountExpires, pwdLastSet); the export is found broken by its reader.
# The provider lands no ORC; its Parquet has microseconds, for the years 1 to 9999.
# Seen: pyarrow ArrowInvalid twice, pyorc 1601-01-01 and 9999-12-31; pyorc's own 1970-01-01 00:00:00.500000
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check pyarrow==26.0.1 pyorc==0.12.0
cd "$tmp"
venv/bin/python - <<'PY'
import datetime
import importlib.metadata
import io

import pyarrow
import pyarrow.orc
import pyorc


def through_pyarrow(moment: datetime.datetime) -> tuple[str, str]:
    pyarrow.orc.write_table(pyarrow.table({"expires": pyarrow.array([moment], pyarrow.timestamp("us"))}), "expiry.orc")
    try:
        read = str(pyarrow.orc.read_table("expiry.orc")["expires"].to_pylist())
    except pyarrow.ArrowInvalid as e:
        read = type(e).__name__
    with open("expiry.orc", "rb") as file:
        ((by_pyorc,),) = pyorc.Reader(file)
    return read, str(by_pyorc.date())


found = [through_pyarrow(datetime.datetime(1601, 1, 1)), through_pyarrow(datetime.datetime(9999, 12, 31))]
file = io.BytesIO()
with pyorc.Writer(file, "struct<at:timestamp>") as writer:
    writer.write((datetime.datetime(1969, 12, 31, 23, 59, 59, 500000),))
((later,),) = pyorc.Reader(file)
print("pyarrow", pyarrow.__version__, "pyorc", importlib.metadata.version("pyorc"), found, later)
assert found == [("ArrowInvalid", "1601-01-01"), ("ArrowInvalid", "9999-12-31")], "changed: what was written is read"
assert str(later).startswith("1970-01-01 00:00:00.5"), "changed: pyorc keeps the second"
PY
