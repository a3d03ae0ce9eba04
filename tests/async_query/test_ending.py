"""What an attempt that is ended from outside does with its query: the whole table of the rule, and when it must ask at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_veza.async_query.ending import (
    AskCurrency,
    CancelQuery,
    Currency,
    HandOver,
    Presence,
    judge_kill,
    judge_timeout,
)
from airflow_provider_veza.async_query.standing import Standing

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
STANDINGS = st.sampled_from(Standing)
CURRENCIES = st.none() | st.sampled_from(Currency)
MINUTE = timedelta(minutes=1)
PRESENT = Presence(NOON, parent=7, longest_absence=MINUTE)


@pytest.mark.parametrize("standing", [standing for standing in Standing if standing.nobody_waits])
@pytest.mark.parametrize("can_be_found", [True, False])
def test_what_airflow_clearly_says_nobody_waits_for_is_cancelled(standing: Standing, can_be_found: bool) -> None:
    verdict = judge_kill(standing, can_be_found=can_be_found)

    assert isinstance(verdict, CancelQuery)
    assert verdict.cleared is (standing is Standing.CLEARED)


@pytest.mark.parametrize(
    ("standing", "currency", "was_away", "verdict"),
    [
        (Standing.AT_WORK, None, False, AskCurrency),
        (Standing.AT_WORK, Currency.CURRENT, False, CancelQuery),
        (Standing.AT_WORK, Currency.CURRENT, True, CancelQuery),
        (Standing.AT_WORK, Currency.SUPERSEDED, False, HandOver),
        (Standing.UNKNOWN, Currency.CURRENT, False, CancelQuery),
        (Standing.UNKNOWN, Currency.SUPERSEDED, False, HandOver),
        (Standing.UNKNOWN, Currency.UNKNOWN, False, CancelQuery),
        (Standing.UNKNOWN, Currency.UNKNOWN, True, HandOver),
    ],
)
def test_in_the_last_attempt_it_depends_on_whether_this_one_counts(
    standing: Standing, currency: Currency | None, was_away: bool, verdict: type
) -> None:
    assert isinstance(judge_kill(standing, can_be_found=False, currency=currency, was_away=was_away), verdict)


@given(CURRENCIES, st.booleans())
def test_while_a_retry_can_find_the_query_nothing_but_a_clear_answer_ends_it(
    currency: Currency | None, was_away: bool
) -> None:
    for standing in (Standing.AT_WORK, Standing.UNKNOWN):
        verdict = judge_kill(standing, can_be_found=True, currency=currency, was_away=was_away)
        assert isinstance(verdict, HandOver)


@given(STANDINGS, st.booleans())
def test_a_superseded_attempt_never_cancels_what_somebody_may_wait_for(standing: Standing, was_away: bool) -> None:
    verdict = judge_kill(standing, can_be_found=False, currency=Currency.SUPERSEDED, was_away=was_away)

    assert isinstance(verdict, CancelQuery) is standing.nobody_waits


def test_where_nobody_can_say_anything_the_log_names_the_sweep() -> None:
    verdict = judge_kill(Standing.UNKNOWN, can_be_found=False, currency=Currency.UNKNOWN, was_away=True)

    assert isinstance(verdict, HandOver)
    assert "VezaCancelOrphanedQueriesOperator" in verdict.why


def test_after_execution_timeout_the_argument_decides() -> None:
    assert isinstance(judge_timeout(cancel_on_timeout=True), CancelQuery)
    assert isinstance(judge_timeout(cancel_on_timeout=False), HandOver)


def test_a_process_that_looks_often_enough_doubts_nothing() -> None:
    presence = PRESENT
    for minute in range(1, 100):
        presence = presence.seen(NOON + minute * MINUTE, parent=7)
    assert presence.doubt == ""


@pytest.mark.parametrize("jump", [timedelta(seconds=61), timedelta(hours=3), -timedelta(minutes=2)])
def test_a_jump_of_the_clock_is_doubted_until_airflow_has_answered(jump: timedelta) -> None:
    woken = PRESENT.seen(NOON + jump, parent=7)
    later = woken.seen(NOON + jump + timedelta(seconds=1), parent=7)

    assert "did not run for" in later.doubt
    assert later.assured(NOON + jump).doubt == ""


def test_a_process_without_its_supervisor_doubts_at_every_look() -> None:
    alone = PRESENT.seen(NOON, parent=1)
    assured = alone.assured(NOON)

    assert alone.is_alone
    assert assured.seen(NOON, parent=1).doubt
