#!/usr/bin/env bash
# singer-python 6.8.0 (Transformer, in many Singer taps) and gspread 6.2.1 (get_all_records and numericise) drop the commas of a text before
# they try whether it is a number: the roles `1,2` are 12, and a score `1,5`, as half of Europe writes it, is 15. `007` is 7, `1E5`
# in a number column 100000.0. Singer tries a schema's types in an order of its own, so that ["string", "integer"] saves nothing but
# by chance (there ["null", "integer", "string"] does it), and once boolean is among them, the text `anna` is true, as `no` is.
# One expects a text to stay one where the schema allows texts.
# For users: a list of role numbers in one cell is a single other role. Say only "string"; in gspread numericise_ignore=["all"].
# The provider makes a number of no text.
# Seen: singer 12, 7, 123 for 12_3, 15.0, 100000.0, True; gspread 12, 15, 7, 100000.0
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check singer-python==6.8.0 gspread==6.2.1
cd "$tmp"
venv/bin/python - <<'PY'
import importlib.metadata

import gspread.utils
import singer

cases = [
    (["null", "integer", "string"], "1,2"),
    (["null", "integer", "string"], "007"),
    (["null", "integer", "string"], "12_3"),
    (["null", "number", "string"], "1,5"),
    (["null", "number", "string"], "1E5"),
    (["null", "boolean", "string"], "anna"),
    (["null", "boolean", "string"], "no"),
]
by_singer = [
    singer.Transformer().transform({"value": text}, {"type": "object", "properties": {"value": {"type": types}}})["value"]
    for types, text in cases
]
by_gspread = gspread.utils.numericise_all(["1,2", "1,5", "007", "1E5"])
print({name: importlib.metadata.version(name) for name in ("singer-python", "gspread")}, by_singer, by_gspread)
assert by_singer == [12, 7, 123, 15.0, 100000.0, True, True], "changed: texts stay texts"
assert [type(value) for value in by_singer] == [int, int, int, float, float, bool, bool]
assert by_gspread == [12, 15, 7, 100000.0], "changed: texts stay texts"
PY
