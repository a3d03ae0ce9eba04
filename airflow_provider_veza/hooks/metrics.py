"""What was counted goes to Airflow's own metrics, now and then and off the event loop; a collector that is away fails nothing.

Plain StatsD drops tags, so whatever a tag says also stands in a name.
"""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar

from airflow_provider_veza.async_query.process_counts import COUNTS, Counts

log = logging.getLogger(__name__)

REPORT_SECONDS = 10.0

T = TypeVar("T")


class Metric(StrEnum):
    """The metrics' names, below Airflow's own prefix; where a name ends with a dot, a part follows it."""

    LOOKS = "veza.looks."
    RETRIES = "veza.retries"
    THROTTLED = "veza.throttled_seconds"
    WAITING = "veza.waiting."
    DETECTION_DELAY = "veza.detection_delay"
    CANCEL = "veza.cancel."


@dataclass
class Reporter:
    """Reports the counts of this process once in a while, whoever asks it to."""

    counts: Counts
    clock: Callable[[], float] = time.monotonic
    next_report: float = 0.0

    @property
    def is_due(self) -> bool:
        """Whether there was no report for a while."""
        return self.clock() >= self.next_report

    def report(self) -> None:
        """Send what came since the last report."""
        self._report(_send)

    def report_aside(self) -> None:
        """Send it, and how many queries wait here; from a thread: a collector's name may have to be looked up."""
        self._report(lambda counts: _aside(_send_with_waiting, counts))

    def _report(self, send: Callable[[Counts], object]) -> None:
        self.next_report = self.clock() + REPORT_SECONDS
        with _failing_nothing():
            send(self.counts.taken())


REPORTER = Reporter(COUNTS)


@contextmanager
def counted_wait(report: Callable[[], None]) -> Iterator[None]:
    """Count a query as waited for; the last one that ends reports."""
    COUNTS.waiting += 1
    try:
        yield
    finally:
        COUNTS.waiting -= 1
        if not COUNTS.waiting or REPORTER.is_due:
            report()


@contextmanager
def counted_beside_waits() -> Iterator[None]:
    """Report what is counted inside, unless a wait is under way, which will: no later moment is sure to come."""
    try:
        yield
    finally:
        if not COUNTS.waiting and COUNTS.has_news:
            REPORTER.report()


def count_cancel_aside(outcome: str) -> None:
    """Count a cancel from an event loop, in a thread."""
    with _failing_nothing():
        _aside(count_cancel, outcome)


def count_cancel(outcome: str) -> None:
    """Count a cancel by what became of it."""
    from airflow.providers.common.compat.sdk import Stats

    with _failing_nothing():
        Stats.incr(f"{Metric.CANCEL}{outcome}", tags={"outcome": outcome})


def _send(counts: Counts) -> None:
    from airflow.providers.common.compat.sdk import Stats

    with _failing_nothing():
        for outcome, looks in (("answered", counts.answered), ("failed", counts.failed)):
            if looks:
                Stats.incr(f"{Metric.LOOKS}{outcome}", looks, tags={"outcome": outcome})
        if counts.retries:
            Stats.incr(Metric.RETRIES.value, counts.retries)
        if counts.throttled_seconds:
            Stats.timing(Metric.THROTTLED.value, timedelta(seconds=counts.throttled_seconds))
        for delay in counts.delays:
            Stats.timing(Metric.DETECTION_DELAY.value, timedelta(seconds=delay))


def _send_with_waiting(counts: Counts) -> None:
    """Send also how many wait, as a triggerer does: of the many workers of a host, each would overwrite what others said."""
    from airflow.providers.common.compat.sdk import Stats

    _send(counts)
    with _failing_nothing():
        host = _host()
        Stats.gauge(f"{Metric.WAITING}{host}", counts.waiting, tags={"host": host})


def _aside(send: Callable[[T], None], what: T) -> None:
    asyncio.get_running_loop().run_in_executor(None, send, what)


@contextmanager
def _failing_nothing() -> Iterator[None]:
    try:
        yield
    except Exception as e:
        log.debug("Metrics could not be sent: %s: %s", type(e).__name__, e)


def _host() -> str:
    """Return this host's name as one part of a metric's name."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", socket.gethostname())
