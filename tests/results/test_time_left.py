"""Once the first pages are read, the log says how long the rest takes, if anybody waits long enough to care."""

from __future__ import annotations

import doctest
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from airflow_provider_veza.results import time_left
from airflow_provider_veza.results.checkpoint import Progress
from airflow_provider_veza.results.landing_limits import LandingLimits
from results.landed import Lander, pages_of, users

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
BEGUN = time_left.StartOfReading(NOON, Progress(pages=3, rows=300))


@pytest.mark.parametrize(
    ("read", "seconds", "expected"),
    [
        (Progress(pages=8, rows=800, row_count=10_800), 5, 100.0),
        (Progress(pages=8, rows=800, row_count=3_800), 5, 30.0),
        (Progress(pages=8, rows=800, row_count=3_700), 5, None),
        (Progress(pages=7, rows=700, row_count=10_800), 5, None),
        (Progress(pages=9, rows=900, row_count=10_800), 5, None),
        (Progress(pages=8, rows=800), 5, None),
        (Progress(pages=8, rows=300, row_count=10_800), 5, None),
        (Progress(pages=8, rows=800, row_count=10_800), 0, None),
        (Progress(pages=8, rows=800, row_count=700), 5, None),
    ],
    ids=["long", "just", "short", "too soon", "said", "not counted", "no rows", "no time", "fewer counted"],
)
def test_what_is_left_follows_from_how_fast_the_first_pages_came(
    read: Progress, seconds: int, expected: float | None
) -> None:
    found = BEGUN.expected(read, NOON + timedelta(seconds=seconds))

    assert (found and found.left.total_seconds()) == expected


def test_the_log_says_it_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    lander = Lander(tmp_path, limits=LandingLimits())
    landing = lander.landing()
    landing.begin()
    for page in pages_of(users(40), total=40):
        landing.take(page)
        lander.now += timedelta(seconds=5)

    said = [record.message for record in caplog.records if "are left" in record.message]
    assert said == ["12 of 40 rows are read, 0.4 a second: about 0:01:10 are left."]


def test_the_examples_in_the_docstrings_are_true() -> None:
    assert doctest.testmod(time_left).failed == 0
