"""Which texts name a point in time, the same on every Python."""

from __future__ import annotations

import pytest

from veza_emulator.reading.moment import moment_in


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00+00:00"),
        ("20260131T120000Z", "2026-01-31T12:00:00+00:00"),
        ("2026-01-31T13:00:00+01:00", "2026-01-31T13:00:00+01:00"),
        ("2026-01-31T12:00:00", "2026-01-31T12:00:00"),
        ("2026-01-31", "2026-01-31T00:00:00"),
    ],
)
def test_a_text_names_this_moment(text: str, moment: str) -> None:
    named = moment_in(text)
    assert named is not None
    assert named.isoformat() == moment


@pytest.mark.parametrize(
    "text", ["2026-01-31T24:00:00Z", "2026-01-31 24:00", "20260131T240000Z", "2026-02-30", "never", ""]
)
def test_a_text_names_none(text: str) -> None:
    assert moment_in(text) is None
