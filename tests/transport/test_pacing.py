"""Who of all that ask one tenant goes next, and when; on given times only. How threads and loops wait is in test_turnstile.py."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import accumulate, pairwise
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_veza.async_query.message import Purpose
from airflow_provider_veza.transport.pacing import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    LONGEST_RETRY_AFTER,
    BackOff,
    Lane,
    Load,
    Overload,
    Pace,
    Place,
    Turn,
    WaitingLine,
    burst,
)

RATES = st.floats(min_value=0.1, max_value=1000.0)
GAPS = st.lists(st.floats(min_value=0.0, max_value=10.0) | st.just(0.0), min_size=1, max_size=60)
RATE = 20.0
SLOT = 1.0 / RATE
ASKED = st.lists(
    st.tuples(st.sampled_from(Lane), st.floats(min_value=0.0, max_value=2.0), st.sampled_from([1.0, 3.0, 30.0])),
    min_size=1,
    max_size=80,
)


@dataclass
class Played:
    """A line whose time passes as somebody may go.

    :param went: who went, when.
    """

    line: WaitingLine = field(default_factory=WaitingLine)
    now: float = 0.0
    went: list[tuple[float, Place]] = field(default_factory=list)

    def join(self, places: Iterable[Place]) -> list[int]:
        return [self.line.join(place) for place in places]

    def until(self, end: float) -> None:
        """Let all go that may go before ``end``."""
        while (at := self.line.next_at(self.now)) < end:
            self.now = max(self.now, at)
            self.went += [(self.now, place) for _, place in self.line.release(self.now)]
        self.now = max(self.now, end)

    def when(self, place: Place) -> float:
        """Return when a place has gone."""
        return next(at for at, gone in self.went if gone is place)


def looks(number: int, since: float = 0.0, every: float | None = 1.0) -> list[Place]:
    return [Place(Lane.LOOKS, since, RATE, every) for _ in range(number)]


def look(since: float = 0.0, every: float | None = 1.0) -> Place:
    return looks(1, since, every)[0]


def starts(gaps: list[float], rate: float) -> list[float]:
    """Return when requests start that are asked for after these gaps."""
    pace, started = Pace(), []
    for asked in accumulate(gaps):
        pace, wait = pace.reserve(asked, rate=rate)
        started.append(asked + wait)
    return started


@settings(deadline=None, derandomize=True)
@given(GAPS, RATES)
def test_in_no_window_do_more_requests_start_than_the_rate_and_one_burst(gaps: list[float], rate: float) -> None:
    require_rate(starts(gaps, rate), rate)


def require_rate(started: list[float], rate: float) -> None:
    for first, begin in enumerate(started):
        for last, end in enumerate(started[first:], first):
            assert last - first + 1 <= rate * (end - begin) + burst(rate) + 1e-6


@settings(deadline=None, derandomize=True)
@given(st.integers(min_value=1, max_value=50), RATES)
def test_who_asks_no_faster_than_the_rate_never_waits(number: int, rate: float) -> None:
    asked = [i * (1.0 + 1e-9) / rate for i in range(number)]

    assert starts([asked[0], *(b - a for a, b in pairwise(asked))], rate) == pytest.approx(asked)


def test_a_burst_goes_at_once_and_the_next_request_waits() -> None:
    assert starts([100.0, 0.0, 0.0, 0.0, 0.0, 0.0], rate=20.0) == pytest.approx([100.0] * 5 + [100.05])


@pytest.mark.parametrize(
    ("purpose", "turn", "lane"),
    [
        (Purpose.LOOK, Turn.IN_LINE, Lane.LOOKS),
        (Purpose.LOOK, Turn.AT_ONCE, Lane.CANCELS),
        (Purpose.PAGE, Turn.IN_LINE, Lane.PAGES),
        (Purpose.CANCEL, Turn.IN_LINE, Lane.CANCELS),
    ],
)
def test_a_request_waits_with_those_of_its_kind(purpose: Purpose, turn: Turn, lane: Lane) -> None:
    assert Lane.of(purpose, turn) is lane


def test_a_look_does_not_wait_for_300_that_were_asked_for_and_given_up() -> None:
    played = Played()
    for ticket in played.join(looks(300)):
        played.line.leave(ticket)

    assert played.line.start(look(), 0.0)
    assert (len(played.line), played.line.next_at(0.0)) == (0, math.inf)


def test_a_look_that_is_repeated_goes_before_576_that_came_after_it() -> None:
    played = Played()
    repeated = look(since=0.0)
    played.join([*looks(576, since=1.0), repeated])

    played.until(1.0 + 10 * SLOT)

    assert played.when(repeated) <= 2 * SLOT


def test_100_cancels_at_once_hold_up_no_look() -> None:
    played = Played()
    played.join([Place(Lane.CANCELS, 0.0, RATE) for _ in range(100)])
    waiting = look()
    played.join([waiting])

    played.until(1.0)

    assert played.when(waiting) == 0.0


def test_a_cancel_waits_no_longer_than_its_latest_moment_whatever_the_pace() -> None:
    played = Played()
    played.join([Place(Lane.CANCELS, 0.0, RATE, latest=1.0) for _ in range(100)])

    played.until(1.0 + SLOT)

    assert len(played.went) == 100
    assert sum(at < 1.0 for at, _ in played.went) <= RATE + burst(RATE)


def test_looks_and_pages_go_by_turns_while_both_wait_and_either_gets_all_while_it_is_alone() -> None:
    played = Played()
    played.join([*looks(10), *(Place(Lane.PAGES, 0.0, RATE) for _ in range(40))])

    played.until(math.inf)

    lanes = [place.lane for _, place in played.went]
    assert lanes[:20].count(Lane.LOOKS) == 10
    assert set(lanes[20:]) == {Lane.PAGES}
    assert played.went[-1][0] == pytest.approx((50 - burst(RATE)) * SLOT)


def test_while_all_pause_only_cancels_go() -> None:
    played = Played()
    played.line.hold(5.0)
    played.join([look(), Place(Lane.PAGES, 0.0, RATE), Place(Lane.CANCELS, 0.0, RATE)])

    played.until(10.0)

    assert [(at, place.lane) for at, place in played.went] == [
        (0.0, Lane.CANCELS),
        (5.0, Lane.LOOKS),
        (5.0, Lane.PAGES),
    ]


def test_who_comes_while_others_wait_waits_too() -> None:
    line = WaitingLine()
    line.join(look())

    assert not line.start(look(), 0.0)


@settings(deadline=None, derandomize=True)
@given(ASKED)
def test_of_looks_and_pages_together_no_more_go_than_the_rate_allows(asked: list[tuple[Lane, float, float]]) -> None:
    played = arrived(asked)

    require_rate([at for at, place in played.went if place.lane is not Lane.CANCELS], RATE)
    assert len(played.went) == len(asked)


@settings(deadline=None, derandomize=True)
@given(ASKED)
def test_no_look_waits_longer_than_twice_its_fair_share(asked: list[tuple[Lane, float, float]]) -> None:
    only_looks = [(Lane.LOOKS, since, every) for _, since, every in asked]
    played = arrived(only_looks)

    for at, place in played.went:
        before = [gone for when, gone in played.went if gone.since <= place.since and when >= place.since]
        assert at - place.since <= 2 * len(before) * SLOT + 1e-6


def arrived(asked: list[tuple[Lane, float, float]]) -> Played:
    """Let requests come, each at its time, and all go."""
    played = Played()
    for lane, since, every in sorted(asked, key=lambda request: request[1]):
        played.until(since)
        played.join([Place(lane, since, RATE, every)])
    played.until(math.inf)
    return played


@settings(deadline=None, derandomize=True)
@given(ASKED, st.randoms(use_true_random=False))
def test_whoever_leaves_makes_nobody_else_wait_longer(
    asked: list[tuple[Lane, float, float]], randomness: random.Random
) -> None:
    places = [Place(Lane.PAGES, since, RATE) for _, since, _ in asked]
    leaving = [randomness.random() < 0.5 for _ in places]
    with_all, with_some = Played(), Played()
    with_all.join(places)
    for ticket, leaves in zip(with_some.join(places), leaving, strict=True):
        if leaves:
            with_some.line.leave(ticket)

    with_all.until(math.inf)
    with_some.until(math.inf)

    assert all(at <= with_all.when(place) for at, place in with_some.went)
    assert len(with_some.went) == leaving.count(False)


@dataclass(frozen=True)
class Waits:
    """How long looks waited in a simulation, by how often their callers look."""

    often: list[float]
    rarely: list[float]


def simulated(*, told: bool) -> Waits:
    """Let 200 callers, a tenth of which look every other second, look for ten minutes at a tenant that takes 4 requests a second.

    :param told: whether the line knows how often each looks; without that, the oldest goes first.
    """
    seed, rate = random.Random(14), 4.0
    played, waits = Played(), Waits([], [])
    due = [(seed.random() * 30.0, 2.0 if number % 10 == 0 else 30.0) for number in range(200)]
    heapq.heapify(due)
    intervals: dict[int, float] = {}
    while played.now < 600.0:
        at = played.line.next_at(played.now)
        if due[0][0] <= at:
            played.now, every = heapq.heappop(due)
            intervals[played.line.join(Place(Lane.LOOKS, played.now, rate, every if told else 30.0))] = every
            continue
        played.now = max(played.now, at)
        for ticket, place in played.line.release(played.now):
            every = intervals.pop(ticket)
            (waits.often if every < 30.0 else waits.rarely).append(played.now - place.since)
            heapq.heappush(due, (played.now + every * seed.uniform(0.9, 1.1), every))
    return waits


def test_who_looks_often_waits_much_less_than_in_the_order_of_coming_and_who_looks_rarely_within_the_cap() -> None:
    by_schedule, by_coming = simulated(told=True), simulated(told=False)

    assert mean(by_schedule.often) < 0.7 * mean(by_coming.often)
    assert max(by_schedule.rarely) <= 2 * 200 / 4.0


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, FIRST_PAUSE / 2), (1, FIRST_PAUSE), (3, FIRST_PAUSE * 4), (9, LONGEST_PAUSE / 2)]
)
def test_pauses_grow_with_the_failures_and_no_longer_than_a_bound(failures: int, seconds: float) -> None:
    before = BackOff(failures=failures)

    assert before.failed(sent=0.0, now=1.0, retry_after=None, jitter=0.0).until == pytest.approx(1.0 + seconds)


def test_a_good_answer_lets_pauses_begin_anew() -> None:
    paused = BackOff().failed(sent=0.0, now=1.0, retry_after=None, jitter=0.0)

    assert paused.answered(sent=2.0).failures == 0
    assert paused.answered(sent=0.5) == paused


def test_what_was_sent_before_a_pause_makes_it_no_longer() -> None:
    paused = BackOff().failed(sent=0.0, now=1.0, retry_after=None, jitter=0.0)

    assert paused.failed(sent=0.5, now=1.2, retry_after=None, jitter=0.9) == paused


@pytest.mark.parametrize(("retry_after", "seconds"), [(7.0, 7.0), (0.0, 0.0), (1e9, LONGEST_RETRY_AFTER)])
def test_a_pause_is_as_long_as_the_tenant_asks_within_a_bound(retry_after: float, seconds: float) -> None:
    assert BackOff().failed(sent=0.0, now=1.0, retry_after=retry_after, jitter=0.5).until == 1.0 + seconds


def test_the_longest_pause_that_was_asked_for_holds() -> None:
    asked = BackOff().failed(sent=0.0, now=1.0, retry_after=60.0, jitter=0.0)

    assert asked.failed(sent=0.5, now=2.0, retry_after=5.0, jitter=0.0).until == 61.0
    assert asked.failed(sent=0.5, now=2.0, retry_after=70.0, jitter=0.0).until == 72.0


def told_of(callers: int, every: float, rate: float, seconds: float) -> list[Overload]:
    """Return what is told of callers that look as often as they are let."""
    load, told, cycle = Load(), [], max(every, callers / rate)
    for number in range(int(seconds * callers / cycle)):
        now = number * cycle / callers
        place = Place(Lane.LOOKS, now - (cycle - every), rate, every)
        told += [overload] if (overload := load.went(place, now)) else []
    return told


def test_more_queries_than_the_rate_allows_for_are_told_of_with_their_numbers_once_in_ten_minutes() -> None:
    told = told_of(callers=1000, every=5.0, rate=20.0, seconds=590.0)

    assert len(told) == 1
    assert told[0].waiting == pytest.approx(1000, rel=0.02)
    assert told[0].wanted == pytest.approx(200.0, rel=0.02)
    assert str(told[0]).endswith("get 20.0, so that each is looked at every 50 s on average")


def test_they_are_told_of_again_later() -> None:
    assert len(told_of(callers=1000, every=5.0, rate=20.0, seconds=1400.0)) == 3


def test_nothing_is_told_where_the_rate_is_enough() -> None:
    assert told_of(callers=90, every=5.0, rate=20.0, seconds=300.0) == []


def test_pages_cancels_and_callers_that_do_not_say_how_often_they_look_are_no_load() -> None:
    load, place = Load(), look(since=0.0, every=1.0)
    others = [replace(place, every=None), replace(place, lane=Lane.PAGES), replace(place, lane=Lane.CANCELS)]

    assert [load.went(other, 100.0 * number) for number in range(1, 5) for other in others] == [None] * 12
