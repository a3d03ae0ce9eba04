"""The two loops that wait for a query, sync and async.

What each look means is decided in :mod:`airflow_provider_veza.async_query.watch`.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial

from airflow_provider_veza.async_query.progress import LogLine
from airflow_provider_veza.async_query.task_log import TaskLog
from airflow_provider_veza.async_query.vocabulary import Snapshot
from airflow_provider_veza.async_query.watch import Ended, LookAgain, Verdict, Watch
from airflow_provider_veza.exceptions import RequestError

RACE_PAUSE_SECONDS = 1.0


def utc_now() -> datetime:
    """Return the time as deadlines know it."""
    return datetime.now(UTC)


def look_once(watch: Watch, look: Callable[[], Snapshot], log: TaskLog) -> tuple[Watch, Verdict]:
    """Look and judge."""
    return _judged(watch, _seen(look), log)


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


def wait(watch: Watch, look: Callable[[float], Snapshot], log: TaskLog, pause: Callable[[float], None]) -> Ended:
    """Look until the wait has ended.

    :param look: takes the seconds that it may wait on the server.
    :param pause: waits so many seconds; may raise to give up the wait.
    """
    while True:
        began = time.monotonic()
        seen = _seen(partial(look, watch.longest_look(utc_now())))
        watch, verdict = _judged(watch, seen, log, _waited(watch, began))
        if isinstance(verdict, Ended):
            return verdict
        pause(verdict.seconds)


async def wait_async(watch: Watch, look: Callable[[float], Awaitable[Snapshot]], log: TaskLog) -> Ended:
    """Look until the wait has ended; the first look comes after a random part of the first delay.

    :param look: takes the seconds that it may wait on the server.

    A triggerer that restarts begins all its waits at the same moment; the random part spreads them.
    """
    elapsed = (utc_now() - watch.handle.submitted_at).total_seconds()
    verdict: Verdict = LookAgain(random.random() * watch.schedule.delay(elapsed=elapsed, jitter=0.5))
    while isinstance(verdict, LookAgain):
        await asyncio.sleep(verdict.seconds)
        began = time.monotonic()
        try:
            seen: Snapshot | RequestError = await look(watch.longest_look(utc_now()))
        except RequestError as e:
            seen = e
        watch, verdict = _judged(watch, seen, log, _waited(watch, began))
    return verdict


def _seen(look: Callable[[], Snapshot]) -> Snapshot | RequestError:
    try:
        return look()
    except RequestError as e:
        return e


def _waited(watch: Watch, began: float) -> float:
    """Return how long a look waited on the server; one that cannot was only slow."""
    return time.monotonic() - began if watch.traits.long_poll_seconds else 0.0


def _judged(watch: Watch, seen: Snapshot | RequestError, log: TaskLog, took: float = 0.0) -> tuple[Watch, Verdict]:
    watch, verdict = watch.observe(seen, now=utc_now(), jitter=random.random(), took=took)
    for line in verdict.lines:
        _write(log, line)
    return watch, verdict


def _write(log: TaskLog, line: LogLine) -> None:
    log.log(line.level, "%s", line.text)
