#!/usr/bin/env bash
# sqlite-utils 4.2.1, insert_all: the columns' types are those of the first batch (100 rows). An id that is a number in all of them is an
# INTEGER column, and SQLite then makes numbers of the texts that come later: "007" is 7, "1E5" is 100000, "12345678901234567890" is
# 1.2345678901234567e+19. When the first such text is the hundredth row, the column is TEXT and all of them stay. Nothing is said.
# The documentation tells of the batch, and not that later values change by it; one expects them kept, or refused.
# For users: badge numbers and employee ids match or do not match by the order of an export. Give columns={"id": str}.
# The provider's CSV and Parquet make one such column text throughout.
# Seen: after 100 numbers [7, 100000, 1.2345678901234567e+19]; after 99 ['007', '1E5', '12345678901234567890']
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check sqlite-utils==4.2.1
cd "$tmp"
venv/bin/python - <<'PY'
import importlib.metadata

import sqlite_utils

texts = ["007", "1E5", "12345678901234567890"]


def stored(numbers: int) -> list[object]:
    table = sqlite_utils.Database(memory=True)["badges"]
    table.insert_all([{"id": number} for number in range(numbers)] + [{"id": text} for text in texts])
    return [row["id"] for row in table.rows][-3:]


found = stored(100), stored(99)
print("sqlite-utils", importlib.metadata.version("sqlite-utils"), found)
assert found[1] == texts
assert found[0] == [7, 100000, 1.2345678901234567e19], "changed: texts stay texts"
PY
