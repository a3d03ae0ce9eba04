"""What is counted, how it is named, and that a collector that is away fails nothing."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat import sdk

from airflow_provider_veza.async_query.process_counts import COUNTS, MOST_DELAYS, Counts
from airflow_provider_veza.hooks.metrics import (
    REPORT_SECONDS,
    Metric,
    Reporter,
    count_cancel,
    count_cancel_aside,
    counted_beside_waits,
    counted_wait,
)
from airflow_provider_veza.ownership.cancelling import CancelOutcome

DOCS = Path(__file__).parents[2] / "docs"


@dataclass
class Collector:
    """Keeps what Airflow would send."""

    sent: dict[str, list[Any]] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    is_away: bool = False
    threads: set[int] = field(default_factory=set)

    def incr(self, name: str, count: int = 1, *, tags: Any = None) -> None:
        self._keep(name, count, tags)

    def timing(self, name: str, dt: timedelta, *, tags: Any = None) -> None:
        self._keep(name, dt.total_seconds(), tags)

    def gauge(self, name: str, value: float, *, tags: Any = None) -> None:
        self._keep(name, value, tags)

    def _keep(self, name: str, value: Any, tags: dict[str, str] | None) -> None:
        if self.is_away:
            raise OSError("Network is unreachable")
        self.threads.add(threading.get_ident())
        self.sent.setdefault(name, []).append(value)
        self.tags |= {name: tags} if tags else {}


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    collector = Collector()
    monkeypatch.setattr(sdk, "Stats", collector, raising=False)
    monkeypatch.setattr(COUNTS, "waiting", 0)
    COUNTS.taken()
    yield collector
    COUNTS.taken()


def from_a_loop(send: Callable[[], None]) -> None:
    """Call it on an event loop, and wait for what it began aside."""

    async def on_the_loop() -> None:
        send()

    asyncio.run(on_the_loop())


def test_each_count_has_a_name_of_its_own_and_an_outcome_stands_in_it(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "node-1.example.com")
    counts = Counts(answered=200, failed=3, retries=4, throttled_seconds=1.5, waiting=7, delays=[0.5, 2.0])
    from_a_loop(Reporter(counts).report_aside)
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
    assert collector.tags == {
        "veza.looks.answered": {"outcome": "answered"},
        "veza.looks.failed": {"outcome": "failed"},
        "veza.waiting.node-1_example_com": {"host": "node-1_example_com"},
        "veza.cancel.already_ended": {"outcome": "already_ended"},
    }
    assert all(any(name.startswith(metric) for name in collector.sent) for metric in Metric)


def test_what_was_reported_is_not_reported_again(collector: Collector) -> None:
    counts = Counts(answered=1, waiting=1)
    reporter = Reporter(counts)
    from_a_loop(reporter.report_aside)
    from_a_loop(reporter.report_aside)
    assert collector.sent["veza.looks.answered"] == [1]
    assert list(collector.sent.values())[-1] == [1, 1]


def test_a_worker_of_which_a_host_has_many_says_nothing_of_how_many_wait(collector: Collector) -> None:
    Reporter(Counts(answered=1, waiting=1)).report()
    assert list(collector.sent) == ["veza.looks.answered"]


@pytest.mark.parametrize(
    ("counted", "waiting", "sent"),
    [(2, 0, {"veza.retries": [2]}), (2, 1, {}), (0, 0, {})],
    ids=["beside any wait", "in a wait, which reports", "nothing"],
)
def test_what_is_counted_beside_waits_is_sent_when_it_is_over(
    collector: Collector, counted: int, waiting: int, sent: dict[str, list[int]]
) -> None:
    COUNTS.waiting = waiting
    with counted_beside_waits():
        COUNTS.retries += counted
    assert collector.sent == sent


def test_what_failed_is_sent_too(collector: Collector) -> None:
    def fail() -> None:
        COUNTS.retries += 1
        raise OSError("reset")

    with pytest.raises(OSError, match="reset"), counted_beside_waits():
        fail()
    assert collector.sent == {"veza.retries": [1]}


def everything_sent(collector: Collector) -> set[str]:
    """Return the names of all that can be sent, below Airflow's prefix."""
    counts = Counts(answered=1, failed=1, retries=1, throttled_seconds=1.0, waiting=1, delays=[1.0])
    from_a_loop(Reporter(counts).report_aside)
    for outcome in CancelOutcome:
        count_cancel(outcome.value)
    return {f"airflow.{name}" for name in collector.sent}


def test_the_page_names_what_is_sent_and_nothing_else(collector: Collector) -> None:
    page = (DOCS / "monitoring.md").read_text()
    table = [line for line in page.splitlines() if line.startswith("| `airflow.veza.")]
    named = {name for line in table for name in re.findall(r"`(airflow\.veza\.[\w.]+)`", line.split("|")[1])}
    cancels, host = f"airflow.{Metric.CANCEL}", f"airflow.{Metric.WAITING}"

    def as_named(name: str) -> str:
        name = f"{cancels}OUTCOME" if name.startswith(cancels) else name
        return f"{host}HOST" if name.startswith(host) else name

    assert named == {as_named(name) for name in everything_sent(collector)}
    [row_of_cancels] = [line for line in table if cancels in line]
    assert all(f"`{outcome}`" in row_of_cancels for outcome in CancelOutcome)


ADDED_BY_STATSD = {
    "counters": ("count", "rate"),
    "gauges": ("",),
    "timers": ("mean", "upper_90", "sum", "upper", "count"),
}


@pytest.mark.parametrize("dashboard", sorted((DOCS / "dashboards").glob("*.json")), ids=lambda path: path.name)
def test_each_series_of_a_dashboard_is_one_that_is_sent(collector: Collector, dashboard: Path) -> None:
    json.loads(dashboard.read_text())
    series = re.findall(r"stats\.(\w+)\.(airflow\.[\w.*-]+)", dashboard.read_text())
    sent = everything_sent(collector)

    assert series
    for kind, pattern in series:
        names = [f"{name}.{suffix}".rstrip(".") for name in sent for suffix in ADDED_BY_STATSD[kind]]
        assert any(fnmatchcase(name, pattern) for name in names), pattern


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

    from_a_loop(Reporter(counts).report_aside)
    from_a_loop(lambda: count_cancel_aside("cancelled"))
    assert collector.sent["veza.looks.answered"] == collector.sent["veza.cancel.cancelled"] == [1]
    assert threading.get_ident() not in collector.threads


def test_a_collector_that_is_away_fails_nothing(collector: Collector) -> None:
    collector.is_away = True
    Reporter(Counts(answered=1)).report()
    Reporter(Counts(answered=1)).report_aside()
    from_a_loop(Reporter(Counts(answered=1)).report_aside)
    count_cancel("cancelled")
    count_cancel_aside("cancelled")
    assert collector.sent == {}


def test_what_is_kept_between_two_reports_is_bounded() -> None:
    counts = Counts()
    for _ in range(2 * MOST_DELAYS):
        counts.noticed_after(1.0)
    assert len(counts.taken().delays) == MOST_DELAYS
