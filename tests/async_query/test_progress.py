"""Which lines a waiting task's log gets, and how few."""

from __future__ import annotations

import logging
import math
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_veza.async_query.progress import (
    FIRST_INTERVAL,
    LINES_AT_ONCE,
    LINES_PER_SECOND,
    LONGEST_INTERVAL,
    MOST_STATES,
    NO_MORE_WARNINGS,
    SPREAD,
    LineBudget,
    LogLine,
    ProgressLog,
    Voice,
)
from airflow_provider_veza.async_query.vocabulary import LONGEST_WORDS, MOST_WARNINGS, Phase, Snapshot
from airflow_provider_veza.exceptions import NoAnswerError, RequestError

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
STATES = ("PENDING", "IN_PROGRESS", "UNKNOWN_STATE")
FAILED_LOOK = NoAnswerError("no answer within 30 s")

LOOKS = st.sampled_from([*(Snapshot(Phase.RUNNING, state) for state in STATES), FAILED_LOOK])
HISTORIES = st.lists(st.tuples(LOOKS, st.floats(min_value=0.9, max_value=33)), min_size=1, max_size=200)

Look = Snapshot | RequestError


def running(state: str = "IN_PROGRESS", rows: int | None = None, warnings: tuple[str, ...] = ()) -> Snapshot:
    return Snapshot(Phase.RUNNING, state, rows=rows, warnings=warnings)


def lines_of(history: list[tuple[Look, float]]) -> list[LogLine]:
    """The lines of a wait: each look, and the seconds until the next one."""
    log, elapsed = ProgressLog(), 0.0
    lines: list[LogLine] = []
    for look, pause in history:
        now = START + timedelta(seconds=elapsed)
        log, new = log.observe(look, now=now, elapsed=elapsed, next_look=pause)
        lines += new
        elapsed += pause
    return lines


def test_a_line_has_the_state_the_rows_so_far_the_time_and_the_next_look() -> None:
    assert lines_of([(running(rows=1200), 4.0)]) == [
        LogLine(
            logging.INFO,
            "Query state IN_PROGRESS, 1200 rows so far, 0.0 s since the submit; next look in 4.0 s.",
        )
    ]


def test_rows_that_the_service_does_not_count_are_not_mentioned() -> None:
    assert lines_of([(running(), 4.0)]) == [
        LogLine(logging.INFO, "Query state IN_PROGRESS, 0.0 s since the submit; next look in 4.0 s.")
    ]


def test_each_new_state_is_said_at_once() -> None:
    said = lines_of([(running(state), 1.0) for state in STATES])

    assert [next(state for state in STATES if state in line.text) for line in said] == list(STATES)


def test_a_state_that_stays_is_not_repeated_before_the_interval_is_over() -> None:
    assert len(lines_of([(running(), 1.0)] * int(FIRST_INTERVAL))) == 1
    assert len(lines_of([(running(), 1.0)] * int(FIRST_INTERVAL + 1))) == 2


def test_a_failed_look_is_a_warning_that_clears_the_query_of_it() -> None:
    (line,) = lines_of([(FAILED_LOOK, 4.0)])

    assert line.level == logging.WARNING
    assert "no answer within 30 s" in line.text
    assert "the query is not affected" in line.text


def test_a_warning_of_the_service_is_said_once() -> None:
    said = lines_of([(running(warnings=("unknown state",)), 1.0)] * 5)

    assert [line.text for line in said if line.level == logging.WARNING] == ["unknown state"]


def test_a_warning_said_before_is_not_said_again_at_the_end() -> None:
    warned, _ = ProgressLog().observe(running(warnings=("old",)), now=START, elapsed=0, next_look=1)

    lines = warned.ended(Snapshot(Phase.SUCCEEDED, "DONE", rows=6, warnings=("old", "new")), 61.25)

    assert lines == (
        LogLine(logging.WARNING, "new"),
        LogLine(logging.INFO, "Query ended as SUCCEEDED (state DONE, 6 rows) after 61.2 s."),
    )


@given(HISTORIES)
def test_lines_grow_with_the_logarithm_of_the_wait_however_the_states_come_and_go(
    history: list[tuple[Look, float]],
) -> None:
    waited = sum(pause for _, pause in history)
    states = len({look.state if isinstance(look, Snapshot) else "" for look, _ in history})

    shortest = FIRST_INTERVAL * (1 - SPREAD)
    assert len(lines_of(history)) <= states * (1 + math.log2(1 + waited / shortest)) + waited / LONGEST_INTERVAL


def test_a_day_of_looks_each_half_minute_costs_one_line_per_longest_interval_and_a_few_more() -> None:
    day = 86_400
    lines = lines_of([(running(), 30.0)] * (day // 30))

    assert day / LONGEST_INTERVAL - 3 < len(lines) < day / LONGEST_INTERVAL + 10


def lines_at(log: ProgressLog, *, looks_each: float, until: float, voice: Callable[[float], Voice]) -> list[float]:
    """When lines come, in seconds from the first look."""
    moments, elapsed = [], 0.0
    while elapsed < until:
        now = START + timedelta(seconds=elapsed)
        log, lines = log.observe(running(), now=now, elapsed=elapsed, next_look=looks_each, voice=voice(elapsed))
        moments += [elapsed] * len(lines)
        elapsed += looks_each
    return moments


def test_a_wait_that_was_taken_up_says_nothing_in_its_first_minute_and_then_ever_less() -> None:
    taken_up = ProgressLog(is_taken_up=True)
    moments = lines_at(taken_up, looks_each=5.0, until=14_400, voice=lambda _: Voice(0.5))
    pauses = [later - earlier for earlier, later in pairwise(moments)]
    assert moments[0] >= FIRST_INTERVAL
    assert pauses == sorted(pauses)
    assert len(moments) < 10


def test_waits_taken_up_together_do_not_speak_together() -> None:
    dice = random.Random(14)
    voices = [Voice(dice.random()) for _ in range(1_000)]
    firsts = [
        lines_at(ProgressLog(is_taken_up=True), looks_each=5.0, until=130, voice=lambda _, voice=voice: voice)[0]
        for voice in voices
    ]
    assert max(Counter(int(first // 5) for first in firsts).values()) <= 150


def test_lines_of_waits_that_spoke_together_come_apart_again() -> None:
    pauses = []
    for jitter in (0.0, 0.5, 0.999):
        log, _ = ProgressLog().observe(running(), now=START, elapsed=0, next_look=1, voice=Voice(jitter))
        assert log.due is not None
        pauses.append((log.due - START).total_seconds())

    assert pauses == pytest.approx([FIRST_INTERVAL * (1 + SPREAD * way) for way in (-1, 0, 0.998)])


def test_a_change_of_state_is_said_at_once_by_a_wait_that_was_taken_up() -> None:
    log, first = ProgressLog(is_taken_up=True).observe(running("PENDING"), now=START, elapsed=0, next_look=1)
    _, changed = log.observe(running("IN_PROGRESS"), now=START, elapsed=0, next_look=1)
    assert (first, len(changed)) == ((), 1)


def test_a_look_that_fails_at_once_is_said_by_a_wait_that_was_taken_up() -> None:
    _, lines = ProgressLog(is_taken_up=True).observe(FAILED_LOOK, now=START, elapsed=0, next_look=1)
    assert len(lines) == 1


def test_what_may_not_be_said_now_is_said_later() -> None:
    quiet = Voice(quiet=True)
    look = running("PENDING", warnings=("unknown state",))
    log, nothing = ProgressLog().observe(look, now=START, elapsed=0, next_look=1, voice=quiet)
    _, lines = log.observe(look, now=START, elapsed=0, next_look=1)
    assert nothing == ()
    assert [line.level for line in lines] == [logging.WARNING, logging.INFO]


def test_while_very_many_waits_begin_and_for_some_seconds_after_there_is_no_room_for_a_line() -> None:
    budget, now = LineBudget(), 100.0
    assert budget.has_room(now)
    for _ in range(1_000):
        now += 1 / 140
        budget = budget.spent(1, now)
    assert not budget.has_room(now)
    assert not budget.has_room(now + 5)
    assert budget.has_room(now + 15)


@given(st.lists(st.floats(0, 5), max_size=300))
def test_lines_of_a_process_stay_within_their_rate(pauses: list[float]) -> None:
    budget, now, written = LineBudget(at=0.0), 0.0, 0
    for pause in pauses:
        now += pause
        if budget.has_room(now):
            budget, written = budget.spent(1, now), written + 1
    assert written <= LINES_AT_ONCE + now * LINES_PER_SECOND + 1e-6


def test_a_look_that_fails_every_other_time_costs_hardly_more_lines_than_one_that_never_fails() -> None:
    steady = lines_of([(running(), 30.0)] * 120)
    blinking = lines_of([(running(), 30.0), (FAILED_LOOK, 30.0)] * 60)

    assert len(blinking) <= len(steady) + 2


def test_states_that_differ_at_each_look_get_no_line_each() -> None:
    lines = lines_of([(running(f"STATE {number}"), 1.0) for number in range(3_600)])

    assert len(lines) <= MOST_STATES + 10


def test_warnings_that_differ_at_each_look_end_with_one_that_says_so() -> None:
    lines = lines_of([(running(warnings=(f"warning {number}",)), 1.0) for number in range(300)])
    warnings = [line.text for line in lines if line.level == logging.WARNING]

    assert warnings == [*(f"warning {number}" for number in range(MOST_WARNINGS)), NO_MORE_WARNINGS]


def test_what_is_remembered_of_a_wait_does_not_grow_with_its_looks() -> None:
    log = ProgressLog()
    for number in range(1_000):
        look = running(f"{number}" * 1_000, warnings=(f"{number}" * 10_000,) * 2)
        log, _ = log.observe(look, now=START, elapsed=1.0, next_look=1.0)

    assert len(log.said) + len(log.warned) <= MOST_STATES + MOST_WARNINGS + 1
    assert all(len(text) <= LONGEST_WORDS for text in (*log.said, *log.warned))
