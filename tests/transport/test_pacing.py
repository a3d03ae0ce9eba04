"""Who of all that ask one tenant goes next, and when; on given times only. How threads and loops wait is in test_turnstile.py."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import accumulate, pairwise
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_veza.async_query.message import Purpose
from airflow_provider_veza.async_query.polling import PollSchedule
from airflow_provider_veza.transport.load import Load, Overload
from airflow_provider_veza.transport.pacing import Lane, Pace, Place, Turn, WaitingLine, burst
from airflow_provider_veza.transport.pauses import FIRST_PAUSE, LONGEST_PAUSE, LONGEST_RETRY_AFTER, BackOff, Pauses

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
        """Return when a place has gone; never is infinite."""
        return next((at for at, gone in self.went if gone is place), math.inf)


def looks(number: int, since: float = 0.0, every: float | None = 1.0) -> list[Place]:
    return [Place(Lane.LOOKS, since, RATE, every) for _ in range(number)]


def look(since: float = 0.0, every: float | None = 1.0) -> Place:
    return looks(1, since, every)[0]


def starts(gaps: list[float], rate: float) -> list[float]:
    """Return when requests start that are asked for after these gaps."""
    pace, started = Pace(), list[float]()
    for asked in accumulate(gaps):
        started.append(max(asked, pace.opens_at(rate)))
        pace = pace.booked(asked, rate)
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
    assert lanes[:20] == [Lane.LOOKS, Lane.PAGES] * 10
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


@dataclass(frozen=True)
class Asking:
    """A look that comes at a time, and leaves the line after a patience, by cancellation or because its deadline has come."""

    since: float
    every: float
    patience: float


ASKING = st.lists(
    st.builds(
        Asking,
        since=st.floats(min_value=0.0, max_value=4.0) | st.sampled_from([0.0, 1.0]),
        every=st.sampled_from([0.1, 1.0, 3.0, 30.0]),
        patience=st.floats(min_value=0.0, max_value=4.0) | st.just(math.inf),
    ),
    min_size=1,
    max_size=120,
)


@dataclass
class Crowd:
    """Looks that came and went.

    :param waiting: how many waited as each came, in line or gone for less than their interval; the most until then.
    """

    played: Played = field(default_factory=Played)
    came: list[tuple[Asking, Place]] = field(default_factory=list)
    gave_up: list[tuple[float, Place]] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)

    def let_come(self, asking: list[Asking]) -> None:
        """Let all come and leave, each at its times."""
        order = sorted(asking, key=lambda one: one.since)
        events = [(one.since, 0, number) for number, one in enumerate(order)]
        events += [(one.since + one.patience, 1, number) for number, one in enumerate(order) if one.patience < math.inf]
        tickets: dict[int, int] = {}
        for at, leaves, number in sorted(events):
            self.played.until(at)
            if not leaves:
                tickets[number] = self._join(order[number])
            elif all(place is not self.came[number][1] for _, place in self.played.went):
                self.played.line.leave(tickets[number])
                self.gave_up.append((at, self.came[number][1]))
        self.played.until(math.inf)

    def _join(self, one: Asking) -> int:
        place = look(one.since, one.every)
        self.came.append((one, place))
        left = {id(other) for _, other in self.gave_up}
        returned = {id(other) for at, other in self.played.went if at + (other.every or 0.0) < one.since}
        present = sum(id(other) not in left | returned for _, other in self.came)
        self.waiting.append(max([present, *self.waiting[-1:]]))
        return self.played.join([place])[0]


@settings(deadline=None, derandomize=True)
@given(ASKING)
def test_no_look_waits_longer_than_twice_its_fair_share_whoever_comes_and_gives_up(asking: list[Asking]) -> None:
    crowd = Crowd()
    crowd.let_come(asking)

    gone = {id(place): at for at, place in crowd.played.went}
    for (_, place), waiting in zip(crowd.came, crowd.waiting, strict=True):
        assert gone.get(id(place), place.since) - place.since <= 2 * waiting * SLOT + 1e-6
    assert len(crowd.played.went) + len(crowd.gave_up) == len(asking)
    assert len(crowd.played.line) == 0


@settings(deadline=None, derandomize=True)
@given(ASKING)
def test_no_turn_is_lost_while_a_look_waits(asking: list[Asking]) -> None:
    crowd = Crowd()
    crowd.let_come(asking)

    started = sorted(at for at, _ in crowd.played.went)
    left = {id(place): at for at, place in [*crowd.played.went, *crowd.gave_up]}
    for earlier, later in pairwise(started):
        idle_from = earlier + SLOT + 1e-6
        if later > idle_from:
            assert not any(place.since < idle_from < later <= left[id(place)] - 1e-6 for _, place in crowd.came)


def test_the_most_overdue_for_its_own_schedule_goes_first_while_all_keep_within_their_share() -> None:
    played = Played()
    played.join(looks(60, since=0.0, every=30.0))
    played.until(10.0)
    looked = len(played.went)
    played.join([*looks(20, since=10.0, every=30.0), *looks(10, since=11.0, every=2.0)])
    played.now = 12.0

    played.until(12.0 + 9 * SLOT)

    assert [place.every for _, place in played.went[looked : looked + 10]] == [2.0] * 10


def test_the_oldest_goes_when_no_turn_is_to_spare() -> None:
    played = Played()
    waiting = looks(10, since=0.0, every=30.0)
    played.join(waiting)
    while played.when(waiting[-1]) == math.inf:
        played.join(looks(1, since=played.now, every=0.01))
        played.until(played.now + SLOT)

    assert max(played.when(place) for place in waiting) <= 2 * len(waiting) * SLOT


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
class Mix:
    """Queries that wait all the time: as soon as one is noticed to have ended, the next of its kind begins.

    Their durations have no memory, so that nobody can tell from a query's age when it will end. The numbers are those of 1,000
    queries at 20 looks a second, divided by five: the same fair share of 50 s.

    :param short: mean seconds of a short one, as of a ``long`` one.
    :param every: seconds between two looks by the schedule of a query, given whether it is long, and its age.
    """

    short: float
    long: float
    every: Callable[[bool, float], float]
    shorts: int = 20
    longs: int = 180
    rate: float = 4.0
    seconds: float = 2500.0
    warm_up: float = 500.0

    @property
    def fair_share(self) -> float:
        return (self.shorts + self.longs) / self.rate

    def mean(self, is_long: bool) -> float:
        return self.long if is_long else self.short


@dataclass
class Running:
    """A query of a simulation."""

    is_long: bool
    begun: float
    ends: float
    every: float | None = None


@dataclass(frozen=True)
class Delays:
    """Seconds from a query's end to the look that noticed it, and the longest wait for a turn."""

    short: list[float] = field(default_factory=list)
    long: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    @property
    def mean(self) -> float:
        return fmean(self.short + self.long)


@dataclass
class Simulation:
    """Queries of a mix, looked at in the order of the line.

    :param told: whether the line knows how often each is looked at; without that, the oldest goes first.
    """

    mix: Mix
    told: bool
    seed: random.Random = field(default_factory=lambda: random.Random(14))
    played: Played = field(default_factory=Played)
    delays: Delays = field(default_factory=Delays)
    due: list[tuple[float, int]] = field(default_factory=list)
    queries: dict[int, Running] = field(default_factory=dict)
    in_line: dict[int, int] = field(default_factory=dict)

    def run(self) -> Delays:
        for number in range(self.mix.shorts + self.mix.longs):
            is_long = number >= self.mix.shorts
            age = self.seed.expovariate(1.0 / self.mix.mean(is_long))
            self.begin(number, is_long, begun=-age, spread=self.seed.random())
        while self.played.now < self.mix.seconds:
            at = self.played.line.next_at(self.played.now)
            if self.due[0][0] <= at:
                self.ask(*heapq.heappop(self.due))
                continue
            self.played.now = max(self.played.now, at)
            for ticket, place in self.played.line.release(self.played.now):
                self.look(self.in_line.pop(ticket), place)
        return self.delays

    def begin(self, number: int, is_long: bool, *, begun: float, spread: float = 1.0) -> None:
        now = self.played.now
        self.queries[number] = Running(is_long, begun, now + self.seed.expovariate(1.0 / self.mix.mean(is_long)))
        heapq.heappush(self.due, (now + self.mix.every(is_long, now - begun) * spread, number))

    def ask(self, at: float, number: int) -> None:
        self.played.now = max(self.played.now, at)
        place = Place(Lane.LOOKS, at, self.mix.rate, self.queries[number].every if self.told else 1.0)
        self.in_line[self.played.line.join(place)] = number

    def look(self, number: int, place: Place) -> None:
        now, query = self.played.now, self.queries[number]
        if now > self.mix.warm_up:
            self.delays.waits.append(now - place.since)
        if now < query.ends:
            query.every = self.mix.every(query.is_long, now - query.begun) * self.seed.uniform(0.9, 1.1)
            heapq.heappush(self.due, (now + query.every, number))
            return
        if now > self.mix.warm_up:
            (self.delays.long if query.is_long else self.delays.short).append(now - query.ends)
        self.begin(number, query.is_long, begun=now)


def limit(mix: Mix) -> tuple[float, float]:
    """Return the least mean delay of all queries, and of the short ones with it, for an order that knew which are short.

    Where durations have no memory, nothing is better than even looks for each kind; so only the shares of both are to be found.
    """

    def delay(every: float, mean: float) -> float:
        return every / (1.0 - math.exp(-every / mean)) - mean

    def reached(every_long: float) -> tuple[float, float]:
        short = delay(mix.shorts / (mix.rate - mix.longs / every_long), mix.short)
        long = delay(every_long, mix.long)
        ends = mix.shorts / (mix.short + short), mix.longs / (mix.long + long)
        return (ends[0] * short + ends[1] * long) / sum(ends), short

    return min(reached(mix.fair_share + seconds) for seconds in range(1, 200))


def by_kind(is_long: bool, age: float) -> float:
    return 30.0 if is_long else 2.0


def by_age(is_long: bool, age: float) -> float:
    return PollSchedule().delay(elapsed=age, jitter=0.5)


def test_where_the_schedules_tell_short_queries_from_long_ones_no_order_could_notice_ends_much_sooner() -> None:
    mix = Mix(short=20.0, long=3600.0, every=by_kind)
    by_schedule, by_coming = Simulation(mix, told=True).run(), Simulation(mix, told=False).run()
    least, least_short = limit(mix)

    assert (least, least_short) == pytest.approx((7.4, 4.4), abs=0.1)
    assert by_schedule.mean < 1.1 * least
    assert fmean(by_schedule.short) < 1.1 * least_short
    assert by_coming.mean > 2 * by_schedule.mean
    assert fmean(by_coming.short) > 3 * fmean(by_schedule.short)


@pytest.mark.parametrize(("short", "long"), [(20.0, 3600.0), (10.0, 1800.0)])
def test_where_all_have_the_default_schedule_short_queries_are_noticed_in_less_than_half_of_the_time(
    short: float, long: float
) -> None:
    mix = Mix(short, long, by_age)
    by_schedule, by_coming = Simulation(mix, told=True).run(), Simulation(mix, told=False).run()

    assert by_schedule.mean < 0.65 * by_coming.mean
    assert fmean(by_schedule.short) < 0.45 * fmean(by_coming.short)
    assert by_schedule.mean < 1.5 * limit(mix)[0]


@pytest.mark.parametrize("every", [by_kind, by_age])
def test_in_the_long_run_none_waits_for_more_than_twice_its_fair_share(every: Callable[[bool, float], float]) -> None:
    mix = Mix(short=20.0, long=3600.0, every=every)

    a_query_that_has_ended_counts_for_a_while = 1.02
    assert max(Simulation(mix, told=True).run().waits) <= 2 * mix.fair_share * a_query_that_has_ended_counts_for_a_while


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


@pytest.mark.parametrize(
    ("retry_after", "seconds"), [(7.0, 7.0), (0.1, 0.1), (1e9, LONGEST_RETRY_AFTER), (math.inf, LONGEST_RETRY_AFTER)]
)
def test_a_pause_is_as_long_as_the_tenant_asks_within_a_bound(retry_after: float, seconds: float) -> None:
    assert BackOff().failed(sent=0.0, now=1.0, retry_after=retry_after, jitter=0.5).until == 1.0 + seconds


@pytest.mark.parametrize("failures", range(8))
def test_a_tenant_that_asks_for_no_pause_at_all_is_paused_for_as_if_it_had_said_nothing(failures: int) -> None:
    before = BackOff(failures=failures)

    with_none, with_zero = [
        before.failed(sent=0.0, now=1.0, retry_after=retry_after, jitter=0.5) for retry_after in (None, 0.0)
    ]
    assert with_zero == with_none


def test_a_long_pause_is_told_of_once_in_ten_minutes_and_a_short_one_never() -> None:
    pauses = Pauses()

    began = [
        pauses.began(now + seconds, now) for now, seconds in [(0.0, 4.9), (1.0, 60.0), (90.0, 120.0), (601.0, 7.0)]
    ]
    assert began == [None, 60.0, None, 7.0]


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
        told += [overload] if (overload := load.went(place, now, cycle - every)) else []
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

    assert [load.went(other, 100.0 * number, 50.0) for number in range(1, 5) for other in others] == [None] * 12


def told_while(fate: Callable[[float], Fate]) -> list[Overload]:
    """Return what is told of ten callers, each every five seconds, at a rate that would be enough for a hundred."""
    line, load, back_off, told = WaitingLine(), Load(), BackOff(), []
    joined: dict[int, float] = {}
    asks = [(0.5 * number, number, look(0.5 * number, 5.0)) for number in range(10)]
    while asks and asks[0][0] < 1_200.0:
        now, number, place = heapq.heappop(asks)
        ticket = line.join(place)
        joined[ticket] = now
        now = max(now, line.next_at(now))
        for gone, released in line.release(now):
            told.append(load.went(released, now, line.waited(joined.pop(gone), now)))
        outcome = fate(now)
        if outcome is Fate.REFUSED:
            back_off = back_off.failed(sent=now, now=now, retry_after=60.0, jitter=0.5)
            line.hold(back_off.until)
        came = now + (30.0 if outcome is Fate.UNANSWERED else 0.1)
        again = place if outcome is not Fate.ANSWERED else look(came + 5.0, 5.0)
        heapq.heappush(asks, (max(came, again.since), number, again))
    return [overload for overload in told if overload]


class Fate(Enum):
    """What became of a look."""

    ANSWERED = "answered"
    REFUSED = "refused"
    UNANSWERED = "unanswered"


@pytest.mark.parametrize("fate", Fate)
def test_a_tenant_that_refuses_or_does_not_answer_is_not_taken_for_a_rate_that_is_too_low(fate: Fate) -> None:
    assert told_while(lambda now: fate if now < 600.0 else Fate.ANSWERED) == []


def test_a_pause_that_all_make_is_no_wait_for_the_rate() -> None:
    line = WaitingLine()
    line.hold(60.0)

    assert (line.waited(0.0, 60.0), line.waited(0.0, 63.0), line.waited(61.0, 63.0)) == (0.0, 3.0, 2.0)
