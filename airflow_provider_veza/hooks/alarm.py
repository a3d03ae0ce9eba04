"""Wakes the waiting tasks of an event loop at their moments and leaves nothing behind; no decisions.

With :func:`asyncio.sleep` each pause makes half a dozen objects that live until it is over. Thousands of pauses that last for
seconds let Python's collector walk through the whole heap again and again, and stop the loop each time. Here a task waits by
the same object all its life, and all tasks of a loop share one timer.
"""

from __future__ import annotations

import asyncio
import heapq
import math
from collections.abc import Callable, Generator
from contextvars import Context
from typing import Any, cast
from weakref import WeakKeyDictionary


class Alarm:
    """What one task awaits, again and again; a future-like object, as :func:`asyncio.isfuture` calls it.

    >>> async def twice(alarm: Alarm, loop: asyncio.AbstractEventLoop) -> None:
    ...     await alarm.at(loop.time() + 1.0)
    ...     await alarm.at(loop.time() + 1.0)

    :param loop: of the task.
    """

    __slots__ = ("_asyncio_future_blocking", "_canceled", "_clock", "_context", "_loop", "_moment", "_wake")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._asyncio_future_blocking = False
        self._loop = loop
        self._clock = _clock_of(loop)
        self._moment = math.nan
        self._canceled: tuple[Any, ...] | None = None
        self._wake: Callable[[Alarm], object] | None = None
        self._context: Context | None = None

    def at(self, moment: float) -> Alarm:
        """Set it to a moment of the loop's clock; to be awaited at once."""
        self._moment, self._canceled = moment, None
        return self

    def __await__(self) -> Generator[Any, None, None]:
        self._clock.set(self, self._moment, self._loop)
        self._asyncio_future_blocking = True
        return cast("Generator[Any, None, None]", self)  # Python itself asks for an iterator only.

    def __iter__(self) -> Alarm:
        return self

    def __next__(self) -> Alarm:
        """Tell the task to wait, and when it goes on, that the wait is over."""
        if self._asyncio_future_blocking:
            return self
        raise StopIteration

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop of its task."""
        return self._loop

    def add_done_callback(self, wake: Callable[[Alarm], object], *, context: Context | None = None) -> None:
        """Note how the task is woken up."""
        self._wake, self._context = wake, context

    def cancel(self, msg: Any | None = None) -> bool:
        """End the wait with :class:`asyncio.CancelledError`, unless it is over.

        :param msg: goes into that error; by it Airflow tells a trigger's kill from its triggerer's end.
        """
        if self._wake is None:
            return False
        self._canceled = () if msg is None else (msg,)
        self._clock.forget(self, self._moment)
        self.ring()
        return True

    def result(self) -> None:
        """Return to the task that was woken up how the wait ended."""
        if self._canceled is not None:
            raise asyncio.CancelledError(*self._canceled)

    def ring(self) -> None:
        """Wake the task up."""
        if self._wake is not None:
            self._loop.call_soon(self._wake, self, context=self._context)
            self._wake = self._context = None


class _Clock:
    """The alarms of one loop. It holds no reference to its loop, which it would keep in memory."""

    def __init__(self) -> None:
        self._alarms: dict[float, list[Alarm]] = {}
        self._moments: list[float] = []
        self._timer_at = math.inf

    def set(self, alarm: Alarm, moment: float, loop: asyncio.AbstractEventLoop) -> None:
        together = self._alarms.get(moment)
        if together is not None:
            together.append(alarm)
            return
        self._alarms[moment] = [alarm]
        heapq.heappush(self._moments, moment)
        if moment < self._timer_at:
            self._set_timer(moment, loop)

    def forget(self, alarm: Alarm, moment: float) -> None:
        together = self._alarms.get(moment, [])
        if alarm in together:
            together.remove(alarm)

    def _set_timer(self, moment: float, loop: asyncio.AbstractEventLoop) -> None:
        self._timer_at = moment
        loop.call_at(moment, self._timer_went_off, moment, loop)

    def _timer_went_off(self, moment: float, loop: asyncio.AbstractEventLoop) -> None:
        now = max(moment, loop.time())
        while self._moments and self._moments[0] <= now:
            for alarm in self._alarms.pop(heapq.heappop(self._moments)):
                alarm.ring()
        if self._timer_at <= now:
            self._timer_at = math.inf
            if self._moments:
                self._set_timer(self._moments[0], loop)


_CLOCKS: WeakKeyDictionary[asyncio.AbstractEventLoop, _Clock] = WeakKeyDictionary()


def _clock_of(loop: asyncio.AbstractEventLoop) -> _Clock:
    clock = _CLOCKS.get(loop)
    if clock is None:
        clock = _CLOCKS[loop] = _Clock()
    return clock
