"""How fast this process may ask one tenant: the pure pace, and the one pace per tenant that all its clients share."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import Enum

from airflow_provider_veza.transport.origin import Origin

BURST_SECONDS = 0.25


class Turn(Enum):
    """When a request may go out, while others wait for their turn."""

    IN_LINE = "in line"
    """After those that came before."""
    AT_ONCE = "at once"
    """Before all that wait, who then wait longer: for a cancel, which has little time."""


def burst(rate: float) -> float:
    """Return how many requests may go out together after a quiet time."""
    return max(1.0, rate * BURST_SECONDS)


@dataclass(frozen=True)
class Pace:
    """The generic cell rate algorithm: each request books ``1 / rate`` seconds of a line that empties with time.

    In any window of ``w`` seconds no more than ``rate * w + burst(rate)`` requests start.

    :param free_at: when all that is booked will be over, in monotonic seconds.

    >>> pace, wait = Pace().reserve(100.0, rate=4.0)
    >>> wait
    0.0
    >>> pace.reserve(100.0, rate=4.0)[1]
    0.25
    """

    free_at: float = 0.0

    def reserve(self, now: float, *, rate: float) -> tuple[Pace, float]:
        """Book one request; return the pace after it and the seconds that it must wait."""
        tolerance = (burst(rate) - 1.0) / rate
        return Pace(max(self.free_at, now) + 1.0 / rate), max(self.free_at - tolerance - now, 0.0)


class TenantPace:
    """The pace of one tenant, for all threads and event loops of this process."""

    def __init__(self) -> None:
        self._pace = Pace()
        # Reentrant: Airflow calls on_kill from a signal handler, which may interrupt the holder in its own thread.
        self._lock = threading.RLock()

    def start(self, now: float, *, rate: float, turn: Turn) -> bool:
        """Book one request if it may go out now; return whether it may."""
        with self._lock:
            pace, wait = self._pace.reserve(now, rate=rate)
            if wait > 0 and turn is Turn.IN_LINE:
                return False
            self._pace = pace
        return True

    def reserve(self, now: float, *, rate: float, turn: Turn) -> float:
        """Book one request and return the seconds that it must wait."""
        with self._lock:
            self._pace, wait = self._pace.reserve(now, rate=rate)
        return wait if turn is Turn.IN_LINE else 0.0


_paces: dict[Origin, TenantPace] = {}


def tenant_pace(tenant: Origin) -> TenantPace:
    """Return the pace that every client of this tenant in this process shares."""
    return _paces.setdefault(tenant, TenantPace())
