"""Which lines a waiting task's log gets, and how few."""

from __future__ import annotations

import logging
import math
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_veza.async_query.progress import (
    FIRST_INTERVAL,
    LONGEST_INTERVAL,
    MOST_STATES,
    NO_MORE_WARNINGS,
    LogLine,
    ProgressLog,
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

    assert len(lines_of(history)) <= states * (1 + math.log2(1 + waited / FIRST_INTERVAL)) + waited / LONGEST_INTERVAL


def test_a_day_of_looks_each_half_minute_costs_one_line_per_longest_interval_and_a_few_more() -> None:
    day = 86_400
    lines = lines_of([(running(), 30.0)] * (day // 30))

    assert day / LONGEST_INTERVAL - 3 < len(lines) < day / LONGEST_INTERVAL + 10


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
