"""A tenant that means harm on demand, with the connection, the records and the Airflow of whoever calls it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_veza.doctor import examination
from airflow_provider_veza.hooks import base
from airflow_provider_veza.hooks.settings_cache import SettingsCache
from airflow_provider_veza.ownership.records.registry import RecordRegistry
from airflow_provider_veza.services import esql_query
from esql_double.server import running_double
from hostile.cluster_site import HostileCluster
from hostile.site import HostileSite
from support.at_once import _repeating_at_once
from support.served_cluster import A_MOMENT, ACTIVITY
from support.told_airflow import ToldAirflow, told_airflow
from veza_emulator.http.server import running_tenant
from veza_emulator.tenant.settings import TenantSettings
from veza_emulator.tenant.tenant import Tenant

__all__ = ["_repeating_at_once", "told_airflow"]

# With characters that each form of a credential writes in its own way.
KEY = "s3cret/key+of=acme"
CLIENT_SECRET = "t0ken/secret+of=acme"


@pytest.fixture
def around(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    told_airflow: ToldAirflow,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> dict[str, Any]:
    """Return what is around the callers, whose every word is noted."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("AIRFLOW__VEZA__RECORD_PATH", str(tmp_path))
    monkeypatch.setenv("AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL", "0")
    monkeypatch.setattr(base, "SETTINGS_CACHE", SettingsCache())
    return {"airflow": told_airflow, "monkeypatch": monkeypatch, "caplog": caplog, "capsys": capsys}


@pytest.fixture
def site(tmp_path: Path, around: dict[str, Any]) -> Iterator[HostileSite]:
    settings = TenantSettings(size=1_000, api_key=KEY, oauth_client_secret=CLIENT_SECRET)
    with running_tenant(Tenant(settings)) as running:
        yield HostileSite(running, RecordRegistry(str(tmp_path)), **around)


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch, around: dict[str, Any]) -> Iterator[HostileCluster]:
    """Serve a cluster whose queries run until somebody ends them."""
    monkeypatch.setattr(esql_query, "FIRST_WAIT", A_MOMENT)
    with running_double() as double:
        double.usual(duration=None, **ACTIVITY)
        site = HostileCluster(double, **around)
        site.connect()
        yield site


@pytest.fixture(autouse=True)
def _doubting_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the doctor look again at once at what has succeeded: how long a success may be an older one is no matter here."""
    monkeypatch.setattr(examination, "OLDER_RESULT_SECONDS", 0.0)
