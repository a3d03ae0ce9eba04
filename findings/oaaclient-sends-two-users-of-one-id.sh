#!/usr/bin/env bash
# oaaclient 1.2.0 (Veza's SDK of its Open Authorization API): add_local_user refuses an id that is there, but 7 and "7" are two to it. Both go
# into the payload, as "7". A group or permission that nobody defined, and a property that has no definition, go into it without a word
# too, though the SDK knows all definitions when it builds the payload; is_active takes the text "false".
# One expects what it says of a second "7" (OAATemplateException), before anything is sent.
# For users: an export that mixes numbers and texts gives one account the grants of two.
# The provider reads what Veza made of it; ids stay text there.
# Seen: users "zoe" and "zed", both with id "7"; a second "7" OAATemplateException; group "missing" in the payload
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check oaaclient==1.2.0
cd "$tmp"
venv/bin/python - <<'PY'
import importlib.metadata

from oaaclient.templates import CustomApplication, OAATemplateException

application = CustomApplication("payroll", "payroll")
application.add_local_user("zoe", unique_id=7).add_group("missing")
application.add_local_user("zed", unique_id="7")
try:
    application.add_local_user("zack", unique_id="7")
    third = "taken"
except OAATemplateException as e:
    third = type(e).__name__
users = application.get_payload()["applications"][0]["local_users"]
found = [(user["name"], user["id"], user.get("groups")) for user in users], third
print("oaaclient", importlib.metadata.version("oaaclient"), found)
assert found[0] == [("zoe", "7", ["missing"]), ("zed", "7", None)], "changed: one id is one user, and a group must be defined"
assert third == "OAATemplateException"
PY
