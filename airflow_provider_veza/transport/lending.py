"""How many connections the requests of one client need, and which request has the next one; pure decisions on given times.

How an event loop waits by them is in :mod:`.sparing_aiohttp`. When a request may go out at all is decided in :mod:`.pacing`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import count

FEWEST = 50
"""Connections that may be used at once, however little there is to send: over TLS they take 5 to 15 MiB together."""
LEFT_TO_OTHERS = 4
"""Connections that looks and pages do not use, of all that there may be."""
HEADROOM = 1.65
"""Times the connections that are needed on average, so that what is overdue is soon made up for."""
MEMORY_SECONDS = 3.0
"""Longer than most stops of an event loop, so that the requests of a stop and the quiet before them are seen as one."""
MOST_AT_ONCE = 2.0
"""Times the mean that one request counts at most: a loop that stops makes every answer late that is on its way."""


class Traffic:
    """How many requests a second want a connection and how long each keeps it, both over the last seconds."""

    def __init__(self) -> None:
        self._at = -math.inf
        self._wanted = self._kept = self._kept_seconds = 0.0

    def want(self, now: float) -> None:
        """Count a request; what came before counts less and less."""
        left = math.exp((self._at - now) / MEMORY_SECONDS)
        self._at = now
        self._wanted = self._wanted * left + 1.0
        self._kept *= left
        self._kept_seconds *= left

    def keep(self, seconds: float) -> None:
        """Count a request that has had its answer."""
        if self._kept:
            seconds = min(seconds, MOST_AT_ONCE * self._kept_seconds / self._kept)
        self._kept += 1.0
        self._kept_seconds += seconds

    @property
    def needed(self) -> float:
        """The connections that are used at once on average, by Little's law."""
        if not self._kept:
            return 0.0
        return self._wanted / MEMORY_SECONDS * self._kept_seconds / self._kept


class Lending:
    """The connections of one client, lent to its looks and pages; all times are monotonic seconds.

    When more is to be sent than usual, because the loop stood still or much began together, requests wait for a connection that
    comes back instead of opening one each, which then would stay. The first that asked has the first one.

    :param most: connections that there may be at all. A few are left to what cannot wait, such as a cancel.
    """

    def __init__(self, most: int) -> None:
        self._most = most - min(LEFT_TO_OTHERS, most // 2)
        self._fewest = min(FEWEST, self._most)
        self._traffic = Traffic()
        self._lent = 0
        self._waiting: dict[int, None] = {}
        self._tickets = count()

    def start(self, now: float) -> bool:
        """Lend a connection to a request that asks now, if it need not wait; return whether it has one."""
        self._traffic.want(now)
        if self._waiting or (self._lent >= self._fewest and self._lent >= self._allowed):
            return False
        self._lent += 1
        return True

    def join(self) -> int:
        """Let a request wait that was not lent one; return its ticket."""
        ticket = next(self._tickets)
        self._waiting[ticket] = None
        return ticket

    def release(self) -> Iterator[int]:
        """Lend to all whose turn it is; yield their tickets."""
        while self._waiting and self._lent < self._allowed:
            ticket = next(iter(self._waiting))
            del self._waiting[ticket]
            self._lent += 1
            yield ticket

    def insist(self, ticket: int) -> bool:
        """Lend to a request that has waited long enough, if there may be one more connection; return whether it has one."""
        if ticket in self._waiting and self._lent < self._most:
            del self._waiting[ticket]
            self._lent += 1
        return ticket not in self._waiting

    def leave(self, ticket: int) -> None:
        """Forget a request that wants none any more; one that was lent to it meanwhile is back."""
        if ticket in self._waiting:
            del self._waiting[ticket]
        else:
            self._lent -= 1

    def come_back(self, kept: float | None) -> None:
        """Take a connection back.

        :param kept: seconds from its opening, or its being lent, to the answer's end; None for one that could not be opened.
        """
        self._lent -= 1
        if kept is not None:
            self._traffic.keep(kept)

    @property
    def _allowed(self) -> float:
        return min(max(HEADROOM * self._traffic.needed, FEWEST), self._most)
