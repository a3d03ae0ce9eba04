"""How long all that ask one tenant pause after its refusals, and which pauses are told of; pure decisions on given times."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

FIRST_PAUSE = 0.6
LONGEST_PAUSE = 30.0
MOST_FAILURES = 10
LONGEST_RETRY_AFTER = 120.0
"""A tenant that asks for more is asked again after so many seconds: it may have meant one request only."""


@dataclass(frozen=True)
class BackOff:
    """The pause that all who ask one tenant make together after it has refused or failed.

    :param since: when it began; what was sent before knew nothing of it.
    :param failures: pauses without a good answer between them.
    """

    until: float = -math.inf
    since: float = -math.inf
    failures: int = 0

    def failed(self, *, sent: float, now: float, retry_after: float | None, jitter: float) -> BackOff:
        """Return the pause after an answer 429 or 5xx.

        :param retry_after: seconds that the tenant asked for. None at all, as of a date that its clock or ours has passed, are
            no leave to go on asking at the full rate.
        :param jitter: random in [0, 1).
        """
        seconds = min(FIRST_PAUSE * 2.0**self.failures, LONGEST_PAUSE) * (1.0 + jitter) / 2.0
        if retry_after:
            seconds = min(retry_after, LONGEST_RETRY_AFTER)
        elif sent < self.since:
            return self
        until = max(self.until, now + seconds)
        return (
            replace(self, until=until)
            if sent < self.since
            else BackOff(until, now, min(self.failures + 1, MOST_FAILURES))
        )

    def answered(self, *, sent: float) -> BackOff:
        """Return the pause after a good answer: what follows fails, if it does, for the first time."""
        return self if sent < self.since else replace(self, failures=0)


class Pauses:
    """Which pauses are told of: long ones, now and then; while all pause, no trigger has anything else to say."""

    SHORTEST_SECONDS = 5.0
    REPEAT_SECONDS = 600.0

    def __init__(self) -> None:
        self._told = -math.inf

    def began(self, until: float, now: float) -> float | None:
        """Return for how many seconds all pause, if that is to be told."""
        if until - now < self.SHORTEST_SECONDS or now - self._told < self.REPEAT_SECONDS:
            return None
        self._told = now
        return until - now
