"""A date-time comes back as it was spelled, and what says how is small and checked."""

from __future__ import annotations

import doctest
from base64 import b64encode
from datetime import datetime, timedelta
from zlib import compress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_veza.async_query.layout import ColumnType
from airflow_provider_veza.exceptions import ManifestError
from airflow_provider_veza.results.columns import Cells
from airflow_provider_veza.results.formats import moment_spelling
from airflow_provider_veza.results.formats.moment_spelling import Spellings, one_by_one, runs_of, spelled, spellings_in
from airflow_provider_veza.results.schema import widened_type

REPEATABLE = settings(deadline=None, derandomize=True)
NOON = datetime.fromisoformat("2026-01-31T12:00:00")
ZONES = st.sampled_from(["Z", "+00:00", "-00:00", "+02:00", "-11:30", "+23:59"])
MOMENTS = st.builds(
    lambda moment, digits, zone: moment.isoformat(timespec="microseconds")[: 19 + (digits and digits + 1)] + zone,
    st.datetimes(datetime.fromisoformat("0001-01-02T00:00:00"), datetime.fromisoformat("9999-12-30T00:00:00"))
    | st.just(NOON),
    st.integers(0, 6),
    ZONES,
)


@REPEATABLE
@given(st.lists(st.lists(MOMENTS | st.none(), min_size=1, max_size=4), min_size=1, max_size=4))
def test_every_timestamp_comes_back_as_it_was_spelled(groups: list[list[str | None]]) -> None:
    spellings = Spellings()
    for group in groups:
        spellings.add(len(group), {"seen": runs_of(group)})
    texts = [text for group in groups for text in group]
    one_each = one_by_one(spellings_in(spellings.to_text()).get("seen", []))

    assert widened_type(ColumnType.NULL, Cells.of(texts)) in (ColumnType.TIMESTAMP, ColumnType.NULL)
    assert [
        None if text is None else spelled(datetime.fromisoformat(text), next_one)
        for text, next_one in zip(texts, one_each, strict=False)
    ] == texts


@pytest.mark.parametrize("digits", ["", ".000", ".123456"])
def test_a_column_that_is_spelled_alike_costs_one_entry(digits: str) -> None:
    texts = [f"{(NOON + timedelta(seconds=n)).isoformat()}{digits}Z" for n in range(1_000)]
    spellings = Spellings()
    for _ in range(50):
        spellings.add(len(texts), {"seen": runs_of(texts)})

    assert len(runs_of(texts)) == 1
    assert len(spellings.to_text()) < 100


def test_a_column_that_comes_late_was_spelled_shortest_before() -> None:
    spellings = Spellings()
    spellings.add(2, {})
    spellings.add(1, {"seen": [(1, "3Z")]})
    spellings.add(2, {})

    assert spellings_in(spellings.to_text()) == {"seen": [(2, ""), (1, "3Z"), (2, "")]}


@pytest.mark.parametrize("damaged", ["?", "AAAA", b64encode(compress(b"[1]")).decode(), b64encode(b"{}").decode()])
def test_what_does_not_say_how_is_an_error_of_ours(damaged: str) -> None:
    with pytest.raises(ManifestError, match="spellings of date-times cannot be read"):
        spellings_in(damaged)


def test_the_examples_in_the_docstrings_are_true() -> None:
    assert doctest.testmod(moment_spelling).failed == 0
