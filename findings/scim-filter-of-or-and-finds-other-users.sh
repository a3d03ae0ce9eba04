#!/usr/bin/env bash
# scim2-filter-parser 0.7.0 (below django-scim2), filters as SQL: `and` binds no tighter than `or`: `a or b and c` is (a or b) and c, where
# RFC 7644 (3.4.2.2) has `not` before `and` before `or`. A `_` or `%` in a text is SQL's wildcard in sw and co, so that
# `userName sw "svc_"` finds svcadmin too. `title eq null` compares with the text NULL, and so finds nobody.
# One expects the users that the filter names by the RFC, as for `(b and c) or a`, which it does find.
# For users: a review over SCIM has too few accounts or too many, by the order in which a filter was written. Use brackets.
# The provider asks no SCIM.
# Seen: or/and ['carl'], with brackets ['anna', 'carl']; sw "svc_" ['svc_backup', 'svcadmin']; title eq null []
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check scim2-filter-parser==0.7.0
cd "$tmp"
venv/bin/python - <<'PY'
import importlib.metadata
import sqlite3

from scim2_filter_parser.queries import SQLQuery

COLUMNS = {(name, None, None): f"users.{name}" for name in ("userName", "userType", "title", "city")}
database = sqlite3.connect(":memory:")
database.execute("CREATE TABLE users (userName TEXT, userType TEXT, title TEXT, city TEXT)")
database.executemany(
    "INSERT INTO users VALUES (?, ?, ?, ?)",
    [
        ("anna", "Employee", "clerk", "Rome"),
        ("ben", "Contractor", "lead", "Rome"),
        ("carl", "Contractor", "lead", "Oslo"),
        ("svc_backup", "Service", None, "Rome"),
        ("svcadmin", "Service", None, "Rome"),
    ],
)


def users(scim: str) -> list[str]:
    query = SQLQuery(scim, "users", COLUMNS, ())
    return sorted(row[0] for row in database.execute(query.sql.replace("%s", "?"), query.params))


found = {
    scim: users(scim)
    for scim in (
        'userType eq "Employee" or title eq "lead" and city eq "Oslo"',
        'userType eq "Employee" or (title eq "lead" and city eq "Oslo")',
        'userName sw "svc_"',
        "title eq null",
    )
}
print("scim2-filter-parser", importlib.metadata.version("scim2-filter-parser"), found)
assert list(found.values()) == [["carl"], ["anna", "carl"], ["svc_backup", "svcadmin"], []], "changed: the users that the RFC means"
PY
