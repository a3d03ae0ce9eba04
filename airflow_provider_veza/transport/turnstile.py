"""Lets threads and event loops wait for their turn at one tenant; thin, the process's clock and locks included.

Who goes next, and when, is decided in :mod:`.pacing`.
"""

from __future__ import annotations

import asyncio
import logging
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from airflow_provider_veza.transport.load import Load, Overload
from airflow_provider_veza.transport.origin import Origin
from airflow_provider_veza.transport.pacing import Place, WaitingLine
from airflow_provider_veza.transport.pauses import BackOff, Pauses

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Waiting:
    """A request in line.

    :param since: when it joined, in monotonic seconds; one that is repeated joins again.
    """

    wake: Callable[[], None]
    since: float


class Turnstile:
    """The line before one tenant, for all threads and event loops of this process.

    Leaving it, by cancellation or because time is over, takes nothing from those that stay.
    """

    def __init__(self, tenant: str = "") -> None:
        self._tenant = tenant
        self._line = WaitingLine()
        self._back_off = BackOff()
        self._pauses = Pauses()
        self._load = Load()
        self._waiting: dict[int, _Waiting] = {}
        self._timers: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.TimerHandle] = WeakKeyDictionary()
        # Reentrant: Airflow calls on_kill from a signal handler, which may interrupt the holder in its own thread.
        self._lock = threading.RLock()

    def start(self, place: Place) -> bool:
        """Let a request go out now, if it need not wait; return whether it may."""
        with self._lock:
            may_go = self._line.start(place, place.since)
            overload = self._load.went(place, place.since, 0.0) if may_go else None
        if overload is not None:
            self._tell(overload, place)
        return may_go

    def wait(self, place: Place, until: float) -> None:
        """Block until it is a request's turn, or until a monotonic time; a repeated request keeps its place."""
        released = threading.Event()
        ticket = self._join(place, released.set)
        try:
            while (now := time.monotonic()) < until:
                next_at = self._release(now)
                if released.is_set():
                    return
                # Bounded, since a turn may come sooner than it looked: whoever stood before may leave.
                released.wait(min(max(min(next_at, until) - now, 0.001), threading.TIMEOUT_MAX))
        finally:
            self._leave(ticket)

    async def wait_async(self, place: Place, until: float) -> None:
        """Wait for a request's turn on the running loop; the twin of :meth:`wait`."""
        loop = asyncio.get_running_loop()
        released: asyncio.Future[None] = loop.create_future()
        ticket = self._join(place, lambda: _wake(loop, released))
        try:
            self._arm(loop)
            with suppress(TimeoutError):
                async with asyncio.timeout_at(None if until == float("inf") else until):
                    await released
        finally:
            self._leave(ticket)

    def failed(self, *, sent: float, retry_after: float | None) -> None:
        """Let all who ask this tenant pause, after it has answered 429 or 5xx.

        :param sent: when the request was sent, in monotonic seconds.
        :param retry_after: seconds that the tenant asked for.
        """
        now, jitter = time.monotonic(), random.random()
        with self._lock:
            self._back_off = self._back_off.failed(sent=sent, now=now, retry_after=retry_after, jitter=jitter)
            self._line.hold(self._back_off.until)
            pause, failures = self._pauses.began(self._back_off.until, now), self._back_off.failures
        if pause is not None:
            self._tell_of_pause(pause, failures)

    def answered(self, *, sent: float) -> None:
        """Note a good answer."""
        if self._back_off.failures:
            with self._lock:
                self._back_off = self._back_off.answered(sent=sent)

    def _join(self, place: Place, wake: Callable[[], None]) -> int:
        with self._lock:
            ticket = self._line.join(place)
            self._waiting[ticket] = _Waiting(wake, time.monotonic())
        return ticket

    def _leave(self, ticket: int) -> None:
        with self._lock:
            self._line.leave(ticket)
            self._waiting.pop(ticket, None)

    def _release(self, now: float) -> float:
        """Wake all whose turn it is; return when somebody may go next."""
        told: list[tuple[Overload, Place]] = []
        with self._lock:
            for ticket, place in self._line.release(now):
                waiting = self._waiting.pop(ticket, None)
                if waiting is not None:
                    waiting.wake()
                waited = 0.0 if waiting is None else self._line.waited(waiting.since, now)
                if (overload := self._load.went(place, now, waited)) is not None:
                    told.append((overload, place))
            next_at = self._line.next_at(now)
        for overload, place in told:
            self._tell(overload, place)
        return next_at

    def _arm(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let one timer of the loop go off when somebody may go next."""
        with self._lock:
            next_at = self._line.next_at(time.monotonic())
        timer = self._timers.get(loop)
        if timer is not None and timer.when() <= next_at:
            return
        if timer is not None:
            timer.cancel()
        self._set_timer(loop, next_at)

    def _set_timer(self, loop: asyncio.AbstractEventLoop, at: float) -> None:
        if at < float("inf"):
            self._timers[loop] = loop.call_at(at, self._timer_went_off, loop)

    def _timer_went_off(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timers.pop(loop, None)
        # A loop's clock may be a little behind.
        self._set_timer(loop, self._release(max(time.monotonic(), loop.time())))

    def _tell(self, overload: Overload, place: Place) -> None:
        _say(
            "More queries wait than the connection's `rate_limit` of %g requests a second allows for: %s. They are noticed "
            "later than they end. Raise `rate_limit` as far as the tenant allows, or let tasks look less often. (%s)",
            place.rate,
            overload,
            self._tenant,
        )

    def _tell_of_pause(self, seconds: float, failures: int) -> None:
        _say(
            "The tenant answers 429 or 5xx (failure %s without a good answer between): all looks and pages of this process pause "
            "for %.0f s. The queries are not affected; cancels go on. (%s)",
            failures,
            seconds,
            self._tenant,
        )


def _say(text: str, *about: object) -> None:
    """Warn in the log of the process: a triggerer would take it for the line of the one task that happens to look now."""
    Context().run(log.warning, text, *about)


def _wake(loop: asyncio.AbstractEventLoop, released: asyncio.Future[None]) -> None:
    def wake() -> None:
        if not released.done():
            released.set_result(None)

    with suppress(RuntimeError):  # A loop that is closed has nobody who waits.
        loop.call_soon_threadsafe(wake)


_turnstiles: dict[Origin, Turnstile] = {}


def turnstile_of(tenant: Origin) -> Turnstile:
    """Return the turnstile that every client of this tenant in this process shares."""
    return _turnstiles.setdefault(tenant, Turnstile(str(tenant)))
