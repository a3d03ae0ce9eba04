"""Where rows stand in an answer, and what says that another page follows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_veza.async_query.vocabulary import Page
from airflow_provider_veza.exceptions import MalformedResponseError
from airflow_provider_veza.services.veza_rows import page_of
from services.answers import AMARA, AMARA_TO_PAYROLL, KIRAN, sample

ROWS = st.lists(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5) | st.none(), max_size=3))


@pytest.mark.parametrize(
    ("answer", "page"),
    [
        ({"values": [AMARA, KIRAN], "path_values": []}, Page((AMARA, KIRAN))),
        ({"values": [], "path_values": [AMARA_TO_PAYROLL]}, Page((AMARA_TO_PAYROLL,))),
        ({"values": [AMARA]}, Page((AMARA,))),
        ({"path_values": [AMARA_TO_PAYROLL]}, Page((AMARA_TO_PAYROLL,))),
        ({"values": [], "path_values": []}, Page()),
        ({"values": None, "path_values": None}, Page()),
    ],
    ids=["values", "path_values", "only values", "only path_values", "both empty", "both null"],
)
def test_the_rows_are_those_of_the_list_that_is_not_empty(answer: dict[str, Any], page: Page) -> None:
    assert page_of(answer) == page


@pytest.mark.parametrize(
    ("fields", "next_page_token"),
    [
        ({"has_more": True, "next_page_token": "eyJGaXJzdCI6e30="}, "eyJGaXJzdCI6e30="),
        ({"has_more": False, "next_page_token": "eyJGaXJzdCI6e30="}, None),
        ({"has_more": False, "next_page_token": ""}, None),
        ({"has_more": None, "next_page_token": None}, None),
        ({"next_page_token": "eyJGaXJzdCI6e30="}, "eyJGaXJzdCI6e30="),
        ({"has_more": None, "next_page_token": "t"}, "t"),
        ({}, None),
        ({"has_more": "true", "next_page_token": "t"}, "t"),
        ({"has_more": "False", "next_page_token": "t"}, None),
    ],
    ids=[
        "more",
        "token on the last page",
        "last page",
        "nulls",
        "token alone",
        "token and null",
        "nothing",
        "true as text",
        "false as text",
    ],
)
def test_has_more_says_whether_a_page_follows_or_else_a_token(
    fields: dict[str, Any], next_page_token: str | None
) -> None:
    assert page_of({"values": [AMARA], **fields}).next_page_token == next_page_token


def test_an_empty_page_in_the_middle_is_not_the_end() -> None:
    page = page_of({"values": [], "path_values": [], "has_more": True, "next_page_token": "onwards"})

    assert page == Page((), "onwards")


def test_the_documented_answer_is_a_page_with_a_successor() -> None:
    answer = sample("resp_query_spec_nodes_docs.json")

    assert page_of(answer) == Page(tuple(answer["values"]), answer["next_page_token"])


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"values": [], "has_more": True}, "announced another page"),
        ({"values": [], "has_more": "true"}, "announced another page"),
        ({"values": [], "has_more": True, "next_page_token": ""}, "announced another page"),
        ({"values": [], "has_more": True, "next_page_token": None}, "announced another page"),
        ({"values": [], "has_more": "perhaps", "next_page_token": "t"}, "has_more='perhaps'"),
        ({"values": [], "has_more": 1, "next_page_token": "t"}, "has_more=1"),
        ({"values": [], "has_more": True, "next_page_token": 7}, "next_page_token=7"),
        ({}, r"no values and no path_values \(fields: \[\]\).*rows_field.*doctor"),
        ({"status": "DONE", "has_more": False}, r"\(fields: \['has_more', 'status'\]\)"),
        ({"result": [AMARA], "progress_status": {"row_count": 547}}, r"\['progress_status', 'result'\]"),
        ({"cut \ud83d\n" * 100: 1}, r"\\ud83d.*\.\.\.\)"),
        ({"values": {"id": 1}}, "'values' that is not a list of objects"),
        ({"values": "rows"}, "'values' that is not a list of objects"),
        *(({"values": nothing, "path_values": []}, "'values' that is not a list") for nothing in ({}, "", 0, False)),
        *(({"values": [AMARA], "has_more": no, "next_page_token": "t"}, "has_more=") for no in ({}, [], "", 0)),
        ({"path_values": [AMARA_TO_PAYROLL, None]}, "'path_values' that is not a list of objects"),
        ({"values": [AMARA], "path_values": [AMARA_TO_PAYROLL]}, "1 `values` and 1 `path_values`"),
    ],
)
def test_an_answer_that_could_lose_rows_is_refused(answer: dict[str, Any], message: str) -> None:
    with pytest.raises(MalformedResponseError, match=message):
        page_of(answer)


COUNTED = {"values": [AMARA], "path_values": [], "progress_status": {"row_count": 547}}


def test_a_first_page_with_fewer_rows_than_counted_and_no_word_of_another_is_refused() -> None:
    with pytest.raises(MalformedResponseError, match=r"counts 547 rows, but holds 1 .*fields: .*'values'.*rows_field"):
        page_of(COUNTED, is_first=True)


FULL = {"values": [AMARA] * 3, "path_values": []}


def test_a_first_page_that_is_full_and_says_nothing_of_another_is_refused() -> None:
    with pytest.raises(MalformedResponseError, match=r"holds 3 rows, a full page, .*fields: .*'values'.*rows_field"):
        page_of(FULL, is_first=True, page_size=3)


@pytest.mark.parametrize(
    ("fields", "is_first", "page_size"),
    [
        ({}, True, 4),
        ({}, True, None),
        ({}, False, 3),
        ({"has_more": False}, True, 3),
        ({"next_page_token": ""}, True, 3),
    ],
    ids=["not full", "of no known size", "a later page", "no more", "no token"],
)
def test_a_page_is_the_last_where_it_may_be_all_there_is(
    fields: dict[str, Any], is_first: bool, page_size: int | None
) -> None:
    assert page_of({**FULL, **fields}, is_first=is_first, page_size=page_size) == Page((AMARA,) * 3)


@pytest.mark.parametrize(
    ("fields", "is_first"), [({"has_more": False}, True), ({"next_page_token": ""}, True), ({}, False)]
)
def test_a_page_that_says_that_it_is_the_last_or_a_later_one_is_read(fields: dict[str, Any], is_first: bool) -> None:
    assert page_of({**COUNTED, **fields}, is_first=is_first).total == 547


def test_rows_are_read_from_the_field_that_the_connection_names() -> None:
    assert page_of({"values": [], "result": [AMARA, KIRAN]}, ("result",)) == Page((AMARA, KIRAN))
    with pytest.raises(MalformedResponseError, match="there is no result "):
        page_of({"values": [AMARA]}, ("result",))


@given(rows=ROWS, key=st.sampled_from(["values", "path_values"]), token=st.text(min_size=1), has_more=st.booleans())
def test_rows_are_delivered_as_they_were_sent(rows: list[Any], key: str, token: str, has_more: bool) -> None:
    page = page_of({"values": [], "path_values": [], key: rows, "has_more": has_more, "next_page_token": token})

    assert page == Page(tuple(rows), token if has_more else None)
