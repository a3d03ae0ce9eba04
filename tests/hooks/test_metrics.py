"""What is counted, how it is named, and that a collector that is away fails nothing."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from airflow.providers.common.compat import sdk

from airflow_provider_veza.async_query.process_counts import COUNTS, MOST_DELAYS, Counts
from airflow_provider_veza.hooks.metrics import REPORT_SECONDS, Metric, Reporter, count_cancel, counted_wait


@dataclass
class Collector:
    """Keeps what Airflow would send."""

    sent: dict[str, list[Any]] = field(default_factory=dict)
    is_away: bool = False

    def incr(self, name: str, count: int = 1, *, tags: Any = None) -> None:
        self._keep(name, count)

    def timing(self, name: str, dt: timedelta, *, tags: Any = None) -> None:
        self._keep(name, dt.total_seconds())

    def gauge(self, name: str, value: float, *, tags: Any = None) -> None:
        self._keep(name, value)

    def _keep(self, name: str, value: Any) -> None:
        if self.is_away:
            raise OSError("Network is unreachable")
        self.sent.setdefault(name, []).append(value)


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    collector = Collector()
    monkeypatch.setattr(sdk, "Stats", collector, raising=False)
    COUNTS.taken()
    yield collector
    COUNTS.taken()


def test_each_count_has_a_name_of_its_own_and_an_outcome_stands_in_it(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "node-1.example.com")
    counts = Counts(answered=200, failed=3, retries=4, throttled_seconds=1.5, waiting=7, delays=[0.5, 2.0])
    Reporter(counts).report()
    count_cancel("already_ended")
    assert collector.sent == {
        "veza.looks.answered": [200],
        "veza.looks.failed": [3],
        "veza.retries": [4],
        "veza.throttled_seconds": [1.5],
        "veza.waiting.node-1_example_com": [7],
        "veza.detection_delay": [0.5, 2.0],
        "veza.cancel.already_ended": [1],
    }
    assert all(any(name.startswith(metric) for name in collector.sent) for metric in Metric)


def test_what_was_reported_is_not_reported_again(collector: Collector) -> None:
    counts = Counts(answered=1, waiting=1)
    reporter = Reporter(counts)
    reporter.report()
    reporter.report()
    assert collector.sent["veza.looks.answered"] == [1]
    assert list(collector.sent.values())[-1] == [1, 1]


def test_there_is_a_report_once_in_a_while(collector: Collector) -> None:
    now = [100.0]
    reporter = Reporter(Counts(), clock=lambda: now[0])
    assert reporter.is_due
    reporter.report()
    assert not reporter.is_due
    now[0] += REPORT_SECONDS
    assert reporter.is_due


def test_the_last_wait_reports_however_short_it_was(collector: Collector) -> None:
    COUNTS.waiting = 0
    reports: list[int] = []
    with counted_wait(lambda: reports.append(COUNTS.waiting)), counted_wait(lambda: reports.append(COUNTS.waiting)):
        assert COUNTS.waiting == 2
    assert reports[-1] == 0


def test_a_report_from_an_event_loop_does_not_hold_it(collector: Collector) -> None:
    counts = Counts(answered=1)

    async def report() -> None:
        Reporter(counts).report_aside()
        await asyncio.get_running_loop().shutdown_default_executor()

    asyncio.run(report())
    assert collector.sent["veza.looks.answered"] == [1]


def test_a_collector_that_is_away_fails_nothing(collector: Collector) -> None:
    collector.is_away = True
    Reporter(Counts(answered=1)).report()
    Reporter(Counts(answered=1)).report_aside()
    count_cancel("cancelled")
    assert collector.sent == {}


def test_what_is_kept_between_two_reports_is_bounded() -> None:
    counts = Counts()
    for _ in range(2 * MOST_DELAYS):
        counts.noticed_after(1.0)
    assert len(counts.taken().delays) == MOST_DELAYS
