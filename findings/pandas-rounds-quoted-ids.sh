#!/usr/bin/env bash
# pandas 3.1.1, read_json: a number in quotes is taken for a number, and one null beside it makes it a float that is not the same:
# "9007199254740993" comes back as 9007199254740992.0, "12E4" as 120000.0. JSON has types, and the quotes said text; services
# quote 64-bit integers just so that no reader rounds them (protobuf's JSON mapping). dtype=False, or dtype_backend="pyarrow", keeps them.
# For users: two ids of one directory become one id, and joins find the wrong entity.
# The provider's to_pandas() gives Arrow types and keeps ids text.
# Seen: [9007199254740992.0, nan] and [120000.0]; dtype=False ['9007199254740993', nan] and ['12E4']
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check pandas==3.1.1 pyarrow==26.0.1
cd "$tmp"
venv/bin/python - <<'PY'
import io

import pandas

lines = '{"id": "9007199254740993"}\n{"id": null}\n'


def ids(text, **options):
    return pandas.read_json(io.StringIO(text), lines=True, **options)["id"].tolist()


guessed, short = ids(lines), ids('{"id": "12E4"}\n')
kept, kept_short = ids(lines, dtype=False), ids('{"id": "12E4"}\n', dtype=False)
print("pandas", pandas.__version__, guessed, short, "dtype=False", kept, kept_short)
assert guessed[0] == 9007199254740992.0 and short == [120000.0], "changed: quoted numbers are read otherwise"
assert (kept[0], kept_short) == ("9007199254740993", ["12E4"]), "changed: dtype=False does not help any more"
PY
