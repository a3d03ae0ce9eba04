"""The answers that once let other errors than ours escape, or that nothing could deliver."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.message import Call, Response
from airflow_provider_veza.async_query.polling import PollSchedule
from airflow_provider_veza.async_query.vocabulary import Page, Phase, Traits
from airflow_provider_veza.async_query.watch import LookAgain, Watch
from airflow_provider_veza.exceptions import HandleError, MalformedResponseError
from airflow_provider_veza.services.esql import EsqlService
from airflow_provider_veza.services.veza_nodes import VezaNodesService
from airflow_provider_veza.services.veza_result import VezaResultService

DIGITS = b"9" * 5000
DEEP = b"[" * 100_000 + b"]" * 100_000
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LOOKS: dict[str, Callable[[str], Call[Any]]] = {
    "nodes": VezaNodesService().look,
    "result": VezaResultService().look,
    "esql": EsqlService().look,
}


def response(body: bytes, **headers: str) -> Response:
    return Response(200, headers, body)


@pytest.mark.parametrize("body", [DEEP, b'{"status":' + DEEP + b"}", DIGITS, b"\xff", b'"\\ud83d"', b"NaN", b""])
@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_look_that_shows_nonsense_is_a_failed_look_and_the_wait_goes_on(
    look: Callable[[str], Call[Any]], body: bytes
) -> None:
    with pytest.raises(MalformedResponseError) as caught:
        look("q").read(response(body))
    handle = QueryHandle("veza_nodes", "q", "https://t.example", "c", NOON, Deadline(NOON + timedelta(hours=9)))
    watch = Watch(handle, Traits(), PollSchedule(), handle.deadline)

    for minute in range(50):
        watch, verdict = watch.observe(caught.value, now=NOON + timedelta(minutes=minute), jitter=0.5)
        assert isinstance(verdict, LookAgain)


@pytest.mark.parametrize("count", [DIGITS, b"1e999", b"-5", b'"' + DIGITS + b'"'])
def test_a_row_count_that_is_none_says_nothing(count: bytes) -> None:
    body = b'{"status":"DONE","values":[{"id":"a"}],"has_more":false,"progress_status":{"row_count":' + count + b"}}"

    assert VezaNodesService().look("q").read(response(body)).rows is None
    assert VezaNodesService().page("q", None).read(response(body)) == Page([{"id": "a"}])


@pytest.mark.parametrize("number", [b"1e999", DIGITS, b"-5", b"true"])
def test_a_number_value_that_is_no_count_is_refused(number: bytes) -> None:
    body = b'{"id":"7","state":"COMPLETE","status":"SUCCEEDED","result":{"number_value":' + number + b"}}"

    with pytest.raises(MalformedResponseError, match="which is no count"):
        VezaResultService().page("7", None).read(response(body))


@pytest.mark.parametrize("failures", [b"5", b"[5]", b"null", b'"x"', b'{"a":1}', b"1e999"])
def test_failures_of_any_shape_leave_a_partial_result_partial(failures: bytes) -> None:
    details = b'{"details":{"(local)":{"failures":' + failures + b"}}}"
    body = b'{"is_running":false,"is_partial":true,"columns":[],"values":[],"_clusters":' + details + b"}"
    seen = EsqlService().look("q").read(response(body))

    assert (seen.phase, seen.partial) == (Phase.SUCCEEDED, True)
    assert seen.warnings == ("The result is partial: Elasticsearch does not say what failed.",)


def test_a_warning_with_thousands_of_digits_is_passed_on() -> None:
    text = "adding default limit of [" + DIGITS.decode() + "]"
    body = b'{"is_running":false,"columns":[],"values":[]}'

    (warning,) = EsqlService().look("q").read(response(body, warning=f'299 Elasticsearch-8 "{text}"')).warnings
    assert warning.startswith(text[:500])


ROW = rb'{"cut":"a\ud83d","whole":"\ud83d\ude00","most":1e999,"long":' + DIGITS + b"}"


def test_rows_with_half_characters_and_huge_numbers_keep_their_text() -> None:
    body = b'{"status":"DONE","values":[{"id":1},' + ROW + b'],"has_more":true,"next_page_token":"t"}'
    page = VezaNodesService().page("q", None).read(response(body))

    assert page.rows.lines == b'{"id":1}\n' + ROW + b"\n"
    assert page.next_page_token == "t"
    assert page.rows[1] == {
        "cut": "a\ud83d",
        "whole": "\U0001f600",
        "most": Decimal("1e999"),
        "long": Decimal(DIGITS.decode()),
    }


def test_a_table_with_half_characters_keeps_its_text_by_row_and_by_column() -> None:
    columns = rb'"columns":[{"name":"\ud83d","type":"text"},{"name":"n","type":"double"}]'
    rows = [(rb'{"is_running":false,' + columns + rb',"values":[["\ude00",1e999]]}', EsqlService())]
    rows += [(rb'{"is_running":false,' + columns + rb',"values":[["\ude00"],[1e999]]}', EsqlService(columnar=True))]
    for body, service in rows:
        page = service.page("q", None).read(response(body))
        assert page.rows.lines == rb'{"\ud83d":"\ude00","n":1e999}' + b"\n"
        assert service.look("q").read(response(body)).rows == 1


def test_a_page_token_that_cannot_be_sent_is_refused() -> None:
    body = rb'{"status":"DONE","values":[],"has_more":true,"next_page_token":"\ud83d"}'

    with pytest.raises(MalformedResponseError, match=r"\\ud83d"):
        VezaNodesService().page("q", None).read(response(body))


@pytest.mark.parametrize("text", ["[" * 100_000, DEEP.decode(), DIGITS.decode(), '{"service": NaN}', '"\\ud83d"'])
def test_a_handle_that_is_none_is_refused_by_name(text: str) -> None:
    with pytest.raises(HandleError, match="Not a query handle"):
        QueryHandle.from_json(text)


@pytest.mark.parametrize("field", ["fingerprint", "cache_id", "v", "options", "owned"])
def test_a_handle_with_a_field_of_another_type_is_refused_by_its_name(field: str) -> None:
    good = QueryHandle("veza_nodes", "q", "https://t.example", "c", NOON, Deadline(NOON)).to_json()

    with pytest.raises(HandleError, match=field):
        QueryHandle.from_json(good | {field: {"a": 1}})
