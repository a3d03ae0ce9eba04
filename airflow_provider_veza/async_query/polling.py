"""When to look at a running query again; a function of elapsed time and given randomness, no clock and no sleep.

When one failed request is sent again is in :mod:`.retry`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

JITTER = 0.1
TICK = 0.05
"""Seconds at most between the moments at which the looks of one process go out."""
SHORTEST_TICK = TICK / 64
MOST_TOGETHER = 12.0
"""Looks at a tick: more of them leave so much behind at once that Python's collector takes it for what stays."""


@dataclass(frozen=True)
class PollSchedule:
    """Looks often at a query that is new, and rarely at one that has run for long.

    The delay is the square root of the seconds since the submit, between ``min_interval`` and ``max_interval``, give or
    take 10 %. No schedule that does not know how long queries take can do better by more than a few per cent.

    :param fixed_interval: look every so many seconds instead, with the same jitter.
    :param doubles_from: let the delay double instead, beginning so many seconds after the submit.

    >>> PollSchedule().delay(elapsed=100.0, jitter=0.5)
    10.0
    """

    min_interval: float = 1.0
    max_interval: float = 30.0
    fixed_interval: float | None = None
    doubles_from: float | None = None

    def __post_init__(self) -> None:
        if self.fixed_interval is not None and not self.fixed_interval > 0:
            raise ValueError(f"poll_interval must be positive, not {self.fixed_interval}")
        if not 0 < self.min_interval <= self.max_interval:
            raise ValueError(
                f"min_poll_interval ({self.min_interval}) must be positive and at most "
                f"max_poll_interval ({self.max_interval})"
            )

    def delay(self, *, elapsed: float, jitter: float) -> float:
        """Return the seconds until the next look.

        :param elapsed: seconds since the submit; a clock that runs behind counts as zero.
        :param jitter: random in [0, 1); spreads queries that were submitted together.
        """
        return self._interval(max(elapsed, 0.0)) * (1 + JITTER * (2 * jitter - 1))

    def _interval(self, elapsed: float) -> float:
        if self.fixed_interval is not None:
            return self.fixed_interval
        grown = math.sqrt(elapsed) if self.doubles_from is None else elapsed - self.doubles_from
        return min(max(grown, self.min_interval), self.max_interval)


def on_tick(seconds: float, now: float, waiting: int) -> float:
    """Return the tick that is nearest to a moment which is so many seconds away.

    A few looks that go out together cost the processor less than one by one: the process wakes up once for them, and finds
    its code in the processor's caches. None moves by more than half a tick, either way, and one that is so near that this would
    be more than half of its jitter keeps its moment.

    :param now: seconds of the clock whose ticks all waits of a process share.
    :param waiting: waits of this process; the others are taken to look as often as this one.

    >>> on_tick(5.01, now=100.0, waiting=1000)
    105.0
    """
    tick = TICK
    while tick > SHORTEST_TICK and waiting * tick > MOST_TOGETHER * seconds:
        tick /= 2
    if seconds * JITTER < tick:
        return now + seconds
    return round((now + seconds) / tick) * tick
