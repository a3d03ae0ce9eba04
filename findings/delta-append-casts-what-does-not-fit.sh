#!/usr/bin/env bash
# deltalake 1.6.6: write_deltalake(mode="append") casts what does not fit the table's column, without a word: 1.9 into integers is 1, the
# text "007" is 7, 5 into booleans is true, 2^53+1 into doubles is 2^53. Only what cannot be cast at all is refused.
# (Delta's own enforcement on Spark refuses these by default, https://docs.delta.io/latest/delta-batch.html "Schema validation".)
# For users: a column that changes its type between two nights changes its values instead of stopping the append; compare the
# schemas first.
# Seen: long+1.9 -> 1, long+"007" -> 7, boolean+5 -> True, double+9007199254740993 -> 9007199254740992.0
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check deltalake==1.6.6 pyarrow==26.0.1
cd "$tmp"
venv/bin/python - <<'PY'
import deltalake
import pyarrow

cases = {"long+double": (1, 1.9), "long+text": (1, "007"), "boolean+long": (False, 5), "double+long": (0.5, 2**53 + 1)}
found = {}
for name, (first, second) in cases.items():
    deltalake.write_deltalake(name, pyarrow.table({"value": [first]}))
    deltalake.write_deltalake(name, pyarrow.table({"value": [second]}), mode="append")
    values = deltalake.DeltaTable(name).to_pyarrow_table()["value"].to_pylist()
    found[name] = next(value for value in values if value != first) if name != "long+double" else sorted(values)[1]
print("deltalake", deltalake.__version__, found)
assert found == {"long+double": 1, "long+text": 7, "boolean+long": True, "double+long": 2.0**53}, "changed: what does not fit is refused"
PY
