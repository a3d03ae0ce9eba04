"""A served tenant whose queries end when the test says so, a connection to it, and what it was asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from support.no_proxies import forget_proxies
from veza_emulator.http.server import RunningTenant, running_tenant
from veza_emulator.tenant.behaviours import Behaviour
from veza_emulator.tenant.settings import TenantSettings
from veza_emulator.tenant.tenant import Tenant

UNTIL_FINISHED = Behaviour(duration=None, pending=timedelta(0))
AT_ONCE = Behaviour(duration=timedelta(0), pending=timedelta(0))


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningTenant]:
    """Serve a tenant whose queries run until they are finished by hand."""
    with running_tenant(Tenant(TenantSettings(size=1_000))) as served:
        served.tenant.set_behaviour(UNTIL_FINISHED)
        connect(monkeypatch, served)
        monkeypatch.setenv("AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL", "0")
        yield served


@pytest.fixture
def tenant(running: RunningTenant) -> Tenant:
    return running.tenant


def connect(monkeypatch: pytest.MonkeyPatch, served: RunningTenant, *, key: str | None = None, **extra: Any) -> None:
    """Point connection `veza_default` to a served tenant; no test waits for the pace, or for what may be stale."""
    forget_proxies(monkeypatch)
    connection = {
        "conn_type": "veza",
        "host": served.url,
        "password": key or served.api_key,
        "extra": {"stale_grace": 0, "rate_limit": 100_000, **extra},
    }
    monkeypatch.setenv("AIRFLOW_CONN_VEZA_DEFAULT", json.dumps(connection))


def creates(tenant: Tenant) -> int:
    """How many queries the tenant was asked to run."""
    return sum("create" in entry.path for entry in tenant.journal.entries())


def cancelled_ids(tenant: Tenant) -> list[str]:
    """Which queries the tenant was asked to cancel."""
    return [str(entry.note.query_id) for entry in tenant.journal.entries() if entry.path.endswith("async_cancel")]


PAYROLL_ACCESS: dict[str, Any] = {
    "query_type": "SOURCE_TO_DESTINATION",
    "source_node_types": {"nodes": [{"node_type": "OktaUser"}]},
    "relates_to_exp": {
        "specs": [
            {
                "node_types": {
                    "nodes": [
                        {
                            "node_type": "S3Bucket",
                            "condition_expression": {
                                "specs": [{"fn": "EQ", "property": "name", "value": "acme-payroll-exports"}]
                            },
                        }
                    ]
                }
            }
        ]
    },
    "result_value_type": "SOURCE_AND_DESTINATION_NODES",
}
