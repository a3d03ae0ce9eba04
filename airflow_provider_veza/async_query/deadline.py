"""The point in time after which nobody wants the answer; arithmetic on given times, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from airflow_provider_veza.exceptions import ArgumentError


@dataclass(frozen=True, order=True)
class Deadline:
    """A point in UTC wall-clock time; it survives serialisation, restarts and moves between machines.

    >>> Deadline.after(datetime(2026, 1, 1, tzinfo=UTC), timedelta(hours=1)).remaining(datetime(2026, 1, 1, tzinfo=UTC))
    datetime.timedelta(seconds=3600)
    """

    at: datetime

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError(f"A deadline needs a time zone: {self.at!r}")

    @classmethod
    def after(cls, start: datetime, wait: timedelta) -> Deadline:
        """Return the deadline that lies ``wait`` after ``start``, daylight saving time or not.

        :raises ArgumentError: when no date can say when that is.
        """
        if start.tzinfo is None:
            raise ValueError(f"The start of a wait needs a time zone: {start!r}")
        try:
            return cls(start.astimezone(UTC) + wait)
        except OverflowError:
            raise ArgumentError(f"A wait of {wait} ends after the last date there is; give a shorter one.") from None

    def passed(self, now: datetime) -> bool:
        """Whether ``now`` is at or after the deadline."""
        return now >= self.at

    def remaining(self, now: datetime) -> timedelta:
        """Return the time left; zero once it has passed."""
        return max(self.at - now, timedelta(0))


def utc_from_iso(text: str) -> datetime:
    """Read an ISO 8601 time that names its zone, as UTC.

    :raises ValueError: when it is no such time.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment.astimezone(UTC)
