"""The two loops that wait for a query, sync and async; what each look means is decided in :mod:`async_query.watch`."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from airflow_provider_veza.async_query.progress import LogLine
from airflow_provider_veza.async_query.vocabulary import Snapshot
from airflow_provider_veza.async_query.watch import Ended, LookAgain, Verdict, Watch
from airflow_provider_veza.exceptions import RequestError
from airflow_provider_veza.hooks.task_log import TaskLog


def utc_now() -> datetime:
    """Return the time as deadlines know it."""
    return datetime.now(UTC)


def look_once(watch: Watch, look: Callable[[], Snapshot], log: TaskLog) -> tuple[Watch, Verdict]:
    """Look and judge."""
    try:
        seen: Snapshot | RequestError = look()
    except RequestError as e:
        seen = e
    return _judged(watch, seen, log)


def wait(watch: Watch, look: Callable[[], Snapshot], log: TaskLog, pause: Callable[[float], None]) -> Ended:
    """Look until the wait has ended.

    :param pause: waits so many seconds; may raise to give up the wait.
    """
    while True:
        watch, verdict = look_once(watch, look, log)
        if isinstance(verdict, Ended):
            return verdict
        pause(verdict.seconds)


async def wait_async(watch: Watch, look: Callable[[], Awaitable[Snapshot]], log: TaskLog) -> Ended:
    """Look until the wait has ended; the first look comes after a random part of the first delay.

    A triggerer that restarts begins all its waits in one instant; spread out, they do not meet again.
    """
    elapsed = (utc_now() - watch.handle.submitted_at).total_seconds()
    verdict: Verdict = LookAgain(random.random() * watch.schedule.delay(elapsed=elapsed, jitter=0.5))
    while isinstance(verdict, LookAgain):
        await asyncio.sleep(verdict.seconds)
        try:
            seen: Snapshot | RequestError = await look()
        except RequestError as e:
            seen = e
        watch, verdict = _judged(watch, seen, log)
    return verdict


def _judged(watch: Watch, seen: Snapshot | RequestError, log: TaskLog) -> tuple[Watch, Verdict]:
    watch, verdict = watch.after(seen, now=utc_now(), jitter=random.random())
    for line in verdict.lines:
        _write(log, line)
    return watch, verdict


def _write(log: TaskLog, line: LogLine) -> None:
    log.log(line.level, "%s", line.text)
