"""How many requests a second the tenant still takes; no clock, and no HTTP."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Allowance:
    """What is left of the limit after one request.

    :param remaining: requests that may still come in this second; below zero, this one was too many.
    """

    limit: int
    remaining: int

    @property
    def is_used_up(self) -> bool:
        """Whether the request is refused."""
        return self.remaining < 0

    def headers(self) -> dict[str, str]:
        """Return the headers that tell it; a refusal also says when to come again."""
        told = {"X-RateLimit-Limit": str(self.limit), "X-RateLimit-Remaining": str(max(self.remaining, 0))}
        return {**told, "Retry-After": "1"} if self.is_used_up else told


class RateLimit:
    """Counts the requests of the present second; refused ones count as well."""

    def __init__(self) -> None:
        self._second: datetime | None = None
        self._count = 0
        self._lock = threading.Lock()

    def take(self, now: datetime, limit: int) -> Allowance:
        """Count a request and return what is left of so many a second."""
        second = now.replace(microsecond=0)
        with self._lock:
            self._count = self._count + 1 if second == self._second else 1
            self._second = second
            return Allowance(limit, limit - self._count)
