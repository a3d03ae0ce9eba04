"""When a running query is looked at again, and what that costs over many queries."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from itertools import accumulate, pairwise
from statistics import NormalDist, fmean, quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_veza.async_query.polling import JITTER, MOST_TOGETHER, TICK, PollSchedule, on_tick

ELAPSED = st.floats(min_value=0, max_value=7 * 86_400)
JITTERS = st.floats(min_value=0, max_value=1, exclude_max=True)


@st.composite
def schedules(draw: st.DrawFn) -> PollSchedule:
    shortest = draw(st.floats(min_value=0.01, max_value=60))
    return PollSchedule(min_interval=shortest, max_interval=shortest + draw(st.floats(min_value=0, max_value=600)))


@given(schedules(), ELAPSED, JITTERS)
def test_a_delay_lies_between_the_least_and_the_greatest_give_or_take_the_jitter(
    schedule: PollSchedule, elapsed: float, jitter: float
) -> None:
    delay = schedule.delay(elapsed=elapsed, jitter=jitter)

    assert schedule.min_interval * (1 - JITTER) <= delay <= schedule.max_interval * (1 + JITTER)


PAUSES = st.floats(min_value=0, max_value=3_600)
MOMENTS = st.floats(min_value=0, max_value=1e7)
WAITING = st.integers(min_value=0, max_value=20_000)


@given(PAUSES, MOMENTS, WAITING)
def test_no_tick_moves_a_look_by_more_than_half_of_its_jitter(pause: float, now: float, waiting: int) -> None:
    moved = on_tick(pause, now, waiting) - now - pause

    assert abs(moved) <= min(TICK, pause * JITTER) / 2 + 1e-6


@pytest.mark.parametrize(
    ("waiting", "moments"),
    [(100, 100), (1_000, 100), (2_000, 200), (4_500, 400), (5_000, 800), (10_000, 1_600)],
    ids=["few", "ten at a tick", "shorter ticks", "shorter yet", "thousands", "ten thousand"],
)
def test_looks_that_are_due_within_an_interval_go_out_a_few_together(waiting: int, moments: int) -> None:
    dice, now = random.Random(7), 1_000.0
    due = {on_tick(5.0, now + began, waiting) for began in _spread(waiting, 5.0, dice)}

    assert len(due) == pytest.approx(min(moments, waiting), rel=0.5)
    assert waiting / len(due) <= MOST_TOGETHER * 1.1


def _spread(number: int, seconds: float, dice: random.Random) -> list[float]:
    return [dice.uniform(0, seconds) for _ in range(number)]


@pytest.mark.parametrize("interval", [1.0, 5.0, 30.0])
def test_ticks_leave_the_mean_delay_as_it_is(interval: float) -> None:
    dice = random.Random(7)
    began = [dice.uniform(0, 1e6) for _ in range(20_000)]
    moved = [on_tick(interval, now, 1) - now - interval for now in began]

    assert abs(fmean(moved)) < TICK / 50


@given(schedules(), ELAPSED, ELAPSED, JITTERS)
def test_a_delay_never_shrinks_as_the_query_gets_older(
    schedule: PollSchedule, one: float, other: float, jitter: float
) -> None:
    younger, older = sorted((one, other))

    assert schedule.delay(elapsed=younger, jitter=jitter) <= schedule.delay(elapsed=older, jitter=jitter)


@given(st.floats(min_value=0.01, max_value=3600), ELAPSED, JITTERS)
def test_a_fixed_interval_stays_whatever_the_age_of_the_query(interval: float, elapsed: float, jitter: float) -> None:
    schedule = PollSchedule(fixed_interval=interval)

    assert schedule.delay(elapsed=elapsed, jitter=jitter) == schedule.delay(elapsed=0, jitter=jitter)
    assert schedule.delay(elapsed=elapsed, jitter=0.5) == pytest.approx(interval)


@pytest.mark.parametrize(
    ("elapsed", "seconds"),
    [(0, 1), (0.5, 1), (1, 1), (16, 4), (100, 10), (900, 30), (86_400, 30), (-60, 1)],
    ids=lambda value: f"{value}s",
)
def test_the_default_delay_is_the_square_root_of_the_age_from_one_to_thirty_seconds(
    elapsed: float, seconds: float
) -> None:
    assert PollSchedule().delay(elapsed=elapsed, jitter=0.5) == pytest.approx(seconds)


def test_a_query_may_be_looked_at_sooner_than_after_a_second_where_the_least_interval_allows_it() -> None:
    assert PollSchedule(min_interval=0.1).delay(elapsed=0.25, jitter=0.5) == pytest.approx(0.5)


def test_queries_submitted_together_are_spread_by_the_jitter() -> None:
    delays = [PollSchedule().delay(elapsed=100, jitter=jitter) for jitter in (0.0, 0.25, 0.5, 0.75)]

    assert delays == pytest.approx([9.0, 9.5, 10.0, 10.5])


@pytest.mark.parametrize(
    "intervals",
    [
        {"min_interval": 0},
        {"min_interval": -1},
        {"min_interval": 31},
        {"min_interval": math.nan},
        {"max_interval": math.nan},
        {"fixed_interval": 0},
        {"fixed_interval": -5},
        {"fixed_interval": math.nan},
    ],
    ids=str,
)
def test_intervals_that_would_hammer_or_never_look_are_refused(intervals: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="poll_interval"):
        PollSchedule(**intervals)


@dataclass(frozen=True)
class Cost:
    """What one simulated query cost: looks, and seconds from its end until the look that saw it."""

    looks: int
    lateness: float


def cost(schedule: PollSchedule, duration: float, rng: random.Random) -> Cost:
    elapsed, looks = 0.0, 0
    while elapsed < duration:
        elapsed += schedule.delay(elapsed=elapsed, jitter=rng.random())
        looks += 1
    return Cost(looks, elapsed - duration)


def costs(schedule: PollSchedule) -> list[Cost]:
    """Simulate queries whose durations are log-normal with a median of 20 s and a 99th percentile of 10 min."""
    rng = random.Random(20_261_122)
    sigma = math.log(600 / 20) / 2.326
    return [cost(schedule, rng.lognormvariate(math.log(20), sigma), rng) for _ in range(5_000)]


def p99(values: list[float]) -> float:
    return quantiles(values, n=100)[98]


def test_over_many_queries_the_default_schedule_takes_about_eleven_looks_and_notices_the_end_within_seconds() -> None:
    simulated = costs(PollSchedule())
    lateness = [query.lateness for query in simulated]

    assert 9 < fmean(query.looks for query in simulated) < 13
    assert 2.4 < fmean(lateness) < 3.8
    assert p99(lateness) < 20


def test_long_queries_are_looked_at_less_than_half_as_often_as_with_a_fixed_five_seconds_at_a_like_lateness() -> None:
    by_square_root, fixed = costs(PollSchedule()), costs(PollSchedule(fixed_interval=5))

    assert p99([query.looks for query in by_square_root]) < p99([query.looks for query in fixed]) / 2
    assert fmean(query.lateness for query in by_square_root) < 1.4 * fmean(query.lateness for query in fixed)


@dataclass(frozen=True)
class Durations:
    """Log-normal durations of queries, in seconds."""

    median: float
    p99: float
    number: int = 1_000

    @property
    def logarithm(self) -> NormalDist:
        return NormalDist(math.log(self.median), math.log(self.p99 / self.median) / NormalDist().inv_cdf(0.99))

    def drawn(self) -> list[float]:
        """Return durations at even steps of their probability, which need no randomness."""
        return [math.exp(self.logarithm.inv_cdf((number + 0.5) / self.number)) for number in range(self.number)]

    def ended(self, elapsed: float) -> float:
        """Return the probability that a query has ended by then."""
        return self.logarithm.cdf(math.log(elapsed)) if elapsed else 0.0


@dataclass(frozen=True)
class BestSchedule:
    """The best of all schedules of one who knows the durations, by dynamic programming over moments close to each other.

    :param moments: at which it may look, the last one at the end of all queries.
    """

    durations: Durations
    moments: tuple[float, ...]

    FINENESS = 0.2
    REACH = 60

    @classmethod
    def for_durations(cls, durations: Durations) -> BestSchedule:
        steps, moments, end = PollSchedule(), [0.0], durations.drawn()[-1]
        while moments[-1] < end:
            moments.append(moments[-1] + cls.FINENESS * steps.delay(elapsed=moments[-1], jitter=0.5))
        return cls(durations, tuple(moments))

    def lateness(self, looks: float) -> float:
        """Return the mean delay where a query is looked at no more than so many times on average."""
        low, high, found = 0.01, 10.0, math.inf
        for _ in range(11):
            price = math.sqrt(low * high)
            mean_looks, lateness = self.at_price(price)
            if mean_looks > looks:
                low = price
            else:
                high, found = price, lateness
        return found

    def at_price(self, price: float) -> tuple[float, float]:
        """Return the mean number of looks and the mean delay, where a look costs as much as so many seconds of delay."""
        ended = [self.durations.ended(moment) for moment in self.moments]
        areas = [(b - a) * (p + q) / 2 for (a, b), (p, q) in zip(pairwise(self.moments), pairwise(ended), strict=True)]
        area = [0.0, *accumulate(areas)]

        def lateness(now: int, following: int) -> float:
            return area[following] - area[now] - ended[now] * (self.moments[following] - self.moments[now])

        last = len(self.moments) - 1
        cost, follows = [0.0] * (last + 1), [0] * (last + 1)
        for now in reversed(range(last)):
            reach = range(now + 1, min(last, now + self.REACH) + 1)
            cost[now], follows[now] = min(
                (lateness(now, following) + cost[following], following) for following in reach
            )
            cost[now] += price * (1.0 - ended[now])
        path = [0]
        while path[-1] < last:
            path.append(follows[path[-1]])
        return sum(1.0 - ended[now] for now in path[:-1]), sum(lateness(*step) for step in pairwise(path))


@pytest.mark.parametrize(
    ("durations", "at_most"),
    [(Durations(3, 60), 1.13), (Durations(20, 600), 1.29), (Durations(120, 3600), 1.37)],
    ids=["short", "usual", "long"],
)
def test_the_delay_is_little_over_that_of_the_best_schedule_with_as_many_looks_which_knows_the_durations(
    durations: Durations, at_most: float
) -> None:
    rng = random.Random(14)
    simulated = [cost(PollSchedule(), duration, rng) for duration in durations.drawn()]
    looks, lateness = fmean(query.looks for query in simulated), fmean(query.lateness for query in simulated)

    assert 1.0 <= lateness / BestSchedule.for_durations(durations).lateness(looks) <= at_most
