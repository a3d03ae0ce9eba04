"""This machine's own proxies and authorities are none of a test's; and each client would read the latter anew."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _environment_without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_proxies(monkeypatch)


def forget_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let neither proxies nor authorities be named in the environment."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
