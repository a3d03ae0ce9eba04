"""What Airflow asks of a task that defers, with whatever Airflow is configured to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from airflow_provider_veza.operators.deferral import earliest_resume

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SETTING = "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL"


def test_a_task_may_be_resumed_once_the_supervisor_must_have_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, "10")

    assert earliest_resume(NOW) == NOW + timedelta(seconds=12)


def test_airflows_own_default_is_enough_on_every_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SETTING, raising=False)

    assert NOW <= earliest_resume(NOW) <= NOW + timedelta(seconds=30)
