"""What Arrow reads at once as date-times of one spelling is what a look at each text finds; all else is left to that."""

from __future__ import annotations

from string import printable

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_veza.results.columns import Cells
from airflow_provider_veza.results.formats.arrow_arrays import text_array
from airflow_provider_veza.results.formats.arrow_moments import MOMENT, SeenMoments, moments_of
from airflow_provider_veza.results.formats.moment_spelling import runs_of
from airflow_provider_veza.results.schema import are_timestamps

SPELLINGS = ["2026-01-31T12:00:00Z", *(f"2026-01-31T12:00:00.{'123456'[:digits]}Z" for digits in range(1, 7))]
NUMBERS = [
    f"{start}{number:0{width}}{end}"
    for start, width, end in (
        ("", 4, "-01-28T12:00:00Z"),
        ("2026-", 2, "-28T12:00:00Z"),
        ("2026-02-", 2, "T12:00:00Z"),
        ("2024-02-", 2, "T12:00:00Z"),
        ("2026-04-", 2, "T12:00:00Z"),
        ("2026-01-31T", 2, ":00:00Z"),
        ("2026-01-31T12:", 2, ":00Z"),
        ("2026-01-31T12:00:", 2, "Z"),
        ("2026-01-31T12:00:", 2, ".5Z"),
    )
    for number in range(10**width)
]
OTHERS = [
    "",
    "soon",
    "2026-01-31",
    "2026-01-31T12:00Z",
    "2026-01-31T12:00:00",
    "2026-01-31T12:00:00.Z",
    "2026-01-31T12:00:00.1234567Z",
    "2026-01-31T14:00:00+02:00",
    "2026-01-31T12:00:00\n",
    "2026-01-31T12:00:00\0",
    "٢٠٢٦-01-31T12:00:00Z",
]
MOMENTS = st.datetimes().map(lambda moment: moment.isoformat(timespec="microseconds"))
TEXTS = st.sampled_from([*SPELLINGS, *OTHERS]) | st.builds(
    lambda text, digits: text[: 19 + (digits and digits + 1)] + "Z", MOMENTS, st.integers(0, 6)
)


def require_same(texts: list[str | None]) -> bool:
    """Compare with a look at each text, and return whether that was spared."""
    cells = Cells.of(texts)
    found = moments_of(cells)
    if found is None:
        return False
    assert are_timestamps(cells), texts
    found.array.validate(full=True)
    assert found.array.equals(text_array(cells).cast(MOMENT))
    assert [(len(texts), found.spelling)] == runs_of(texts)
    return True


@pytest.mark.parametrize("text", SPELLINGS)
def test_moments_of_one_spelling_in_utc_are_found(text: str) -> None:
    assert require_same([text])
    assert require_same([text, text])
    assert require_same([None, text, None, text])


@pytest.mark.parametrize("text", [*OTHERS, None])
def test_all_others_are_not(text: str | None) -> None:
    assert moments_of(Cells.of([text])) is None
    assert text is None or moments_of(Cells.of([SPELLINGS[0], text, SPELLINGS[0]])) is None


@pytest.mark.parametrize("values", [[6, SPELLINGS[0]], [SPELLINGS[0], 6], [[], SPELLINGS[0]], [True]])
def test_other_values_are_not(values: list[object]) -> None:
    assert moments_of(Cells.of(values)) is None


def test_one_sign_that_is_another_is_never_taken_for_a_moment() -> None:
    for text in SPELLINGS:
        for place in range(len(text)):
            for sign in {*printable, "\0", "é", "٣"}:
                require_same([text[:place] + sign + text[place + 1 :]])


def test_no_number_in_any_place_is_taken_for_a_moment_that_is_none() -> None:
    found = [text for text in NUMBERS if require_same([text])]

    assert found == [text for text in NUMBERS if are_timestamps(Cells.of([text])) and text[0] != "0"]


@settings(deadline=None, derandomize=True)
@given(st.lists(TEXTS | st.none(), min_size=1, max_size=4))
def test_texts_together_are_what_each_of_them_is(texts: list[str | None]) -> None:
    require_same(texts)


@settings(deadline=None, derandomize=True)
@given(st.lists(st.text("0123456789-:.TZ\0 é", max_size=28), min_size=1, max_size=3))
def test_texts_that_look_alike_are_not(texts: list[str]) -> None:
    require_same(texts)


def test_what_is_remembered_is_of_these_very_cells() -> None:
    seen = SeenMoments(are_timestamps)
    one, equal, offset = Cells.of(["2026-01-31T12:00:00Z"]), Cells.of(["2026-01-31T12:00:00Z"]), Cells.of([OTHERS[7]])

    assert [seen.are_moments(cells) for cells in (one, offset, Cells.of(["soon"]))] == [True, True, False]
    assert seen.of(equal) is None
    assert seen.of(offset) is None
    found = seen.of(one)
    assert found is not None
    assert found.array.type == pa.timestamp("us", "UTC")
