#!/usr/bin/env bash
# tabulate 0.10.0, and with it pandas 3.0.6 (DataFrame.to_markdown): a column of texts in which each looks like a number is printed as
# numbers: `007` is 7, `1E5` 100000, and beside one with a point a 20-digit id is 1.23457e+19. disable_numparse=True turns it off.
# to_markdown does the same to integers beside a column of floats: the id 9007199254740993 is 9.0072e+15, and an employee
# number of seven digits, 1234567, is 1.23457e+06.
# One expects a table to show the values that it was given: texts as they are, and integers in full.
# For users: the review that is posted to a ticket or chat names badges and ids that do not exist.
# Print frame.astype(str).to_markdown(disable_numparse=True). The provider prints no tables of rows.
# Seen: tabulate 7, 100000; 1.23457e+19; to_markdown 9.0072e+15, 1.23457e+06
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check tabulate==0.10.0 pandas==3.0.6
cd "$tmp"
venv/bin/python - <<'PY'
import importlib.metadata

import pandas
import tabulate


def cells(table: str) -> list[str]:
    return [line.strip("| ").split("|")[0].strip() for line in table.splitlines() if any(c.isdigit() for c in line)]


found = {
    "texts": cells(tabulate.tabulate([["007"], ["1E5"]])),
    "a point": cells(tabulate.tabulate([["12345678901234567890"], ["1.5"]])),
    "off": cells(tabulate.tabulate([["007"], ["1E5"]], disable_numparse=True)),
}
frame = pandas.DataFrame({"id": [9007199254740993, 1234567], "score": [0.5, 0.25]})
for name, printed in (("ids", frame), ("as texts", frame.astype(str))):
    found[name] = cells(printed.to_markdown(index=False, disable_numparse=name == "as texts"))
print({name: importlib.metadata.version(name) for name in ("tabulate", "pandas")}, found)
assert found["texts"] == ["7", "100000"], "changed: texts are printed as they are"
assert found["a point"] == ["1.23457e+19", "1.5"], "changed: texts are printed as they are"
assert found["ids"] == ["9.0072e+15", "1.23457e+06"], "changed: integers are printed in full"
assert found["off"] == ["007", "1E5"]
assert found["as texts"] == ["9007199254740993", "1234567"]
PY
