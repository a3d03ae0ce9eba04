"""What the hooks' tests share: a tenant with its connection, and a process that has looked up no connection yet."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from airflow_provider_veza.async_query.retry import RetryPolicy
from airflow_provider_veza.hooks import base
from airflow_provider_veza.hooks.settings_cache import SettingsCache
from hooks.tenant_site import Site
from veza_emulator.http.server import RunningTenant


@pytest.fixture
def site(demo: RunningTenant, define_connection: Callable[..., None]) -> Site:
    return Site(demo, define_connection)


@pytest.fixture
def _repeating_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let repetitions follow without the pauses between them, whose length is the retry policy's own matter."""
    usual = RetryPolicy.delay
    monkeypatch.setattr(RetryPolicy, "delay", lambda self, **given: usual(self, **{**given, "jitter": 0.0}))


@pytest.fixture(autouse=True)
def settings_cache(monkeypatch: pytest.MonkeyPatch) -> SettingsCache:
    cache = SettingsCache()
    monkeypatch.setattr(base, "SETTINGS_CACHE", cache)
    return cache


@pytest.fixture(autouse=True)
def _environment_without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
