"""How long a landing still takes, by how fast its pages have come so far; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from airflow_provider_veza.results.checkpoint import Progress

FIRST_PAGES = 5
"""After so many it is known well enough how fast they come."""
WORTH_SAYING = timedelta(seconds=30)


@dataclass(frozen=True)
class Expectation:
    """What is left to read.

    :param rows_a_second: of all pages since this attempt began to read.
    """

    left: timedelta
    rows_a_second: float


@dataclass(frozen=True)
class StartOfReading:
    """Where an attempt began to read.

    :param since: when its first page was there (UTC); that page does not tell how fast they come.
    :param first: how far the pages had come with it.
    """

    since: datetime
    first: Progress

    def expected(self, read: Progress, now: datetime) -> Expectation | None:
        """Return what is expected once the first pages are read; None before, after, and where nobody counts the rows.

        >>> start = StartOfReading(datetime(2026, 1, 31, 12), Progress(pages=1, rows=100))
        >>> start.expected(Progress(pages=6, rows=600, row_count=100_000), datetime(2026, 1, 31, 12, 0, 1))
        Expectation(left=datetime.timedelta(seconds=198, microseconds=800000), rows_a_second=500.0)
        """
        if read.pages - self.first.pages != FIRST_PAGES or read.row_count is None:
            return None
        seconds, rows = (now - self.since).total_seconds(), read.rows - self.first.rows
        if seconds <= 0 or rows <= 0:
            return None
        left = timedelta(seconds=seconds * (read.row_count - read.rows) / rows)
        return Expectation(left, rows / seconds) if left >= WORTH_SAYING else None
