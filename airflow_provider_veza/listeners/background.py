"""One daemon thread that works off a bounded queue, so that whoever hands something over never waits; it knows no query."""

from __future__ import annotations

import logging
from collections.abc import Callable
from queue import Full, Queue
from threading import Lock, Thread
from typing import Generic, TypeVar

T = TypeVar("T")

log = logging.getLogger(__name__)

CAPACITY = 1_000


class Background(Generic[T]):
    """Works off what it is handed, one after the other; an error is logged and ends nothing.

    :param work: what is done with each.
    :param name: of the thread.
    """

    def __init__(self, work: Callable[[T], None], name: str, capacity: int = CAPACITY) -> None:
        self._work = work
        self._name = name
        self._waiting: Queue[T] = Queue(capacity)
        self._thread: Thread | None = None
        self._starting = Lock()

    def take(self, item: T) -> bool:
        """Queue something and return at once; False where too much waits already."""
        try:
            self._waiting.put_nowait(item)
        except Full:
            return False
        self._ensure_thread()
        return True

    def join(self) -> None:
        """Wait until all that was handed over has been worked off."""
        self._waiting.join()

    def _ensure_thread(self) -> None:
        # Not before it is needed: a server may fork after this module is imported, and threads do not survive that.
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            item = self._waiting.get()
            try:
                self._work(item)
            except Exception:
                log.exception("%s failed for %s", self._name, item)
            finally:
                self._waiting.task_done()
