"""What a deadline says about a given moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.exceptions import ArgumentError

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NAIVE = START.replace(tzinfo=None)
SPANS = st.timedeltas(min_value=timedelta(days=-400), max_value=timedelta(days=400))


@given(SPANS, st.sampled_from([UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("America/St_Johns")]))
def test_time_is_left_exactly_as_long_as_the_deadline_has_not_passed(ahead: timedelta, zone: ZoneInfo) -> None:
    deadline, now = Deadline((START + ahead).astimezone(zone)), START

    assert deadline.passed(now) == (ahead <= timedelta(0))
    assert deadline.remaining(now) == max(ahead, timedelta(0))


def test_it_has_passed_at_its_very_moment() -> None:
    assert Deadline(START).passed(START)
    assert not Deadline(START).passed(START - timedelta(microseconds=1))


def test_a_wait_that_ends_after_the_last_date_is_refused() -> None:
    with pytest.raises(ArgumentError, match="give a shorter one"):
        Deadline.after(START, timedelta.max)


@given(SPANS)
def test_it_is_kept_in_utc_whatever_the_zone_of_the_start(wait: timedelta) -> None:
    deadline = Deadline.after(START.astimezone(ZoneInfo("Asia/Kathmandu")), wait)

    assert deadline == Deadline.after(START, wait)
    assert deadline.at.tzinfo is UTC


def test_a_wait_of_a_day_lasts_24_hours_where_the_clocks_change_meanwhile() -> None:
    before_the_change = datetime(2026, 3, 28, 12, 0, tzinfo=ZoneInfo("Europe/Berlin"))

    assert Deadline.after(before_the_change, timedelta(days=1)).remaining(before_the_change) == timedelta(hours=24)


def test_the_earlier_of_two_is_the_lesser() -> None:
    assert min(Deadline(START + timedelta(hours=1)), Deadline(START)) == Deadline(START)


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Deadline(NAIVE)


def test_a_start_without_a_time_zone_is_refused_and_not_taken_for_local_time() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Deadline.after(NAIVE, timedelta(hours=1))
