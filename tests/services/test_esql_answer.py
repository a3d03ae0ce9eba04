"""From a table as Elasticsearch writes it to rows as objects, and what a result's warnings say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_veza.async_query.layout import ColumnType
from airflow_provider_veza.async_query.vocabulary import Phase
from airflow_provider_veza.exceptions import MalformedResponseError
from airflow_provider_veza.services.esql import EsqlService
from airflow_provider_veza.services.esql_answer import (
    EsqlColumn,
    column_names,
    read_answer,
    row_count,
    rows_of,
    warnings_of,
)
from airflow_provider_veza.services.esql_layout import column_types
from services.esql_answers import COLUMNS, GATEWAY_PAGE, QUERY_ID, ROWS, VALUES, answered, table

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
CELLS = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.text(), SCALARS, max_size=2)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[Any]]]:
    names = draw(st.lists(st.text(), min_size=1, max_size=5, unique=True))
    rows = draw(st.lists(st.lists(CELLS, min_size=len(names), max_size=len(names)), max_size=6))
    return names, rows


def body(names: list[str], values: Any) -> dict[str, Any]:
    return table(columns=[{"name": name, "type": "keyword"} for name in names], values=values)


def transposed(rows: list[list[Any]], width: int) -> list[list[Any]]:
    return [[row[i] for row in rows] for i in range(width)]


@given(tables())
def test_rows_become_objects_with_every_value_as_it_was_sent(drawn: tuple[list[str], list[list[Any]]]) -> None:
    names, rows = drawn
    answer = read_answer(answered(body(names, rows)))
    assert list(rows_of(answer, columnar=False)) == [dict(zip(names, row, strict=True)) for row in rows]
    assert row_count(answer, columnar=False) == len(rows)


@given(tables())
def test_a_table_sent_by_columns_gives_the_same_rows(drawn: tuple[list[str], list[list[Any]]]) -> None:
    names, rows = drawn
    by_columns = read_answer(answered(body(names, transposed(rows, len(names)))))
    assert rows_of(by_columns, columnar=True) == rows_of(read_answer(answered(body(names, rows))), columnar=False)
    assert row_count(by_columns, columnar=True) == len(rows)


def test_numbers_keep_the_text_that_was_sent() -> None:
    text = (
        b'{"is_running":false,"columns":[{"name":"n","type":"unsigned_long"}],"values":[[18446744073709551615],[1.50]]}'
    )
    rows = rows_of(read_answer(answered(text)), columnar=False)
    assert [bytes(row) for row in rows.texts] == [b'{"n":18446744073709551615}', b'{"n":1.50}']


@given(st.lists(st.sampled_from(["a", "a_2", "a_3", "b", "100%"]), max_size=8))
def test_no_two_columns_get_one_name_and_the_first_keeps_its_own(names: list[str]) -> None:
    given_names = column_names([EsqlColumn(name) for name in names])
    assert len(set(given_names)) == len(names)
    assert {names.index(name) for name in set(names)} <= {i for i, name in enumerate(given_names) if name == names[i]}


@pytest.mark.parametrize(
    ("columnar", "values"),
    [
        (False, [["only one"]]),
        (False, [["a", 1, None, "too many"]]),
        (True, [["a"], [1]]),
        (True, [["a"], [1, 2], [None]]),
    ],
)
def test_a_table_that_does_not_match_its_columns_is_an_error_and_no_short_row(columnar: bool, values: Any) -> None:
    with pytest.raises(MalformedResponseError, match="does not match its 3 columns"):
        rows_of(read_answer(answered(table(values=values))), columnar=columnar)


@pytest.mark.parametrize("values", [{"a": 1}, [1, 2], "x", None], ids=str)
def test_values_that_are_no_table_are_an_error(values: Any) -> None:
    with pytest.raises(MalformedResponseError, match="no table"):
        rows_of(read_answer(answered(table(values=values))), columnar=False)


@pytest.mark.parametrize("missing", ["columns", "values"])
def test_an_ended_query_without_a_table_is_an_error_that_names_the_fields_that_came(missing: str) -> None:
    sent = table(values=VALUES)
    sent["rows"] = sent.pop(missing)

    with pytest.raises(MalformedResponseError, match=r"ended, but sent no table \(fields: \[.*'is_running'.*'rows'"):
        EsqlService().page("q", None).read(answered(sent))
    assert EsqlService().look("q").read(answered(sent)).phase is Phase.SUCCEEDED


@pytest.mark.parametrize(
    "text", [b"", GATEWAY_PAGE, b"[]", b'{"id": "x"}', b'{"is_running": "no"}', b'{"is_running":true,"id":"\xff"}']
)
def test_a_success_that_is_no_answer_is_an_error_that_says_where_to_look(text: bytes) -> None:
    with pytest.raises(MalformedResponseError, match="check the connection's host"):
        read_answer(answered(text))


@pytest.mark.parametrize(
    "sent",
    [
        {"id": QUERY_ID, "is_running": True},
        {"id": QUERY_ID, "is_running": True, "columns": [], "values": [], "took": 3, "is_partial": True},
        {"id": QUERY_ID, "is_running": True, "columns": [], "values": [], "start_time_in_millis": 1, "new": {"x": 1}},
    ],
    ids=["documents' example", "8.x", "later"],
)
def test_a_running_query_is_read_from_any_version(sent: dict[str, Any]) -> None:
    answer = read_answer(answered(sent))
    assert (answer.is_running, answer.id, rows_of(answer, columnar=False)) == (True, QUERY_ID, [])


def warned(text: str, rows: int) -> tuple[str, ...]:
    response = answered(table(values=VALUES), warning=text)
    return warnings_of(response, read_answer(response), rows)


def test_the_servers_warnings_are_told_once_each() -> None:
    header = (
        '299 Elasticsearch-9.1.4-abc "Line 1:8: \\"x\\" is text", 299 Elasticsearch-9.1.4-abc "other", 299 - "other"'
    )
    assert warned(header, 3) == ('Line 1:8: "x" is text', "other")


@pytest.mark.parametrize(
    ("header", "rows", "is_cut"),
    [
        ("", 9_999, False),
        ("", 10_000, True),
        ('299 ES "No limit defined, adding default limit of [1000]"', 999, False),
        ('299 ES "No limit defined, adding default limit of [1000]"', 1_000, True),
        ("", 1_000, False),
    ],
)
def test_a_result_that_ends_at_a_limit_nobody_set_is_said_aloud(header: str, rows: int, is_cut: bool) -> None:
    assert any("rows may be missing" in text for text in warned(header, rows)) is is_cut


def test_what_failed_of_a_partial_result_is_named() -> None:
    failures = [{"shard": 0, "index": "logs", "reason": {"type": "io_exception", "reason": "disk"}}]
    clusters = {"details": {"": {"status": "partial", "failures": failures}, "eu": {"status": "skipped"}}}
    response = answered(table(is_partial=True, _clusters=clusters))
    [text] = warnings_of(response, read_answer(response), 3)
    assert text == "The result is partial: cluster (local), index logs, shard 0: io_exception: disk."


@pytest.mark.parametrize("clusters", [None, {}, {"details": {"eu": {"failures": None}}}, "x"], ids=str)
def test_a_partial_result_without_reasons_says_that_there_are_none(clusters: Any) -> None:
    response = answered(table(is_partial=True, _clusters=clusters))
    assert warnings_of(response, read_answer(response), 3) == (
        "The result is partial: Elasticsearch does not say what failed.",
    )


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, []),
        ({"documents_found": 1204000, "values_loaded": 0}, ["1,204,000 documents found", "0 values loaded"]),
        ({"documents_found": -1, "values_loaded": True}, []),
        ({"documents_found": "12", "values_loaded": 1e3, "_clusters": [1]}, []),
        ({"documents_found": 10**18, "_clusters": {"total": "3", "running": 1}}, []),
        ({"_clusters": {"total": 3, "running": 1}}, ["2 of 3 clusters done"]),
        ({"_clusters": {"total": 1, "running": 3}}, []),
        ({"_clusters": {"total": 0, "running": 0, "details": {}}}, []),
        (
            {
                "_clusters": {
                    "details": {
                        "(local)": {"_shards": {"total": 30, "successful": 10, "skipped": 4, "failed": 1}},
                        "eu": {"_shards": {"total": 10, "successful": 2}},
                        "us": {"status": "running"},
                        "odd": {"_shards": {"total": None, "failed": "many"}},
                    }
                }
            },
            ["17 of 40 shards done"],
        ),
        ({"_clusters": {"details": {"x": {"_shards": {"total": 1, "successful": 2}}}}}, []),
    ],
    ids=str,
)
def test_a_running_query_tells_its_progress_in_counts_and_nothing_that_is_none(
    more: dict[str, Any], told: list[str]
) -> None:
    running = {"id": "q", "is_running": True, "columns": [], "values": []}
    snapshot = EsqlService().look("q").read(answered(running | more))
    assert (snapshot.phase, snapshot.rows, list(snapshot.told)) == (Phase.RUNNING, None, told)


def test_rows_of_a_query_that_still_runs_are_counted_where_a_server_sends_some() -> None:
    snapshot = EsqlService().look("q").read(answered(table(is_running=True)))
    assert (snapshot.phase, snapshot.rows) == (Phase.RUNNING, 3)


def test_each_column_type_of_the_answer_has_its_place_in_a_table() -> None:
    assert column_types((column["name"], column["type"]) for column in COLUMNS) == {
        "user": ColumnType.STRING,
        "requests": ColumnType.INT64,
        "last": ColumnType.TIMESTAMP,
    }
    assert json.loads(rows_of(read_answer(answered(table())), columnar=False).lines.splitlines()[0]) == ROWS[0]
