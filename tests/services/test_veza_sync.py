"""The synchronous twins: where page size and token go, and which answers are rows, a number or neither."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_veza.async_query.message import Purpose, Request
from airflow_provider_veza.async_query.vocabulary import Page
from airflow_provider_veza.exceptions import BadRequestError, MalformedResponseError
from airflow_provider_veza.services.veza_sync import Result, VezaSyncService
from services.answers import AMARA, KIRAN, answer, gateway_page, sample

SPEC = {"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}}
SYNC = VezaSyncService(page_size=50)


def result(body: Any) -> Result:
    return SYNC.result(SPEC).read(answer(body))


def test_nodes_are_asked_for_with_page_size_and_token_in_the_query_string_and_the_spec_as_the_body() -> None:
    path = "/api/v1/assessments/query_spec:nodes"

    assert SYNC.nodes(SPEC).request == Request("POST", path, SPEC, {"page_size": "50"}, purpose=Purpose.PAGE)
    assert SYNC.nodes(SPEC, "t1").request == Request(
        "POST", path, SPEC, {"page_size": "50", "page_token": "t1"}, purpose=Purpose.PAGE
    )


@pytest.mark.parametrize("field", ["result", "values"])
def test_rows_are_looked_for_in_the_field_of_the_connection_first_and_then_where_veza_documents_them(
    field: str,
) -> None:
    sync = VezaSyncService(rows_fields=("result", "values", "path_values"))
    page = {field: [AMARA], "has_more": False}

    assert list(sync.nodes(SPEC).read(answer(page)).rows) == [AMARA]
    assert list(sync.result(SPEC).read(answer({"nodes_value": page})).nodes.rows) == [AMARA]


def test_a_result_is_asked_for_with_page_size_and_token_in_the_body() -> None:
    request = SYNC.result(SPEC, "t1").request

    assert (request.method, request.path) == ("POST", "/api/v1/assessments/query_spec:result")
    assert request.body == {**SPEC, "page_size": "50", "page_token": "t1"}
    assert request.params == {}


@pytest.mark.parametrize("request_", [SYNC.nodes(SPEC).request, SYNC.result(SPEC).request], ids=lambda r: r.path)
def test_both_only_read_and_may_be_repeated(request_: Request) -> None:
    assert request_.idempotent


def test_the_documented_page_of_nodes_is_read_as_it_was_sent() -> None:
    documented = sample("resp_query_spec_nodes_docs.json")

    page = SYNC.nodes(SPEC).read(answer(documented))

    assert list(page.rows) == documented["values"]
    assert page.next_page_token == documented["next_page_token"]


def test_a_token_on_the_last_page_leads_nowhere() -> None:
    body = {"values": [AMARA], "path_values": [], "next_page_token": "more", "has_more": False}

    assert SYNC.nodes(SPEC).read(answer(body)).next_page_token is None


def test_the_documented_count_is_a_number_although_it_is_text() -> None:
    assert result(sample("resp_saved_query_result_docs.json")) == Result("NUMBER", number=6)


@pytest.mark.parametrize(
    "nodes", [{"values": [AMARA, KIRAN], "path_values": []}, [AMARA, KIRAN]], ids=["object", "list"]
)
def test_nodes_of_a_result_are_read_from_an_object_and_from_a_bare_list(nodes: Any) -> None:
    read = result({"result_type": "NUMBER", "number_value": "2", "timestamp_value": None, "nodes_value": nodes})

    assert (read.number, list(read.nodes.rows)) == (2, [AMARA, KIRAN])


def test_more_nodes_of_a_result_are_told_by_a_token() -> None:
    nodes = {"values": [AMARA], "path_values": [], "next_page_token": "t1", "has_more": True}

    assert result({"result_type": "NUMBER", "number_value": "2", "nodes_value": nodes}).nodes.next_page_token == "t1"


def test_a_time_is_left_as_veza_wrote_it() -> None:
    read = result({"result_type": "timestamp", "timestamp_value": "2026-11-22T12:00:00.123456789Z"})

    assert read == Result("TIMESTAMP", timestamp="2026-11-22T12:00:00.123456789Z", nodes=Page())


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"values": []},
        {"nodes_value": "six"},
        {"result_type": "NUMBER"},
        {"result_type": "NODES", "result": [AMARA]},
        {"nodes_value": {}},
        {"nodes_value": None, "number_value": None},
        {"number_value": "six"},
        {"number_value": [6]},
        {"number_value": -5},
        {"number_value": 1.9},
    ],
    ids=[
        "empty",
        "a page of rows",
        "nodes as text",
        "a type alone",
        "rows under another name",
        "an object without rows",
        "nulls",
        "number as a word",
        "number as a list",
        "below zero",
        "a fraction",
    ],
)
def test_what_is_no_result_is_said_so(body: Any) -> None:
    with pytest.raises(MalformedResponseError):
        result(body)


@pytest.mark.parametrize("call", [SYNC.nodes(SPEC), SYNC.result(SPEC)], ids=["nodes", "result"])
def test_a_refusal_and_a_gateways_page_are_errors(call: Any) -> None:
    with pytest.raises(BadRequestError, match="node_type: X is not a valid NodeType"):
        details = [{"field_violations": [{"field": "node_type", "description": "X is not a valid NodeType"}]}]
        call.read(answer({"code": "InvalidArgument", "details": details}, 400))
    with pytest.raises(MalformedResponseError):
        call.read(gateway_page(200))
