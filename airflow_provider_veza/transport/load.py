"""Whether more looks at one tenant are wanted than its rate allows, window by window; pure decisions on given times."""

from __future__ import annotations

import math
from dataclasses import dataclass

from airflow_provider_veza.transport.pacing import Lane, Place


@dataclass(frozen=True)
class Overload:
    """More looks were wanted than the rate allows, over one window.

    :param waiting: queries that waited, about.
    :param wanted: looks a second by their own schedules.
    :param looks: looks a second that they got.
    """

    waiting: float
    wanted: float
    looks: float

    def __str__(self) -> str:
        return (
            f"about {self.waiting:.0f} queries ask for {self.wanted:.1f} looks a second by their schedules and get "
            f"{self.looks:.1f}, so that each is looked at every {self.waiting / self.looks:.0f} s on average"
        )


class Load:
    """How many looks are wanted and how many there are, window by window.

    A caller that would look every ``e`` seconds and waited ``w`` for its turn wanted ``(e + w) / e`` looks in that time, and by
    Little's law the times ``e + w`` of all turns of a second add up to the number of callers. What a look loses otherwise, to
    a pause after refusals or to an attempt that was not answered, no other rate would give back.
    """

    WINDOW_SECONDS = 60.0
    REPEAT_SECONDS = 600.0
    TOLERANCE = 1.2

    def __init__(self) -> None:
        self._began = -math.inf
        self._told = -math.inf
        self._looks = 0
        self._wanted = 0.0
        self._cycles = 0.0

    def went(self, place: Place, now: float, waited: float) -> Overload | None:
        """Count a look that goes out now; return what to tell, at the end of a window and not too often.

        :param waited: seconds for which the rate alone has held it up, see :meth:`.pacing.WaitingLine.waited`.
        """
        if place.lane is not Lane.LOOKS or not place.every:
            return None
        if now - self._began >= self.WINDOW_SECONDS:
            seen = self._seen(now)
            self._began, self._looks, self._wanted, self._cycles = now, 0, 0.0, 0.0
        else:
            seen = None
        cycle = place.every + waited
        self._looks += 1
        self._wanted += cycle / place.every
        self._cycles += cycle
        return seen

    def _seen(self, now: float) -> Overload | None:
        seconds = now - self._began
        if self._wanted <= self.TOLERANCE * self._looks or now - self._told < self.REPEAT_SECONDS:
            return None
        self._told = now
        return Overload(self._cycles / seconds, self._wanted / seconds, self._looks / seconds)
