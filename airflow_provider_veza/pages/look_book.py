"""When each query was last looked at by the pages of this process, and what was seen; what it looks like may not enter."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")

PAUSE_SECONDS = 10.0
"""Between the beginnings of two looks at one query, however many browsers show it."""
KEPT_SECONDS = 60.0
MOST_QUERIES = 1_000


@dataclass(frozen=True)
class Entry(Generic[T]):
    """What is known of the looks at one query.

    :param begun: when the last one began, in monotonic seconds.
    :param seen: what the last one that has ended showed; None where none has.
    """

    begun: float
    is_under_way: bool = True
    seen: T | None = None

    def is_due(self, now: float) -> bool:
        """Whether the query may be looked at again."""
        return not self.is_under_way and now - self.begun >= PAUSE_SECONDS

    def is_of_use(self, now: float) -> bool:
        """Whether it is worth keeping."""
        return self.is_under_way or now - self.begun < KEPT_SECONDS


class LookBook(Generic[T]):
    """Who may look, and what was seen, for all threads.

    :param clock: tells monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._entries: dict[Hashable, Entry[T]] = {}

    def claim(self, query: Hashable) -> bool:
        """Whether the caller is to look now; it then says what it saw, or that it gave up.

        Of many who ask, one looks. So does nobody for a while, where very many queries were asked for.
        """
        with self._lock:
            now, entry = self._clock(), self._entries.get(query)
            if entry is not None and not entry.is_due(now):
                return False
            self._entries = {key: kept for key, kept in self._entries.items() if kept.is_of_use(now)}
            if len(self._entries) >= MOST_QUERIES:
                return False
            self._entries[query] = Entry(now, seen=entry.seen if entry else None)
            return True

    def keep(self, query: Hashable, seen: T) -> T:
        """Note what the caller saw, and return it."""
        with self._lock:
            self._entries[query] = replace(self._entries[query], is_under_way=False, seen=seen)
        return seen

    def give_up(self, query: Hashable) -> None:
        """Note that the caller did not look after all."""
        with self._lock:
            self._entries.pop(query, None)

    def last(self, query: Hashable) -> T | None:
        """Return what was seen last; None where that is nothing, or too long ago."""
        with self._lock:
            entry = self._entries.get(query)
        return entry.seen if entry else None
