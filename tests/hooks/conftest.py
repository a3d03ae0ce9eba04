"""What the hooks' tests share: a tenant with its connection, and a process that has looked up no connection yet."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from airflow_provider_veza.hooks import base
from airflow_provider_veza.hooks.settings_cache import SettingsCache
from hooks.tenant_site import Site
from support.at_once import _repeating_at_once
from support.no_proxies import _environment_without_proxies
from veza_emulator.http.server import RunningTenant

__all__ = ["_environment_without_proxies", "_repeating_at_once"]


@pytest.fixture
def site(demo: RunningTenant, define_connection: Callable[..., None]) -> Site:
    return Site(demo, define_connection)


@pytest.fixture(autouse=True)
def settings_cache(monkeypatch: pytest.MonkeyPatch) -> SettingsCache:
    cache = SettingsCache()
    monkeypatch.setattr(base, "SETTINGS_CACHE", cache)
    return cache
