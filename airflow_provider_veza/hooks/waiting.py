"""The two loops that wait for a query, sync and async.

What each look means is decided in :mod:`airflow_provider_veza.async_query.watch`.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

from airflow_provider_veza.async_query.polling import on_tick
from airflow_provider_veza.async_query.process_counts import COUNTS
from airflow_provider_veza.async_query.progress import LineBudget, LogLine
from airflow_provider_veza.async_query.task_log import TaskLog
from airflow_provider_veza.async_query.vocabulary import Snapshot
from airflow_provider_veza.async_query.watch import Ended, LookAgain, Verdict, Watch
from airflow_provider_veza.exceptions import RequestError
from airflow_provider_veza.hooks.alarm import Alarm
from airflow_provider_veza.hooks.metrics import REPORTER, counted_beside_waits, counted_wait
from airflow_provider_veza.hooks.tracing import span
from airflow_provider_veza.hooks.wall_clock import utc_now

RACE_PAUSE_SECONDS = 1.0
BROKEN_OFF = "BROKEN_OFF"
"""In a span, instead of an outcome: the wait was ended from outside, by a kill, a restart or an error."""


def look_once(watch: Watch, look: Callable[[], Snapshot], log: TaskLog) -> tuple[Watch, Verdict]:
    """Look and judge; the look is counted, but not how late it may notice an end: it knows of none before it."""
    with counted_beside_waits():
        seen = _seen(look)
        _count(seen)
    return _judged(watch, seen, log, utc_now())


def look_until_sure(
    watch: Watch, look: Callable[[], Snapshot], log: TaskLog, pause: Callable[[float], None]
) -> tuple[Watch, Verdict]:
    """Look and judge; look again while the query is unknown, but may only be too young to be seen.

    For a waiter that keeps nothing between two looks: to it, every look that does not find the query would be the first one.
    """
    watch, verdict = look_once(watch, look, log)
    while isinstance(verdict, LookAgain) and watch.absent_since is not None:
        pause(min(verdict.seconds, RACE_PAUSE_SECONDS))
        watch, verdict = look_once(watch, look, log)
    return watch, verdict


def wait(
    watch: Watch,
    look: Callable[[float], Snapshot],
    log: TaskLog,
    pause: Callable[[float], None],
    clock: Callable[[], datetime] = utc_now,
) -> Ended:
    """Look until the wait has ended.

    :param look: takes the seconds that it may wait on the server.
    :param pause: waits so many seconds; may raise to give up the wait.
    :param clock: tells the time, in UTC.
    """
    with span("veza.wait", watch.handle) as attributes, counted_wait(REPORTER.report):
        attributes["veza.outcome"] = BROKEN_OFF
        looks = _Looks()
        while True:
            began = time.monotonic()
            seen = _seen(partial(look, watch.longest_look(clock())))
            watch, verdict = _judged(watch, seen, log, clock(), _waited(watch, began))
            looks.count(watch, seen, verdict)
            if isinstance(verdict, Ended):
                attributes["veza.outcome"] = verdict.outcome
                return looks.told_by(verdict)
            if REPORTER.is_due:
                REPORTER.report()
            pause(verdict.seconds)


class SharedLog:
    """The lines of all waits of one process, which must not come too many at once; see :class:`LineBudget`."""

    def __init__(self) -> None:
        self._budget = LineBudget()

    @property
    def has_room(self) -> bool:
        """Whether a line may be written that could be written later."""
        return self._budget.has_room(time.monotonic())

    def note(self, lines: int) -> None:
        """Count so many lines, or waits that begin."""
        if lines:
            self._budget = self._budget.spent(lines, time.monotonic())


OF_THIS_PROCESS = SharedLog()


async def wait_async(
    watch: Watch,
    look: Callable[[float], Awaitable[Snapshot]],
    log: TaskLog,
    shared: SharedLog = OF_THIS_PROCESS,
    clock: Callable[[], datetime] = utc_now,
) -> Ended:
    """Look until the wait has ended; the first look comes after a random part of the first delay.

    :param look: takes the seconds that it may wait on the server.
    :param shared: what all waits of this process may write.
    :param clock: tells the time, in UTC.

    A triggerer that restarts begins all its waits at the same moment; the random part spreads them. Looks that are due at about
    the same moment go out together, see :func:`~airflow_provider_veza.async_query.polling.on_tick`.
    """
    shared.note(1)
    elapsed = (clock() - watch.handle.submitted_at).total_seconds()
    loop = asyncio.get_running_loop()
    next_step: Ended | float = random.random() * watch.schedule.delay(elapsed=elapsed, jitter=0.5)
    with span("veza.wait", watch.handle) as attributes, counted_wait(REPORTER.report_aside):
        attributes["veza.outcome"] = BROKEN_OFF
        looks, alarm = _Looks(), Alarm(loop)
        while not isinstance(next_step, Ended):
            await alarm.at(on_tick(next_step, loop.time(), COUNTS.waiting))
            watch, next_step = await _looked_once(watch, look, looks, log, shared, clock)
        attributes["veza.outcome"] = next_step.outcome
    return looks.told_by(next_step)


async def _looked_once(
    watch: Watch,
    look: Callable[[float], Awaitable[Snapshot]],
    looks: _Looks,
    log: TaskLog,
    shared: SharedLog,
    clock: Callable[[], datetime],
) -> tuple[Watch, Ended | float]:
    """Look; return the seconds until the next look, unless there is none.

    Nothing else of a look stays until the next one: each object that does brings a full collection of the heap nearer.
    """
    began = time.monotonic()
    try:
        seen: Snapshot | RequestError = await look(watch.longest_look(clock()))
    except RequestError as e:
        seen = e
    quiet = not shared.has_room
    watch, verdict = _judged(watch, seen, log, clock(), _waited(watch, began), quiet=quiet)
    shared.note(len(verdict.lines))
    looks.count(watch, seen, verdict)
    if REPORTER.is_due:
        REPORTER.report_aside()
    return watch, verdict if isinstance(verdict, Ended) else verdict.seconds


class _Looks:
    """The looks of one wait, which are also counted with all others of this process."""

    def __init__(self) -> None:
        self._answered = self._failed = 0
        self._looked_at: float | None = None

    def count(self, watch: Watch, seen: Snapshot | RequestError, verdict: Verdict) -> None:
        """Count a look, and how late it came to notice the end, if this process has seen the query before."""
        _count(seen)
        if isinstance(seen, RequestError):
            self._failed += 1
            return
        now = time.monotonic()
        self._answered += 1
        is_end = isinstance(verdict, Ended) and seen.phase.is_terminal and not watch.traits.long_poll_seconds
        if is_end and self._looked_at is not None:
            COUNTS.noticed_after(now - self._looked_at)
        self._looked_at = now

    def told_by(self, ended: Ended) -> Ended:
        """Return the end, with how often was looked until then."""
        return replace(ended, looks=self._answered + self._failed, failed_looks=self._failed)


def _count(seen: Snapshot | RequestError) -> None:
    if isinstance(seen, RequestError):
        COUNTS.failed += 1
    else:
        COUNTS.answered += 1


def _seen(look: Callable[[], Snapshot]) -> Snapshot | RequestError:
    try:
        return look()
    except RequestError as e:
        return e


def _waited(watch: Watch, began: float) -> float:
    """Return how long a look waited on the server; one that cannot was only slow."""
    return time.monotonic() - began if watch.traits.long_poll_seconds else 0.0


def _judged(
    watch: Watch, seen: Snapshot | RequestError, log: TaskLog, now: datetime, took: float = 0.0, *, quiet: bool = False
) -> tuple[Watch, Verdict]:
    watch, verdict = watch.observe(seen, now=now, jitter=random.random(), took=took, quiet=quiet)
    for line in verdict.lines:
        _write(log, line)
    return watch, verdict


def _write(log: TaskLog, line: LogLine) -> None:
    log.log(line.level, "%s", line.text)
