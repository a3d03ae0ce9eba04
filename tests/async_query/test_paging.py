"""The way through a result visits each page once and ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_veza.async_query.paging import PageTrail
from airflow_provider_veza.async_query.vocabulary import Page
from airflow_provider_veza.exceptions import RepeatedPageTokenError

TOKENS = st.text(alphabet="abc", max_size=3) | st.text()


def test_a_page_leads_to_the_one_that_its_token_names() -> None:
    assert PageTrail().after(Page(next_page_token="t2")) == "t2"


def test_a_page_without_a_token_is_the_last() -> None:
    assert PageTrail().after(Page()) is None


def test_an_empty_page_with_a_token_is_not_the_last() -> None:
    assert PageTrail().after(Page(rows=(), next_page_token="t2")) == "t2"


@given(st.lists(TOKENS, unique=True))
def test_a_trail_of_different_tokens_is_followed_to_its_end(tokens: list[str]) -> None:
    trail = PageTrail()

    assert [trail.after(Page(next_page_token=token)) for token in tokens] == tokens


@given(st.lists(TOKENS, unique=True, min_size=1), st.data())
def test_a_token_that_leads_back_is_an_error_that_names_the_page(tokens: list[str], data: st.DataObject) -> None:
    trail = PageTrail()
    for token in tokens:
        trail.after(Page(next_page_token=token))

    with pytest.raises(RepeatedPageTokenError, match=f"Page {len(tokens) + 1} "):
        trail.after(Page(next_page_token=data.draw(st.sampled_from(tokens))))
