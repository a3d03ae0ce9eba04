#!/usr/bin/env bash
# universal-pathlib 0.3.10 with adlfs 2026.8.0 (the path class below Airflow's ObjectStoragePath), scheme az://.
# A folder name with '?' followed by one with '#' is stored elsewhere than it says: what stands after '?' moves to the end.
# So two different paths name one object. s3:// and gs:// keep such names as they are.
# Seen: az://c/a?b#c/x -> c/a#c/x?b, which is also the path of az://c/a#c/x?b; s3://c/a?b#c/x -> c/a?b#c/x
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --disable-pip-version-check universal-pathlib==0.3.10 adlfs==2026.8.0 s3fs==2026.9.0
"$tmp/venv/bin/python" - <<'PY'
from upath import UPath

written = UPath("az://c/a?b#c/x", account_name="account").path
other = UPath("az://c/a#c/x?b", account_name="account").path
on_s3 = UPath("s3://c/a?b#c/x", anon=True).path
print("az://c/a?b#c/x ->", written)
print("az://c/a#c/x?b ->", other)
print("s3://c/a?b#c/x ->", on_s3)
assert written == other == "c/a#c/x?b", "changed: the two paths are no longer one object"
assert on_s3 == "c/a?b#c/x", "changed: s3 moves it too"
PY
