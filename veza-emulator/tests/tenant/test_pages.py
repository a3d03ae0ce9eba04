"""Paging over a stored result: every row once, for any page size, and tokens that are the result's own."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veza_emulator.graph.tenant_graph import Node
from veza_emulator.query.rows import PathRow, QueryResult, RowKey, SourceRow
from veza_emulator.query.spec import ResultValueType
from veza_emulator.reading.errors import ApiError
from veza_emulator.tenant.pages import PageRequest, decode_token, encode_token, page_of

NAMES = st.text("aAbB:/.", max_size=3)


def source_result(names: list[str]) -> QueryResult:
    rows = [SourceRow(Node(f"id{number}", "OktaUser", {"name": name}), 0) for number, name in enumerate(names)]
    return QueryResult(ResultValueType.SOURCE_NODES_WITH_COUNTS, tuple(sorted(rows, key=lambda row: row.key)))


def path_result(pairs: set[tuple[str, str]]) -> QueryResult:
    rows = [
        PathRow(Node(source, "OktaUser", {"name": source}), Node(target, "S3Bucket", {}), frozenset())
        for source, target in pairs
    ]
    return QueryResult(ResultValueType.SOURCE_AND_DESTINATION_NODES, tuple(sorted(rows, key=lambda row: row.key)))


def all_pages(result: QueryResult, size: int) -> list[object]:
    rows: list[object] = []
    token, has_more = "", True
    while has_more:
        page = page_of(result, "query", PageRequest(size, token))
        assert len(page["values"] + page["path_values"]) <= size
        rows += page["values"] + page["path_values"]
        token, has_more = page["next_page_token"], page["has_more"]
    return rows


@given(st.lists(NAMES, max_size=30), st.integers(1, 40))
def test_pages_of_any_size_hold_every_source_row_once_and_in_order(names: list[str], size: int) -> None:
    result = source_result(names)
    assert all_pages(result, size) == [row.render() for row in result.rows]


@given(st.sets(st.tuples(NAMES.filter(bool), NAMES.filter(bool)), max_size=30), st.integers(1, 40))
def test_pages_of_any_size_hold_every_path_row_once_and_in_order(pairs: set[tuple[str, str]], size: int) -> None:
    result = path_result(pairs)
    assert all_pages(result, size) == [row.render() for row in result.rows]


def test_a_page_size_over_the_maximum_reads_as_the_maximum() -> None:
    page = page_of(source_result(["x"] * 250), "query", PageRequest(size=10_000))
    assert (len(page["values"]), page["has_more"]) == (100, True)


def test_the_last_page_has_a_token_and_an_empty_page_follows_it() -> None:
    result = source_result(["a", "b"])
    last = page_of(result, "query", PageRequest(size=2))
    assert (bool(last["next_page_token"]), last["has_more"]) == (True, False)
    after = page_of(result, "query", PageRequest(token=last["next_page_token"]))
    assert after == {"values": [], "path_values": [], "next_page_token": "", "has_more": False}


def test_a_token_is_the_keyset_of_the_sample() -> None:
    token = page_of(source_result(["Ann", "Bob"]), "4fab1d52", PageRequest())["next_page_token"]
    assert json.loads(base64.b64decode(token)) == {
        "First": {"duplication_scope_id": "4fab1d52", "id": "id0", "lower_name": "ann"},
        "Last": {"duplication_scope_id": "4fab1d52", "id": "id1", "lower_name": "bob"},
    }


@given(st.builds(RowKey, st.text(), st.text(), st.text()), st.text())
def test_any_key_survives_its_token(key: RowKey, scope: str) -> None:
    assert decode_token(encode_token(key, key, scope), scope) == key


@given(st.text())
def test_any_other_text_is_refused_as_a_token(text: str) -> None:
    with pytest.raises(ApiError):
        decode_token(text, "query")


@pytest.mark.parametrize(
    "content",
    [
        {},
        [],
        {"Last": None},
        {"Last": {"duplication_scope_id": "query", "id": "x"}},
        {"Last": {"duplication_scope_id": "query", "id": 7, "lower_name": "x"}},
        {"Last": {"duplication_scope_id": "another query", "id": "x", "lower_name": "x"}},
    ],
)
def test_a_token_of_another_shape_or_query_is_refused(content: object) -> None:
    with pytest.raises(ApiError):
        decode_token(base64.b64encode(json.dumps(content).encode()).decode(), "query")
