"""Pages become a value for XCom within exact bounds, and no page is read that no longer matters."""

from __future__ import annotations

import json
from collections.abc import Iterator
from logging import getLogger
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_veza.async_query.vocabulary import Page
from airflow_provider_veza.exceptions import (
    ArgumentError,
    AsyncQueryError,
    ColumnError,
    EmptyResultError,
    PartialResultError,
    ResultsError,
    TooManyRowsError,
    XComLimitError,
)
from airflow_provider_veza.results.inline import (
    DEFAULT_XCOM_BYTES,
    DEFAULT_XCOM_ROWS,
    InlineLimits,
    collect,
    with_warnings_logged,
)

ROW = {"id": "00ue3cb75ea3cda311e1", "properties": {"name": "Amára Okafor"}}
ROWS = st.lists(st.dictionaries(st.text(max_size=4), st.text(max_size=6) | st.integers(), max_size=2), max_size=9)
PAGES = st.lists(ROWS, max_size=4)


def pages_of(*sizes: int) -> list[Page]:
    return [Page((ROW,) * size) for size in sizes]


def size_as_json(rows: Any) -> int:
    return len(json.dumps(rows, separators=(",", ":"), ensure_ascii=False).encode())


class Pages:
    """Counts the pages that were read."""

    def __init__(self, *sizes: int) -> None:
        self.sizes = sizes
        self.read = 0

    def __iter__(self) -> Iterator[Page]:
        for page in pages_of(*self.sizes):
            self.read += 1
            yield page


@pytest.mark.parametrize(
    ("pages", "value"),
    [
        (pages_of(2, 1), [ROW] * 3),
        (pages_of(1, 0, 1), [ROW] * 2),
        (pages_of(0), []),
        ([], []),
        ([Page(count=6)], {"count": 6}),
        ([Page(count=0)], {"count": 0}),
    ],
    ids=["pages", "empty page in the middle", "no rows", "no pages", "count", "count of zero"],
)
def test_rows_are_a_list_and_a_number_is_a_count(pages: list[Page], value: Any) -> None:
    assert collect(pages, InlineLimits()) == value


@pytest.mark.parametrize("pages", [pages_of(0), [], [Page(count=0)]], ids=["no rows", "no pages", "count of zero"])
def test_nothing_found_is_an_error_only_if_asked_for(pages: list[Page]) -> None:
    with pytest.raises(EmptyResultError, match="check the names in the query first"):
        collect(pages, InlineLimits(fail_on_empty=True))


def test_a_partial_result_is_delivered_unless_only_a_whole_one_is_allowed() -> None:
    pages = [Page((ROW,), partial=True, warnings=("shard 3 failed",))]

    assert collect(pages, InlineLimits()) == [ROW]
    with pytest.raises(PartialResultError, match="shard 3 failed.*allow_partial_results=True"):
        collect(pages, InlineLimits(allow_partial=False))


def test_what_the_service_warns_of_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    pages = [Page((ROW,), warnings=("cut at 1000 rows",)), Page((ROW,), partial=True, warnings=("cut at 1000 rows",))]

    assert list(with_warnings_logged(pages, getLogger("task"))) == pages
    assert caplog.messages == [
        "The service warns: cut at 1000 rows",
        "The service warns: These rows are only a part of the result.",
    ]


@pytest.mark.parametrize("pages", [pages_of(0, 1), [Page(count=1)]], ids=["a row", "a count"])
def test_something_found_passes(pages: list[Page]) -> None:
    assert collect(pages, InlineLimits(fail_on_empty=True))


@pytest.mark.parametrize(
    ("limits", "error", "words"),
    [
        (InlineLimits(max_rows=3), TooManyRowsError, "more than max_rows=3 rows"),
        (InlineLimits(xcom_max_rows=3), XComLimitError, "more than xcom_max_rows=3 rows"),
        (InlineLimits(max_rows=3, xcom_max_rows=3), TooManyRowsError, "more than max_rows=3 rows"),
        (
            InlineLimits(xcom_max_bytes=100),
            XComLimitError,
            "The first 2 rows are 137 bytes of JSON, more than",
        ),
    ],
)
def test_a_passed_bound_is_an_error_that_says_what_to_do_and_delivers_nothing(
    limits: InlineLimits, error: type[AsyncQueryError], words: str
) -> None:
    with pytest.raises(error, match=f"{words}.*none was delivered.*Ask for less.*or raise the limit") as failed:
        collect(pages_of(2, 2), limits)
    assert not failed.value.heals


@pytest.mark.parametrize(
    "limits",
    [InlineLimits(max_rows=3), InlineLimits(xcom_max_rows=3), InlineLimits(xcom_max_bytes=size_as_json([ROW] * 3))],
)
def test_no_page_is_read_after_the_one_that_passed_a_bound(limits: InlineLimits) -> None:
    pages = Pages(2, 2, 2, 2)

    with pytest.raises(ResultsError):
        collect(pages, limits)
    assert pages.read == 2


@pytest.mark.parametrize("name", ["max_rows", "xcom_max_rows", "xcom_max_bytes"])
@pytest.mark.parametrize("value", [0, -1])
def test_a_bound_below_one_is_refused(name: str, value: int) -> None:
    with pytest.raises(ArgumentError, match=f"{name} must be at least 1, not {value}"):
        InlineLimits(**{name: value})


def test_the_documented_bounds_are_the_default() -> None:
    assert InlineLimits() == InlineLimits(None, DEFAULT_XCOM_ROWS, DEFAULT_XCOM_BYTES, fail_on_empty=False)
    assert (DEFAULT_XCOM_ROWS, DEFAULT_XCOM_BYTES) == (10_000, 1_048_576)


@given(pages=PAGES, max_rows=st.none() | st.integers(1, 20), xcom_max_rows=st.integers(1, 20))
def test_the_bounds_of_rows_are_exact(pages: list[Any], max_rows: int | None, xcom_max_rows: int) -> None:
    rows = [row for page in pages for row in page]
    bound = min(max_rows or xcom_max_rows, xcom_max_rows)
    limits = InlineLimits(max_rows=max_rows, xcom_max_rows=xcom_max_rows)
    if len(rows) > bound:
        with pytest.raises((TooManyRowsError, XComLimitError)):
            collect([Page(tuple(page)) for page in pages], limits)
    else:
        assert collect([Page(tuple(page)) for page in pages], limits) == rows


@given(pages=PAGES, slack=st.integers(-3, 3))
def test_the_bound_of_bytes_is_the_size_of_the_whole_list_as_json(pages: list[Any], slack: int) -> None:
    rows = [row for page in pages for row in page]
    limits = InlineLimits(xcom_max_bytes=max(size_as_json(rows) + slack, 2))
    if size_as_json(rows) > limits.xcom_max_bytes:
        with pytest.raises(XComLimitError):
            collect([Page(tuple(page)) for page in pages], limits)
    else:
        assert collect([Page(tuple(page)) for page in pages], limits) == rows


RESERVED = {
    "a class": {"__classname__": "a.B"},
    "an id": {"__id__": "a.B"},
    "of Airflow 1": {"__type": "dict", "__var": {"a": 1}},
}


@pytest.mark.parametrize(
    ("row", "column"),
    [(fields, min(fields)) for fields in RESERVED.values()]
    + [({"id": "1", "properties": fields}, "properties") for fields in RESERVED.values()]
    + [({"id": "1", "path": [[{"node": fields}]]}, "path") for fields in RESERVED.values()],
)
def test_a_row_that_airflow_would_take_for_an_object_of_its_own_is_refused_by_name(
    row: dict[str, Any], column: str
) -> None:
    with pytest.raises(
        ColumnError, match=f"Column '{column}': row 2 has a field .*output_path|Land as 'jsonl'"
    ) as error:
        collect([Page((ROW,)), Page((row,))], InlineLimits())
    assert error.value.column == column


@pytest.mark.parametrize(
    "row", [{"__type": "dict"}, {"__var": 1}, {"a": "__classname__"}, {"__data__": 1, "__version__": 1}]
)
def test_a_name_that_airflow_gives_back_as_it_is_goes_through(row: dict[str, Any]) -> None:
    assert collect([Page((row,))], InlineLimits()) == [row]
