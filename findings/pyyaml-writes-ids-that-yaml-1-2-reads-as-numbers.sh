#!/usr/bin/env bash
# PyYAML 6.0.4 writes texts such as `012345678901` (an AWS account), `1E5` and `0o17` without quotes, since they are no numbers by YAML 1.1,
# whose rules it follows. By YAML 1.2, of the year 2009, they are: ruamel.yaml 0.19.1 reads 12345678901, 100000.0 and 15. PyYAML's own
# reader gives the texts back, so that its round trip hides this. `012345670123`, all of whose digits are octal ones, it does quote.
# The other way round, ruamel.yaml writes `1:30` and `NO` without quotes, and PyYAML reads 90 and False.
# One expects a text to be quoted where either version takes it for something else; ruamel.yaml does so for the first three.
# For users: account ids and badges in a YAML file that Python wrote are others in the tool that reads it, one by one, by their digits.
# Hand ids on as JSON, which is YAML too. The provider lands JSON Lines, CSV and Parquet.
# Seen: written `id: 012345678901` read 12345678901; 1E5 100000.0; 0o17 15; PyYAML itself the texts; ruamel's 1:30 90, NO False
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check PyYAML==6.0.4 ruamel.yaml==0.19.1
cd "$tmp"
venv/bin/python - <<'PY'
import importlib.metadata
import io

import ruamel.yaml
import yaml

ours = ["012345678901", "012345670123", "1E5", "0o17"]
by_pyyaml = yaml.safe_dump(ours)
read = ruamel.yaml.YAML(typ="safe", pure=True).load(by_pyyaml)
by_ruamel = io.StringIO()
ruamel.yaml.YAML(typ="safe", pure=True).dump([*ours, "1:30", "NO"], by_ruamel)
back = yaml.safe_load(by_ruamel.getvalue())
versions = {name: importlib.metadata.version(name) for name in ("PyYAML", "ruamel.yaml")}
print(versions, repr(by_pyyaml), "ruamel reads", read, "PyYAML reads ruamel's", back)
assert yaml.safe_load(by_pyyaml) == ours
assert read == [12345678901, "012345670123", 100000.0, 15], "changed: quoted by the writer"
assert back == [*ours, 90, False], "changed: quoted by ruamel.yaml"
PY
