"""Who of all that ask one tenant goes next, and when: buckets, and the line of those that wait.

Pure decisions on given times. How threads and event loops wait by them is in :mod:`.turnstile`, how long all pause after
refusals in :mod:`.pauses`, and whether more is wanted than the rate allows in :mod:`.load`.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from heapq import heappop, heappush, heapreplace
from itertools import count

from airflow_provider_veza.async_query.message import Purpose

BURST_SECONDS = 0.25
USUAL_EVERY = 1.0
"""Seconds between two requests of a caller that does not say."""


class Turn(Enum):
    """When a request may go out, while others wait for their turn."""

    IN_LINE = "in line"
    """With those of its kind."""
    AT_ONCE = "at once"
    """As a cancel, which has little time."""


class Lane(Enum):
    """Requests that wait for each other. Looks and pages share the rate, half each while both wait; cancels have their own."""

    LOOKS = "looks"
    PAGES = "pages"
    CANCELS = "cancels"

    @classmethod
    def of(cls, purpose: Purpose, turn: Turn) -> Lane:
        """Return where a request waits."""
        if turn is Turn.AT_ONCE or purpose is Purpose.CANCEL:
            return cls.CANCELS
        return cls.PAGES if purpose is Purpose.PAGE else cls.LOOKS


def burst(rate: float) -> float:
    """Return how many requests may go out together after a quiet time."""
    return max(1.0, rate * BURST_SECONDS)


@dataclass(frozen=True)
class Pace:
    """The generic cell rate algorithm: each request books ``1 / rate`` seconds of a line that empties with time.

    In any window of ``w`` seconds no more than ``rate * w + burst(rate)`` requests start.

    :param free_at: when all that is booked will be over, in monotonic seconds.

    >>> Pace().booked(100.0, rate=4.0).opens_at(rate=4.0)
    100.25
    """

    free_at: float = 0.0

    def booked(self, now: float, rate: float) -> Pace:
        """Return the pace after one more request."""
        return Pace(max(self.free_at, now) + 1.0 / rate)

    def opens_at(self, rate: float) -> float:
        """Return from when on the next request may start."""
        return self.free_at - (burst(rate) - 1.0) / rate


@dataclass(frozen=True)
class Place:
    """A request's place in line; one that is repeated keeps it. All times are monotonic seconds.

    :param since: when it first asked.
    :param every: seconds between two requests of its caller, by which its wait is measured; None where nobody knows.
    :param rate: requests a second that its connection allows.
    :param latest: from when on it waits no longer, whatever the pace; for a cancel, whose query would run on.
    """

    lane: Lane
    since: float
    rate: float
    every: float | None = None
    latest: float = math.inf

    @property
    def in_line(self) -> bool:
        """Whether it waits behind others of its kind, as a cancel cannot."""
        return self.lane is not Lane.CANCELS

    def overdue(self, now: float) -> float:
        """Return how long it waits, measured by its caller's own schedule."""
        return (now - self.since) / (self.every or USUAL_EVERY)


class Queue:
    """Places in the order of their times, from which any can leave."""

    def __init__(self) -> None:
        self._places: dict[int, Place] = {}
        self._order: list[tuple[float, int]] = []

    def __len__(self) -> int:
        return len(self._places)

    def add(self, ticket: int, place: Place) -> None:
        """Add a place."""
        self._places[ticket] = place
        heappush(self._order, (place.since, ticket))

    def remove(self, ticket: int) -> None:
        """Take a place out, if it is there."""
        self._places.pop(ticket, None)

    def first(self) -> tuple[int, Place] | None:
        """Return the oldest place and its ticket."""
        while self._order:
            ticket = self._order[0][1]
            if ticket in self._places:
                return ticket, self._places[ticket]
            heappop(self._order)
        return None


class Looks:
    """Waiting looks: the most overdue for its own schedule goes next, and none waits for more than twice its fair share of turns.

    The fair share of a look is one turn for each query that waits when it comes, in line or between two of its looks. From that
    follows its last turn. While there is a turn to spare before everybody's last one, the most overdue look gets it; else the
    oldest does. Turns are counted, not seconds, so it holds whatever the rate, beside pages and after a pause.
    """

    STEP = 1.25
    """Callers whose intervals differ by no more than this factor count as equal: of those, the oldest is the most overdue one."""
    MOST_SHARES = 2
    SOONEST_RETURN = 0.8
    """The part of its interval after which a caller may be in line again, by the jitter; so that none is counted twice."""

    def __init__(self) -> None:
        self._queues: dict[int, Queue] = {}
        """By interval: those that count as equal wait in one."""
        self._line: list[int] = []
        """Tickets, the oldest first."""
        self._places: dict[int, tuple[Place, int]] = {}
        """By ticket; with the last turn that each must get."""
        self._spare_until: list[tuple[int, int]] = []
        """A heap of turns and tickets: before that turn, one can be given to others."""
        self._newest_last = 0
        """The last turn of whoever came last, which nobody's after it may precede."""
        self._turns = 0
        """So many were given."""
        self._away: list[float] = []
        """A heap of times: when those that are between two looks may come back."""

    def __len__(self) -> int:
        return len(self._line)

    def add(self, ticket: int, place: Place) -> None:
        """Add a place; tickets ascend."""
        self._line.append(ticket)
        self._newest_last = max(self._newest_last, self._turns + self.MOST_SHARES * self.waiting(place.since))
        self._places[ticket] = place, self._newest_last
        heappush(self._spare_until, (self._newest_last - len(self._line), ticket))
        self._queues.setdefault(_rank(place), Queue()).add(ticket, place)

    def remove(self, ticket: int) -> None:
        """Take a place out, if it is there."""
        if ticket in self._places:
            place, _ = self._places.pop(ticket)
            self._queues[_rank(place)].remove(ticket)
            del self._line[bisect_left(self._line, ticket)]

    def next(self, now: float) -> tuple[int, Place] | None:
        """Return who goes next and its ticket."""
        if not self._line:
            return None
        if not self._has_turn_to_spare():
            return self._line[0], self._places[self._line[0]][0]
        firsts = filter(None, (queue.first() for queue in self._queues.values()))
        return max(firsts, key=lambda first: first[1].overdue(now))

    def went(self, ticket: int, place: Place, now: float) -> None:
        """Let one that stood in line go."""
        self.remove(ticket)
        self._turns += 1
        self.went_at_once(place, now)

    def went_at_once(self, place: Place, now: float) -> None:
        """Note that a look goes, whose caller will come back."""
        self._forget_returned(now)
        heappush(self._away, now + (place.every or USUAL_EVERY) * self.SOONEST_RETURN)

    def waiting(self, now: float) -> int:
        """Return how many queries wait, or a few less: in line, or between two looks."""
        self._forget_returned(now)
        return len(self._line) + len(self._away)

    def _forget_returned(self, now: float) -> None:
        while self._away and self._away[0] <= now:
            heappop(self._away)

    def _has_turn_to_spare(self) -> bool:
        """Whether all still get their last turn or an earlier one, if the next goes to anybody.

        What was reckoned for a look stays a safe bound, since nobody comes to stand before it: it is reckoned anew only when
        it is reached.
        """
        while self._spare_until and self._spare_until[0][0] <= self._turns:
            ticket = self._spare_until[0][1]
            if ticket not in self._places:
                heappop(self._spare_until)
                continue
            until = self._places[ticket][1] - bisect_right(self._line, ticket)
            if until <= self._turns:
                return False
            heapreplace(self._spare_until, (until, ticket))
        return True


def _rank(place: Place) -> int:
    return round(math.log(max(place.every or USUAL_EVERY, 0.001), Looks.STEP))


class WaitingLine:
    """All that wait for one tenant. It changes by what it is told and reads no clock."""

    def __init__(self) -> None:
        self._pace = Pace()
        self._cancel_pace = Pace()
        self._looks = Looks()
        self._pages = Queue()
        self._cancels = Queue()
        self._look_is_next = True
        self._tickets = count()
        self._held_until = -math.inf

    def __len__(self) -> int:
        return len(self._looks) + len(self._pages) + len(self._cancels)

    def start(self, place: Place, now: float) -> bool:
        """Let a request go out now, if it need not wait; return whether it may."""
        if place.lane is Lane.CANCELS:
            if self._cancels or self._cancel_pace.opens_at(place.rate) > now:
                return False
            self._cancel_pace = self._cancel_pace.booked(now, place.rate)
            return True
        if self._looks or self._pages or max(self._held_until, self._pace.opens_at(place.rate)) > now:
            return False
        self._pace = self._pace.booked(now, place.rate)
        if place.lane is Lane.LOOKS:
            self._looks.went_at_once(place, now)
        return True

    def join(self, place: Place) -> int:
        """Let a request wait; return the ticket by which it is released or leaves."""
        ticket = next(self._tickets)
        self._queue(place.lane).add(ticket, place)
        return ticket

    def leave(self, ticket: int) -> None:
        """Forget a request that waits no more; that nobody else waits for."""
        for queue in (self._looks, self._pages, self._cancels):
            queue.remove(ticket)

    def hold(self, until: float) -> None:
        """Let no look and no page go out until then."""
        self._held_until = max(self._held_until, until)

    def waited(self, since: float, now: float) -> float:
        """Return how long the rate alone has kept waiting what joined then, without the last pause that all made."""
        return max(now - max(since, self._held_until), 0.0)

    def release(self, now: float) -> Iterator[tuple[int, Place]]:
        """Take out all that may go now, in their order."""
        while (first := self._cancels.first()) and self._cancel_opens_at(first[1]) <= now:
            self._cancel_pace = self._cancel_pace.booked(now, first[1].rate)
            self._cancels.remove(first[0])
            yield first
        while (following := self._next(now)) and self._opens_at(following[1]) <= now:
            self._pace = self._pace.booked(now, following[1].rate)
            self._take_out(*following, now)
            yield following

    def next_at(self, now: float) -> float:
        """Return when somebody may go next; infinite where nobody waits."""
        first, following = self._cancels.first(), self._next(now)
        return min(
            self._cancel_opens_at(first[1]) if first else math.inf,
            self._opens_at(following[1]) if following else math.inf,
        )

    def _next(self, now: float) -> tuple[int, Place] | None:
        look, page = self._looks.next(now), self._pages.first()
        return (look or page) if self._look_is_next else (page or look)

    def _take_out(self, ticket: int, place: Place, now: float) -> None:
        self._look_is_next = place.lane is not Lane.LOOKS
        if place.lane is Lane.LOOKS:
            self._looks.went(ticket, place, now)
        else:
            self._pages.remove(ticket)

    def _queue(self, lane: Lane) -> Looks | Queue:
        queues: dict[Lane, Looks | Queue] = {
            Lane.LOOKS: self._looks,
            Lane.PAGES: self._pages,
            Lane.CANCELS: self._cancels,
        }
        return queues[lane]

    def _opens_at(self, place: Place) -> float:
        return max(self._held_until, self._pace.opens_at(place.rate))

    def _cancel_opens_at(self, place: Place) -> float:
        return min(self._cancel_pace.opens_at(place.rate), place.latest)
