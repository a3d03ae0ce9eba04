#!/usr/bin/env bash
# casbin 1.43.0 looks through nine groups within groups and answers no beyond, without an error or a warning. Its other questions look
# further: get_implicit_roles_for_user names all groups of the same user, and get_implicit_permissions_for_user the permission that
# enforce() denies. So an access review and the decision that it reviews disagree. The limit (max_hierarchy_level of RoleManager)
# is said in a comment of its source. One expects one answer of one policy, or an error at the limit.
# For users: a directory's nested groups, exported into a policy, give another "who can" than its own. Set
# enforcer.set_role_manager(RoleManager(n)) with enough levels.
# The provider reads what Veza computed, and computes no access.
# Seen: 9 groups deep True, 10 deep False; roles 10 and permissions 1 for both; with RoleManager(50) True
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check casbin==1.43.0
cd "$tmp"
venv/bin/python - <<'PY'
import importlib.metadata

import casbin
from casbin.rbac import default_role_manager

with open("model.conf", "w") as file:
    file.write("""
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act
""")


def answers(depth: int, levels: int | None = None) -> tuple[bool, int, int]:
    with open("policy.csv", "w") as file:
        file.write("".join(f"g, group{n}, group{n + 1}\n" for n in range(depth)) + f"p, group{depth}, payroll, read\n")
    enforcer = casbin.Enforcer("model.conf", "policy.csv")
    if levels is not None:
        enforcer.set_role_manager(default_role_manager.RoleManager(levels))
        enforcer.build_role_links()
    roles = enforcer.get_implicit_roles_for_user("group0")
    permissions = enforcer.get_implicit_permissions_for_user("group0")
    return enforcer.enforce("group0", "payroll", "read"), len(roles), len(permissions)


found = answers(9), answers(10), answers(10, levels=50)
print("casbin", importlib.metadata.version("casbin"), found)
assert found == ((True, 9, 1), (False, 10, 1), (True, 10, 1)), "changed: one answer, or an error"
PY
