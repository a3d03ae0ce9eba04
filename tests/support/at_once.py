"""No test waits for pauses between requests; how long they are is tested where it is decided, on given times."""

from __future__ import annotations

import pytest

from airflow_provider_veza.async_query.retry import RetryPolicy
from airflow_provider_veza.transport import pauses


@pytest.fixture(autouse=True)
def _repeating_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let repetitions follow at once, and nobody pause after a tenant's 429 or 5xx."""
    usual = RetryPolicy.delay
    monkeypatch.setattr(RetryPolicy, "delay", lambda self, **given: usual(self, **{**given, "jitter": 0.0}))
    let_nobody_pause(monkeypatch)


def let_nobody_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no tenant's 429 or 5xx make those pause that ask it, however long it asks for."""
    monkeypatch.setattr(pauses, "FIRST_PAUSE", 0.0)
    monkeypatch.setattr(pauses, "LONGEST_RETRY_AFTER", 0.0)
