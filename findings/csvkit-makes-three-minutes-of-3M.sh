#!/usr/bin/env bash
# csvkit 2.2.0 (agate 1.14.2): a column in which every value looks like a duration is one: the vendor `3M` becomes 0:03:00, the queue
# `4d` becomes "4 days, 0:00:00". csvsort and csvjoin write that into the CSV that they put out, csvjson into its JSON. An id
# `1E5` becomes 1E+5 and `007` 7 in the same way; csvgrep and csvstack leave all of them alone.
# That a sort changes the values which it sorts is not expected; --no-inference turns it off.
# For users: sorted or joined exports have other names and ids than the file that they came from.
# The provider's CSV is read with its manifest, where texts are texts.
# Seen: csvsort 0:03:00, "4 days, 0:00:00", 7, 1E+5; with --no-inference as they were
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check csvkit==2.2.0 agate==1.14.2
cd "$tmp"
venv/bin/python - <<'PY'
import importlib.metadata
import pathlib
import subprocess

rows = ["id,vendor", "007,3M", "1E5,4d"]
pathlib.Path("grants.csv").write_text("\n".join(rows) + "\n")


def lines(*command: str) -> list[str]:
    return subprocess.run([f"venv/bin/{command[0]}", *command[1:]], capture_output=True, text=True, check=True).stdout.splitlines()


found = {
    "csvsort": lines("csvsort", "-c", "id", "grants.csv"),
    "csvjoin": lines("csvjoin", "-c", "id", "grants.csv"),
    "csvstack": lines("csvstack", "grants.csv"),
    "untouched": lines("csvsort", "--no-inference", "-c", "id", "grants.csv"),
}
print("csvkit", importlib.metadata.version("csvkit"), found)
assert found["csvsort"] == ["id,vendor", "7,0:03:00", '1E+5,"4 days, 0:00:00"'], "changed: values stay what they are"
assert found["csvstack"] == found["untouched"] == rows
PY
