#!/usr/bin/env bash
# Python 3.11.7 and 3.13.0, datetime.fromisoformat: an LDAP time without a fraction (`20261122104500Z`, RFC 4517, as whenCreated and
# pwdChangedTime are exported) is read as 04:50 in place of 10:45. The character after the date counts as separator, whatever it is,
# so the hour's first digit is dropped and what is left is read as hours and minutes. Four fifths of a day's seconds raise ValueError,
# the others pass and are wrong, but for midnight.
# One expects an error for all of them, or the time (pandas.to_datetime reads it right). ldap3 2.9.1 is the measure here.
# For users: `last password change` is hours off for some accounts and an error for others.
# The provider reads times in arguments with pendulum, which refuses these, and lands those in rows as they came.
# Seen: 104500Z 04:50, 213045Z 13:04, 000000Z 00:00; 195959Z ValueError; ldap3 10:45, 21:30:45, 00:00, 19:59:59
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check ldap3==2.9.1
cd "$tmp"
venv/bin/python - <<'PY'
import datetime
import importlib.metadata
import platform

from ldap3.protocol.formatters.formatters import format_time

found = {}
for text in ("20261122104500Z", "20261122213045Z", "20261122000000Z", "20261122195959Z"):
    try:
        by_python = datetime.datetime.fromisoformat(text).strftime("%H:%M:%S")
    except ValueError as e:
        by_python = type(e).__name__
    found[text[8:]] = (by_python, format_time(text.encode()).strftime("%H:%M:%S"))
print("Python", platform.python_version(), "ldap3", importlib.metadata.version("ldap3"), found)
assert found == {
    "104500Z": ("04:50:00", "10:45:00"),
    "213045Z": ("13:04:00", "21:30:45"),
    "000000Z": ("00:00:00", "00:00:00"),
    "195959Z": ("ValueError", "19:59:59"),
}, "changed: the time is read, or refused"
PY
