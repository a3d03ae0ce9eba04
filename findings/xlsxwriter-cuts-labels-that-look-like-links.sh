#!/usr/bin/env bash
# XlsxWriter 3.3.1, and with it pandas 3.1.1 and polars 2.1.0: a text that begins with `internal:`, `external:`, `file://` or `mailto:`
# becomes a link, and the cell shows, and is read back as, the text without its beginning. openpyxl keeps it.
# For users: a label or tag such as `external:partner` is `partner` in the auditor's workbook. Workbook option strings_to_urls=False.
# Seen: XlsxWriter, pandas and polars 'payroll', 'partner'; openpyxl 'internal:payroll', 'external:partner'
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check xlsxwriter==3.3.1 pandas==3.1.1 polars==2.1.0 openpyxl==3.1.5
cd "$tmp"
venv/bin/python - <<'PY'
import openpyxl
import pandas
import polars
import xlsxwriter

labels = ["internal:payroll", "external:partner"]
pandas.DataFrame({"label": labels}).to_excel("pandas.xlsx", index=False, engine="xlsxwriter")
pandas.DataFrame({"label": labels}).to_excel("openpyxl.xlsx", index=False, engine="openpyxl")
polars.DataFrame({"label": labels}).write_excel("polars.xlsx")


def cells(name: str) -> list[object]:
    return [row[0].value for row in openpyxl.load_workbook(name).active.iter_rows(min_row=2)]


found = {name: cells(f"{name}.xlsx") for name in ("pandas", "polars", "openpyxl")}
print("xlsxwriter", xlsxwriter.__version__, found)
cut = ["payroll", "partner"]
assert found == {"pandas": cut, "polars": cut, "openpyxl": labels}, "changed: labels stay whole, or are cut elsewhere"
PY
