"""The time that Airflow's own loop of pokes sees, which passes only when a test says so."""

from __future__ import annotations

import sys
import time

import pytest
from airflow.providers.common.compat.sdk import BaseSensorOperator


class AirflowsClock:
    """Stands in for the module `time` in Airflow's own sensor; once it is used, only its sleep lets time pass."""

    now = 0.0
    is_used = False

    def monotonic(self) -> float:
        return self.now if self.is_used else time.monotonic()

    def sleep(self, seconds: float) -> None:
        if not self.is_used:
            time.sleep(seconds)
        self.now += seconds


@pytest.fixture
def airflows_clock(monkeypatch: pytest.MonkeyPatch) -> AirflowsClock:
    clock = AirflowsClock()
    monkeypatch.setattr(sys.modules[BaseSensorOperator.__module__], "time", clock)
    return clock
