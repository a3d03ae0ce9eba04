"""Who used the demo tenant's payroll exports, as Elasticsearch would count it; data only."""

from __future__ import annotations

from typing import Any

ACTIVE = ("payroll-sync", "amara.okafor", "benjamin.reyes", "chiara.lombardi", "farah.haddad")
INACTIVE = (
    "daniel.kowalski",
    "elif.demir",
    "gustav.lindqvist",
    "hana.sato",
    "isaac.mensah",
    "julia.novak",
    "kiran.patel",
)

ACTIVITY: dict[str, Any] = {
    "columns": [
        {"name": "requests", "type": "long"},
        {"name": "last_used", "type": "date"},
        {"name": "login", "type": "keyword"},
    ],
    "values": [
        [4_000 - n, f"2026-11-{22 - n:02}T06:00:03.000Z", f"{name}@acme.example"] for n, name in enumerate(ACTIVE)
    ],
}
"""The answer to the query of ``example_dags/esql/bucket_activity.esql``."""
