"""Work for a process that is being killed: in a thread, where no signal breaks in, and waited for only so long; no decisions."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock, Thread, current_thread
from typing import Generic, TypeVar, cast

T = TypeVar("T")

GLANCE_SECONDS = 0.1
"""How often whoever waits looks up: a signal that comes just before it waits is handled only after it."""


class Uninterrupted(Generic[T]):
    """Work that is done once and to its end, whoever asks for it, and whatever is raised into the thread that waits for it.

    Airflow ends a task by a signal, whose handler runs in the main thread and may raise there. It may send several. Whoever
    waits holds no lock, since one that is held when the handler raises may stay held: hence a queue, which is made for that.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._claim = Lock()
        self._worker: Thread | None = None
        self._is_done = False
        self._ended: SimpleQueue[None] = SimpleQueue()
        self._result: T | None = None
        self._error: BaseException | None = None

    @property
    def is_mine(self) -> bool:
        """Whether the thread that asks is the one that does the work."""
        return self._worker is current_thread()

    def result(self, timeout: float | None = None) -> T:
        """Begin the work, unless it has begun, and return what it returns, or raise what it raises.

        :param timeout: seconds to wait; the work goes on afterwards, as long as the process lives.
        :raises TimeoutError: when it has not ended by then.
        """
        if not self.is_done_within(timeout):
            raise TimeoutError(f"not ended within {timeout:g} s")
        if self._error is not None:
            raise self._error
        return cast("T", self._result)

    def is_done_within(self, seconds: float | None) -> bool:
        """Begin the work, unless it has begun, and say whether it has ended in time, by a result or by an error."""
        self.begin()
        end = None if seconds is None else time.monotonic() + seconds
        while not self._is_done and (end is None or time.monotonic() < end):
            self._glance()
        return self._is_done

    def begin(self) -> None:
        """Begin the work, unless it has begun."""
        if not self._claim.locked():
            Thread(target=self._run, daemon=True).start()

    def wait_out(self, seconds: float) -> BaseException | None:
        """Wait that long at most, even where this thread is interrupted again and again.

        :return: what the work has raised; a TimeoutError where it has not ended.
        """
        end = time.monotonic() + seconds
        while not self._is_done and time.monotonic() < end:
            with suppress(BaseException):
                self._glance()
        return self._error if self._is_done else TimeoutError(f"not ended within {seconds:g} s")

    def _glance(self) -> None:
        """Wait a moment for the end, which is there for all who wait."""
        with suppress(Empty):
            self._ended.get(timeout=GLANCE_SECONDS)
            self._ended.put(None)

    def _run(self) -> None:
        if not self._claim.acquire(blocking=False):
            return
        self._worker = current_thread()
        try:
            self._result = self._work()
        except BaseException as e:
            self._error = e
        self._is_done = True
        self._ended.put(None)


def result_of(work: Callable[[], T], *, meanwhile: Callable[[], object], every: float) -> T:
    """Do what may take long in a thread, and return its result; look up every so many seconds.

    :param meanwhile: may raise to give up the wait; the work then goes on to its end, and nobody hears of it.
    """
    under_way = Uninterrupted(work)
    while not under_way.is_done_within(every):
        meanwhile()
    return under_way.result()


def finished_within(seconds: float, work: Callable[[], object]) -> bool:
    """Do the work and say whether it ended in time; if not, it goes on as long as the process lives."""
    return Uninterrupted(work).is_done_within(seconds)
