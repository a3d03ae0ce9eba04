"""The tenant's clock and the timestamps of the wire; nothing else in this room asks the machine for the time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def utc_now() -> datetime:
    """Return the machine's time in UTC."""
    return datetime.now(UTC)


class TenantClock:
    """The machine's time plus an offset that tests advance, so that hours pass without waiting."""

    def __init__(self, now: Callable[[], datetime] = utc_now) -> None:
        self._now = now
        self._offset = timedelta()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the tenant's time in UTC."""
        return self._now() + self._offset

    def advance(self, step: timedelta) -> datetime:
        """Move the tenant's time forward and return the new time."""
        if step < timedelta():
            raise ValueError(f"a tenant's clock only moves forward; asked to advance by {step.total_seconds()} s")
        with self._lock:
            self._offset += step
        return self.now()


def rfc3339(moment: datetime) -> str:
    """Write a UTC time as Veza does: RFC 3339 with nine fraction digits."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}000Z"
