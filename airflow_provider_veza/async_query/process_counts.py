"""What happened in this process, as sums that cost next to nothing; :mod:`airflow_provider_veza.hooks.metrics` reports them."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST_DELAYS = 1_000
"""Kept between two reports; the mean of more says no more."""


@dataclass
class Counts:
    """Plain sums; each look, repeated request and pause adds to one.

    :param answered: looks that showed how a query stands.
    :param failed: looks that did not.
    :param retries: requests that were sent again.
    :param throttled_seconds: that requests waited for their turn.
    :param waiting: queries that this process waits for now.
    :param delays: seconds between the look that showed a query's end and the one before, for each query that ended.
    """

    answered: int = 0
    failed: int = 0
    retries: int = 0
    throttled_seconds: float = 0.0
    waiting: int = 0
    delays: list[float] = field(default_factory=list)

    def noticed_after(self, seconds: float) -> None:
        """Count the end of a query that was noticed so long after the last look that did not show it, at most."""
        if len(self.delays) < MOST_DELAYS:
            self.delays.append(seconds)

    @property
    def has_news(self) -> bool:
        """Whether anything was counted since the last time."""
        return bool(self.answered or self.failed or self.retries or self.throttled_seconds or self.delays)

    def taken(self) -> Counts:
        """Return what came since the last time, and begin anew; what is waited for stays."""
        taken = Counts(self.answered, self.failed, self.retries, self.throttled_seconds, self.waiting, self.delays)
        self.answered = self.failed = self.retries = 0
        self.throttled_seconds, self.delays = 0.0, []
        return taken


COUNTS = Counts()
"""Of this process."""
