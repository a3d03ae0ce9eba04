"""The way through a result visits each page once and ends; pages that are too large shrink."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.pages import PageSize, PageTrail, reading_end
from airflow_provider_veza.async_query.retry import Failure
from airflow_provider_veza.async_query.vocabulary import Page
from airflow_provider_veza.exceptions import (
    EndlessPagesError,
    MalformedResponseError,
    NoAnswerError,
    NotSentError,
    RefusedError,
    RepeatedPageTokenError,
    RequestError,
)

TOKENS = st.text(alphabet="abc", max_size=3) | st.text()


def test_a_page_leads_to_the_one_that_its_token_names() -> None:
    assert PageTrail().advance(Page(next_page_token="t2")) == "t2"


def test_a_page_without_a_token_is_the_last() -> None:
    assert PageTrail().advance(Page()) is None


def test_an_empty_page_with_a_token_is_not_the_last() -> None:
    assert PageTrail().advance(Page(rows=(), next_page_token="t2")) == "t2"


@given(st.lists(TOKENS, unique=True))
def test_a_trail_of_different_tokens_is_followed_to_its_end(tokens: list[str]) -> None:
    trail = PageTrail()

    assert [trail.advance(Page(rows=({},), next_page_token=token)) for token in tokens] == tokens


def test_empty_pages_in_the_middle_are_followed_but_not_without_end() -> None:
    trail = PageTrail(most_empty=3)
    tokens = (f"t{number}" for number in range(100))

    for rows in [(), (), ({},), (), (), ({},)]:
        trail.advance(Page(rows=rows, next_page_token=next(tokens)))
    trail.advance(Page(next_page_token=next(tokens)))
    trail.advance(Page(next_page_token=next(tokens)))
    with pytest.raises(EndlessPagesError, match="3 pages one after the other, up to page 9, brought no row"):
        trail.advance(Page(next_page_token=next(tokens)))


def test_as_many_empty_pages_may_come_if_the_last_one_is_the_last() -> None:
    trail = PageTrail(most_empty=2)

    trail.advance(Page(next_page_token="a"))
    assert trail.advance(Page()) is None


NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("deadline", "end"),
    [(30, 30), (0, 300), (-3600, 300)],
    ids=["it is to come", "it is here: a page's time", "it has passed: a page's time"],
)
def test_rows_are_read_by_the_deadline_or_within_the_time_of_a_page(deadline: float, end: float) -> None:
    given_deadline = Deadline(NOW + timedelta(seconds=deadline))

    assert reading_end(given_deadline, NOW, 300.0) == Deadline(NOW + timedelta(seconds=end))


@given(st.lists(TOKENS, unique=True, min_size=1), st.data())
def test_a_token_that_leads_back_is_an_error_that_names_the_page(tokens: list[str], data: st.DataObject) -> None:
    trail = PageTrail()
    for token in tokens:
        trail.advance(Page(next_page_token=token))

    with pytest.raises(RepeatedPageTokenError, match=f"Page {len(tokens) + 1} "):
        trail.advance(Page(next_page_token=data.draw(st.sampled_from(tokens))))


def test_a_token_where_reading_began_counts_as_read() -> None:
    with pytest.raises(RepeatedPageTokenError):
        PageTrail(first_token="t7").advance(Page(next_page_token="t7"))


@pytest.mark.parametrize(
    "error",
    [NoAnswerError("timed out"), *(RefusedError(status, "no") for status in (400, 408, 413, 422, 500, 502, 503, 504))],
    ids=str,
)
def test_half_as_many_rows_are_asked_for_after_a_page_that_may_be_too_large(error: RequestError) -> None:
    assert PageSize(100).smaller(error) == PageSize(50)


@pytest.mark.parametrize(
    "error",
    [
        NotSentError("no route"),
        MalformedResponseError("no JSON"),
        *(RefusedError(s, "no") for s in (401, 403, 404, 429)),
    ],
    ids=repr,
)
def test_no_smaller_page_helps_against_other_errors(error: RequestError) -> None:
    assert PageSize(100).smaller(error) is None


@pytest.mark.parametrize("rows", [1, None])
def test_a_page_that_cannot_be_smaller_is_given_up(rows: int | None) -> None:
    assert PageSize(rows).smaller(NoAnswerError("timed out")) is None


@given(st.integers(min_value=1, max_value=10_000))
def test_sizes_shrink_to_one_and_end(rows: int) -> None:
    sizes = [PageSize(rows)]
    while smaller := sizes[-1].smaller(NoAnswerError("timed out")):
        sizes.append(smaller)

    assert sizes[-1] == PageSize(1)
    assert len(sizes) <= 14


def test_a_page_that_can_be_smaller_is_not_waited_for_again_and_again() -> None:
    delays = [
        [
            size.retry.delay(attempt=n, idempotent=True, outcome=Failure.NO_ANSWER, retry_after=None, jitter=0.5)
            for n in (1, 2, 4)
        ]
        for size in (PageSize(100), PageSize(1))
    ]

    assert [[delay is not None for delay in each] for each in delays] == [[True, False, False], [True, True, True]]
