#!/usr/bin/env bash
# frictionless 5.21.0: a column's type is guessed from the first 100 rows, and what does not fit later is null: in rows, in extract(), and
# in the file that write() makes. A badge `1E5` or `x9` after a hundred numbers is an empty field there, `007` is 7, and the call
# succeeds. validate() does report the cells; extract() and write() neither raise nor warn.
# One expects a copy of a file to hold its values, or to fail.
# For users: a CSV that went through a conversion step has lost the ids of service accounts and kept their grants.
# Give a schema with type string, or call validate first. The provider's CSV is read with its manifest, where texts are texts.
# Seen: written `100,u100` `,ben` `7,carl` `,dora`; extract None, 7, None; validate: 2 errors
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check frictionless==5.21.0
cd "$tmp"
venv/bin/python - <<'PY'
import importlib.metadata

import frictionless

with open("badges.csv", "w") as file:
    file.write("badge,user\n" + "".join(f"{n},u{n}\n" for n in range(1, 101)) + "1E5,ben\n007,carl\nx9,dora\n")
rows = frictionless.extract("badges.csv")["badges"]
frictionless.Resource("badges.csv").write("copy.csv")
with open("copy.csv") as file:
    copied = file.read().splitlines()[-4:]
report = frictionless.validate("badges.csv")
print("frictionless", importlib.metadata.version("frictionless"), copied, rows[-3:], "validate:", report.stats["errors"], "errors")
assert [row["badge"] for row in rows[-3:]] == [None, 7, None], "changed: values are kept, or refused"
assert copied == ["100,u100", ",ben", "7,carl", ",dora"], "changed: a copy holds the values, or fails"
assert report.stats["errors"] == 2
PY
