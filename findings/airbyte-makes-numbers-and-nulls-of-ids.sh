#!/usr/bin/env bash
# airbyte-cdk 7.39.1, the transformation AddFields of low-code connectors: the value of a template such as {{ record['badge'] }} is read as
# Python code where it can be. The text `1E5` becomes 100000.0, `12_34` 1234, `0x1F` 31, `None` null, `1,2` a list, while `007` stays
# a text: the column's type changes row by row. value_type: string turns it off; the documentation has that as an option for the
# schema. One expects a copied field to be what it was.
# For users: an id that is copied up from a nested object is another id, for the few that look like numbers.
# The provider's templates keep ids text.
# Seen: 100000.0, 1234, 31, None, (1, 2), '007'; with value_type all texts
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check airbyte-cdk==7.39.1
cd "$tmp"
venv/bin/python - <<'PY'
import importlib.metadata

from airbyte_cdk.sources.declarative.interpolation.interpolated_string import InterpolatedString
from airbyte_cdk.sources.declarative.transformations.add_fields import AddedFieldDefinition, AddFields

texts = ["1E5", "12_34", "0x1F", "None", "1,2", "007"]


def copied(text: str, value_type: type[str] | None) -> object:
    record = {"profile": {"badge": text}}
    value = InterpolatedString.create("{{ record['profile']['badge'] }}", parameters={})
    field = AddedFieldDefinition(path=["badge"], value=value, value_type=value_type, parameters={})
    AddFields(fields=[field], parameters={}).transform(record)
    return record["badge"]


found = [copied(text, None) for text in texts]
print("airbyte-cdk", importlib.metadata.version("airbyte-cdk"), found)
assert found == [100000.0, 1234, 31, None, (1, 2), "007"], "changed: a copied text stays a text"
assert [copied(text, str) for text in texts] == texts
PY
