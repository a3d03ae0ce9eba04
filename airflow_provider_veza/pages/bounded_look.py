"""A look at a storage or a service from a web server: only so long, and only so many at once; what it sees may not enter."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from threading import BoundedSemaphore
from typing import TypeVar

from airflow_provider_veza.ownership.bounded import Uninterrupted

T = TypeVar("T")


class NoLook(StrEnum):
    """Why nothing was seen, in a sentence about storages."""

    LATE = "The storage did not answer in time."
    BUSY = "Too many others look at storages now. Load the page again."


class BoundedLooks:
    """Looks of which few are under way at once.

    :param most: what does not answer holds no more threads than these, however often a page is loaded.
    """

    def __init__(self, most: int) -> None:
        self._free = BoundedSemaphore(most)

    def within(self, seconds: float, work: Callable[[], T]) -> T | NoLook:
        """Return what the work returns, or raise what it raises, unless it takes too long or too many are under way."""
        if not self._free.acquire(blocking=False):
            return NoLook.BUSY

        def released() -> T:
            try:
                return work()
            finally:
                self._free.release()

        look = Uninterrupted(released)
        return look.result() if look.is_done_within(seconds) else NoLook.LATE


LOOKS = BoundedLooks(4)
"""At storages, of this process."""
