"""What tests of several rooms share: how hypothesis runs, connections, a demo tenant whose clock stands still; Airflow barred."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from airflow_provider_veza.transport import turnstile
from veza_emulator.http.server import RunningTenant, running_tenant
from veza_emulator.tenant.settings import TenantSettings
from veza_emulator.tenant.tenant import Tenant

# The same examples each time, and no time limit, since the machine may be busy.
hypothesis_settings.register_profile(
    "repeatable", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("repeatable")

WITHOUT_AIRFLOW = "--without-airflow"

DefineConnection = Callable[..., None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(WITHOUT_AIRFLOW, action="store_true", help="whatever imports Airflow fails")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption(WITHOUT_AIRFLOW):
        sys.modules["airflow"] = None  # type: ignore[assignment]


@pytest.fixture(autouse=True)
def new_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test wait because a tenant of another test, which had the same port, was overloaded."""
    monkeypatch.setattr(turnstile, "_turnstiles", {})


@pytest.fixture
def demo() -> Iterator[RunningTenant]:
    """Serve a small demo tenant; its time moves only by ``demo.tenant.clock.advance``."""
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    with running_tenant(Tenant(TenantSettings(size=400), now=lambda: noon)) as running:
        yield running


@pytest.fixture
def define_connection(monkeypatch: pytest.MonkeyPatch) -> DefineConnection:
    """Define an Airflow connection, or define it anew; it lives in the environment, as JSON or as a URI."""

    def define(conn_id: str, uri: str | None = None, **fields: Any) -> None:
        text = uri or json.dumps({"conn_type": "veza"} | fields)
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", text)

    return define
