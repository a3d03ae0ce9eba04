"""Work for a process that is being killed: in a thread, where no signal breaks in, and waited for only so long; no decisions."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from threading import Lock, Thread, current_thread
from typing import Generic, TypeVar, cast

T = TypeVar("T")

GLANCE_SECONDS = 0.01


class Uninterrupted(Generic[T]):
    """Work that is done once and to its end, whoever asks for it, and whatever is raised into the thread that waits for it.

    Airflow ends a task by a signal, whose handler runs in the main thread and may raise there. It may send several. Whoever
    waits holds no lock, since one that is held when the handler raises may stay held; and a signal that comes just before a
    long wait is handled only after it.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._claim = Lock()
        self._worker: Thread | None = None
        self._is_done = False
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
        if not self._claim.locked():
            Thread(target=self._run, daemon=True).start()
        end = None if seconds is None else time.monotonic() + seconds
        while not self._is_done and (end is None or time.monotonic() < end):
            time.sleep(GLANCE_SECONDS)
        return self._is_done

    def wait_out(self, seconds: float) -> BaseException | None:
        """Wait that long at most, even where this thread is interrupted again and again.

        :return: what the work has raised; a TimeoutError where it has not ended.
        """
        end = time.monotonic() + seconds
        while not self._is_done and time.monotonic() < end:
            with suppress(BaseException):
                time.sleep(GLANCE_SECONDS)
        return self._error if self._is_done else TimeoutError(f"not ended within {seconds:g} s")

    def _run(self) -> None:
        if not self._claim.acquire(blocking=False):
            return
        self._worker = current_thread()
        try:
            self._result = self._work()
        except BaseException as e:
            self._error = e
        self._is_done = True


def finished_within(seconds: float, work: Callable[[], object]) -> bool:
    """Do the work and say whether it ended in time; if not, it goes on as long as the process lives."""
    return Uninterrupted(work).is_done_within(seconds)
