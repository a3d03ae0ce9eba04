#!/usr/bin/env bash
# openpyxl 3.1.5, and with it pandas 3.1.1 where XlsxWriter is not installed: a text such as `Display_x0020_Name` is written as it is.
# In a workbook `_x0020_` means a space (ECMA-376 part 1, 22.9.2.19, ST_Xstring), and a writer has to say `_x005F_x0020_` for the text itself, as
# XlsxWriter 3.3.1 does. openpyxl's own reader does not decode it, so its round trip hides this; calamine 0.9.1 reads `Display Name`.
# The other way round, openpyxl decodes only the `_x005F_`, so that both libraries agree on what XlsxWriter wrote.
# For users: internal names of SharePoint columns and lists have just this form, and are other names in the auditor's workbook.
# Write workbooks with XlsxWriter.
# Seen: openpyxl -> calamine 'Display Name', openpyxl -> openpyxl unchanged; XlsxWriter -> both unchanged
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check openpyxl==3.1.5 pandas==3.1.1 python-calamine==0.9.1 xlsxwriter==3.3.1
cd "$tmp"
venv/bin/python - <<'PY'
import importlib.metadata

import pandas

name = "Display_x0020_Name"
found = {}
for writer in ("openpyxl", "xlsxwriter"):
    pandas.DataFrame({"column": [name]}).to_excel(f"{writer}.xlsx", index=False, engine=writer)
    for reader in ("openpyxl", "calamine"):
        found[writer, reader] = pandas.read_excel(f"{writer}.xlsx", engine=reader)["column"].tolist()
print(*(f"{package} {importlib.metadata.version(package)}" for package in ("openpyxl", "xlsxwriter", "python-calamine")), found)
assert found.pop(("openpyxl", "calamine")) == ["Display Name"], "changed: the text is escaped, or not decoded"
assert all(read == [name] for read in found.values())
PY
