#!/usr/bin/env bash
# ldap3 2.9.1, parse_dn: a number sign within a name is refused ("special character # must be escaped"), so no DN of a guest copied from
# Entra ID (`CN=anna_example.com#EXT#,...`) and no `CN=C# developers` is read. RFC 4514 (2.4, 3) wants it escaped at the beginning of a
# value only. safe_dn, of the same module, takes the same text and escapes it everywhere, so that one name has two texts.
# One expects a valid DN to be read, and the module to have one rule. (A name with another writing is found by no equality of texts.)
# For users: an export of group members stops at the first guest, or its DNs do not join with those of a directory.
# The provider compares ids as texts; give safe_dn's result to parse_dn, and join by objectGUID.
# Seen: parse_dn LDAPInvalidDnError; safe_dn 'CN=anna_example.com\#EXT\#,OU=guests'; parse_dn of that: two parts
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check ldap3==2.9.1
cd "$tmp"
venv/bin/python - <<'PY'
import importlib.metadata

from ldap3.core.exceptions import LDAPInvalidDnError
from ldap3.utils.dn import parse_dn, safe_dn

name = "CN=anna_example.com#EXT#,OU=guests"
try:
    parsed = str(parse_dn(name))
except LDAPInvalidDnError as e:
    parsed = str(e)
found = parsed, safe_dn(name), len(parse_dn(safe_dn(name)))
print("ldap3", importlib.metadata.version("ldap3"), found)
assert found[0] == "special character # must be escaped", "changed: a valid name is read"
assert found[1:] == (r"CN=anna_example.com\#EXT\#,OU=guests", 2), "changed: safe_dn leaves it as it is"
PY
