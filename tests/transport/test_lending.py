"""How many connections are lent at once, and who gets the next one; on given times. Sockets are in test_few_connections.py."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import accumulate

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from airflow_provider_veza.transport.lending import FEWEST, HEADROOM, LEFT_TO_OTHERS, MOST_AT_ONCE, Lending

MOST = 200
PATIENCE = 5.0
ROUND_TRIP = 0.1


@dataclass
class Played:
    """Connections whose requests come when they come, each of which keeps its connection for a round trip.

    :param waited: seconds that each request waited, in the order in which they got their connections.
    :param most_lent: at the same time.
    """

    lending: Lending
    round_trip: float
    ends: list[tuple[float, float]] = field(default_factory=list)
    line: dict[int, float] = field(default_factory=dict)
    waited: list[float] = field(default_factory=list)
    most_lent: int = 0

    def ask(self, now: float) -> None:
        if self.lending.start(now):
            self._lend(now, now)
            return
        self.line[self.lending.join()] = now
        self._release(now)

    def until(self, end: float) -> None:
        """Let pass what happens until ``end``: answers, and waits that last too long."""
        while (at := min(self._next_answer, self._next_insists)) <= end:
            if at == self._next_answer:
                began = heapq.heappop(self.ends)[1]
                self.lending.come_back(at - began)
                self._release(at)
            else:
                self._insist(at)

    def stall(self, now: float, seconds: float) -> None:
        """Stop the loop: what comes meanwhile is seen at the end of it."""
        self.ends = [(max(end, now + seconds), began) for end, began in self.ends]
        heapq.heapify(self.ends)

    @property
    def _next_answer(self) -> float:
        return self.ends[0][0] if self.ends else math.inf

    @property
    def _next_insists(self) -> float:
        return next((since + PATIENCE for since in self.line.values() if since < math.inf), math.inf)

    def _insist(self, now: float) -> None:
        ticket, since = next((ticket, since) for ticket, since in self.line.items() if since < math.inf)
        if self.lending.insist(ticket):
            del self.line[ticket]
            self._lend(since, now)
        else:
            self.line[ticket] = math.inf  # It waits on, and is released as the others are.

    def _release(self, now: float) -> None:
        for ticket in self.lending.release():
            self._lend(self.line.pop(ticket), now)

    def _lend(self, since: float, now: float) -> None:
        self.waited.append(now - since)
        heapq.heappush(self.ends, (now + self.round_trip, now))
        self.most_lent = max(self.most_lent, len(self.ends))


def played(asked: Iterable[float], *, round_trip: float = ROUND_TRIP, most: int = MOST) -> Played:
    run = Played(Lending(most), round_trip)
    for at in asked:
        run.until(at)
        run.ask(at)
    run.until(1e9)
    return run


def steady(rate: float, seconds: float, begin: float = 0.0) -> list[float]:
    return [begin + number / rate for number in range(int(rate * seconds))]


def stalled(rate: float, stall: float) -> Played:
    """Look steadily, stop for a while, make up for that, and go on."""
    run = Played(Lending(MOST), ROUND_TRIP)
    for at in steady(rate, 12.0):
        run.until(at)
        run.ask(at)
    run.stall(12.0, stall)
    for at in [12.0 + stall] * int(rate * stall) + steady(rate, 4.0, 12.0 + stall):
        run.until(at)
        run.ask(at)
    run.until(1e9)
    return run


@pytest.mark.parametrize("rate", [20.0, 400.0, 980.0])
def test_a_loop_that_stood_still_for_a_second_opens_no_more_than_twice_what_its_rate_needs(rate: float) -> None:
    run = stalled(rate, 1.0)

    assert run.most_lent <= max(FEWEST, 2 * rate * ROUND_TRIP)
    assert max(run.waited[int(rate * 10) :]) < 1.0, "what is overdue is made up for within another second"


@pytest.mark.parametrize("round_trip", [0.01, 0.1, 0.4, 0.8])
def test_nobody_waits_at_a_steady_rate_however_long_a_round_trip_is(round_trip: float) -> None:
    run = played(steady(120.0, 20.0), round_trip=round_trip)

    assert max(run.waited[1_500:]) == 0.0
    assert run.most_lent <= FEWEST + 2 * HEADROOM * 120.0 * round_trip


@pytest.mark.parametrize("burst", [200, 1_000])
def test_what_begins_at_once_shares_connections_instead_of_opening_one_each(burst: int) -> None:
    assert played([0.0] * burst).most_lent <= FEWEST + burst / 8


def test_a_rate_that_is_new_gets_its_connections_before_anybody_waits_long() -> None:
    run = played([*steady(1.0, 10.0), *steady(800.0, 6.0, 10.0)])

    assert max(run.waited) < 1.0
    assert run.most_lent <= 2 * 800.0 * ROUND_TRIP


def test_answers_that_become_slow_are_waited_for_over_more_connections() -> None:
    run = Played(Lending(MOST), 0.05)
    for at in steady(80.0, 30.0):
        run.round_trip = 0.05 if at < 8.0 else 1.0
        run.until(at)
        run.ask(at)
    run.until(1e9)

    assert max(run.waited[-300:]) == 0.0


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.floats(min_value=0.0, max_value=3.0) | st.just(0.0), min_size=1, max_size=60),
    st.floats(min_value=0.001, max_value=60.0),
    st.integers(min_value=1, max_value=40),
)
@example([0.0] * 100, 60.0, 3)
def test_all_get_a_connection_in_their_order_and_none_is_lent_twice(
    gaps: list[float], round_trip: float, most: int
) -> None:
    asked = list(accumulate(gaps))
    run = played(asked, round_trip=round_trip, most=most)

    assert len(run.waited) == len(asked)
    assert 1 <= run.most_lent <= max(1, most - min(LEFT_TO_OTHERS, most // 2)), "the rest is for what cannot wait"
    assert run.lending._lent == 0


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(min_value=0.0, max_value=0.5), min_size=1, max_size=60), st.floats(0.001, 0.5))
def test_nobody_waits_longer_than_the_patience_where_connections_are_left(gaps: list[float], round_trip: float) -> None:
    run = played(accumulate(gaps), round_trip=round_trip, most=1_000)

    assert max(run.waited) <= PATIENCE + 1e-9


def test_who_gives_up_leaves_the_line_and_returns_what_was_lent_meanwhile() -> None:
    lending = Lending(1)
    assert lending.start(0.0)
    first, second, third = lending.join(), lending.join(), lending.join()

    lending.leave(first)
    lending.come_back(0.1)
    assert list(lending.release()) == [second]
    lending.leave(second)
    assert list(lending.release()) == [third]


def test_a_request_that_met_a_stop_of_the_loop_counts_as_a_late_one_and_no_more() -> None:
    lending = Lending(MOST)
    for number in range(100):
        assert lending.start(number / 10)
        lending.come_back(0.1)
    needed = lending._traffic.needed

    assert lending.start(10.0)
    lending.come_back(60.0)
    assert lending._traffic.needed < needed * MOST_AT_ONCE
