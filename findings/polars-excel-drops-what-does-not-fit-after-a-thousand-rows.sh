#!/usr/bin/env bash
# polars 2.1.0, read_excel (fastexcel 0.21.0): the types are those of the first 1000 rows, and what does not fit later is null: a badge
# `X9` after a thousand numbers, the word `no` after a thousand TRUEs. The text `007` is 7, the number 0 is False. A row of which
# nothing is left is gone. Nothing is said; read_csv of the same rows raises. With infer_schema_length=None all rows are looked at, and
# the columns are texts. pandas 3.1.1 (engine calamine) keeps all.
# That 1000 rows are looked at is documented; one expects the error of read_csv, or the values.
# For users: the workbook that the auditors sent back has lost the ids and decisions near its end, by its length.
# Say infer_schema_length=None. The provider reads no workbooks.
# Seen: of X9 no, Y8 TRUE, 007 0: (None, True), (7, False); with None all three; read_csv ComputeError; pandas all three
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check polars==2.1.0 fastexcel==0.21.0 XlsxWriter==3.3.1 pandas==3.1.1 python-calamine==0.9.1
cd "$tmp"
venv/bin/python - <<'PY'
import importlib.metadata
import io

import pandas
import polars
import xlsxwriter

rows = [[n, True] for n in range(1, 1001)] + [["X9", "no"], ["Y8", True], ["007", 0]]
with xlsxwriter.Workbook("review.xlsx") as book:
    sheet = book.add_worksheet()
    for number, row in enumerate([["badge", "keep"], *rows]):
        sheet.write_row(number, 0, row)
usual = polars.read_excel("review.xlsx").tail(3).rows()
whole = polars.read_excel("review.xlsx", infer_schema_length=None).tail(3).rows()
by_pandas = pandas.read_excel("review.xlsx", engine="calamine").tail(3).values.tolist()
try:
    polars.read_csv(io.StringIO("badge\n" + "".join(f"{badge}\n" for badge, _ in rows)), infer_schema_length=1000)
    csv = "read"
except polars.exceptions.ComputeError as e:
    csv = type(e).__name__
print({name: importlib.metadata.version(name) for name in ("polars", "fastexcel")}, usual, whole, csv, by_pandas)
assert usual == [(1000, True), (None, True), (7, False)], "changed: values are kept, or refused"
assert whole == [("X9", "no"), ("Y8", "true"), ("007", "0")]
assert csv == "ComputeError"
assert by_pandas == [["X9", "no"], ["Y8", True], ["007", 0]]
PY
