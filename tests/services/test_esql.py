"""ES|QL's calls: what is sent, and what each answer says about the query."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from airflow_provider_veza.async_query.layout import ColumnType
from airflow_provider_veza.async_query.message import Call, Response
from airflow_provider_veza.async_query.vocabulary import Phase, Submitted
from airflow_provider_veza.exceptions import (
    AsyncQueryError,
    BadRequestError,
    ForbiddenError,
    MalformedResponseError,
    NotFoundError,
    QueryFailedError,
    QueryGoneError,
    RefusedError,
    ServerError,
    TooManyRequestsError,
)
from airflow_provider_veza.services.esql import EsqlService
from airflow_provider_veza.services.esql_query import EsqlQuery
from services.esql_answers import GATEWAY_PAGE, QUERY_ID, ROWS, VALUES, answered, failure, table

SERVICE = EsqlService()
QUOTED = QUERY_ID.replace("=", "%3D")
RUNNING = {"id": QUERY_ID, "is_running": True, "columns": [], "values": []}
KEEP = timedelta(hours=2)
NO_CHOICE = failure(
    400,
    "illegal_argument_exception",
    "request [/_query/async] contains unrecognized parameter: [allow_partial_results]",
)


def submitted(query: EsqlQuery, *responses: Response) -> tuple[list[Call[Any]], Submitted]:
    """Go through a submit with these answers."""
    flow, calls = SERVICE.submit(query, keep_alive=KEEP), []
    try:
        call = next(flow)
        for response in responses:
            calls.append(call)
            call = flow.send(call.read(response))
    except StopIteration as end:
        return calls, end.value
    raise AssertionError("the submit asks for more answers")


# Submit


def test_a_submit_is_never_sent_twice_and_may_take_the_second_it_asked_for() -> None:
    [call], answer = submitted(EsqlQuery("FROM logs"), answered(RUNNING))
    request = call.request
    assert (request.method, request.target) == ("POST", "/_query/async?allow_partial_results=false")
    assert (request.idempotent, request.wait) == (False, 1.0)
    assert request.body == EsqlQuery("FROM logs").body(keep_alive=KEEP)
    assert answer == Submitted(QUERY_ID)


def test_a_query_that_ended_within_the_first_wait_is_found_by_its_id() -> None:
    assert submitted(EsqlQuery("ROW a = 1"), answered(table()))[1] == Submitted(QUERY_ID)


def test_what_the_rows_depend_on_is_said_in_the_url() -> None:
    query = EsqlQuery("FROM logs", drop_null_columns=True, allow_partial_results=True)
    [call], _ = submitted(query, answered(RUNNING))
    assert call.request.params == {"drop_null_columns": "true", "allow_partial_results": "true"}


def test_a_server_that_knows_no_choice_about_partial_results_is_asked_without_one() -> None:
    calls, answer = submitted(EsqlQuery("FROM logs"), NO_CHOICE, answered(RUNNING))
    assert [call.request.target for call in calls] == [
        "/_query/async?allow_partial_results=false",
        "/_query/async",
    ]
    assert answer == Submitted(QUERY_ID)


@pytest.mark.parametrize(
    ("response", "error", "heals", "words"),
    [
        (failure(400, "verification_exception", "Unknown index [x]"), BadRequestError, False, r"Unknown index \[x\]"),
        (failure(404, "index_not_found_exception", "no such index"), NotFoundError, False, "no such index"),
        (failure(403, "security_exception", "no"), ForbiddenError, False, "privilege"),
        (
            failure(429, "circuit_breaking_exception", "too large"),
            TooManyRequestsError,
            True,
            "too large.*Nothing runs",
        ),
        (
            failure(429, "es_rejected_execution_exception", "queue full"),
            TooManyRequestsError,
            True,
            "queue full.*Nothing",
        ),
        (failure(503, "no_shard_available_action_exception", None), ServerError, True, "no_shard_available"),
        (answered(GATEWAY_PAGE, 502), ServerError, True, "Bad Gateway"),
        (answered({"is_running": False}), MalformedResponseError, True, "no id"),
    ],
    ids=lambda value: None if isinstance(value, Response) else str(value),
)
def test_a_submit_without_a_query_says_whether_one_can_run(
    response: Response, error: type[AsyncQueryError], heals: bool, words: str
) -> None:
    with pytest.raises(error, match=words) as raised:
        submitted(EsqlQuery("FROM x"), response)
    assert raised.value.heals is heals


@pytest.mark.parametrize(
    ("response", "is_answer"),
    [
        (failure(429, "circuit_breaking_exception"), True),
        (failure(429, "es_rejected_execution_exception"), False),
        (answered(GATEWAY_PAGE, 429), False),
    ],
    ids=["failed", "rejected", "gateway"],
)
def test_a_query_that_fails_with_429_within_the_first_wait_is_not_run_again(
    response: Response, is_answer: bool
) -> None:
    assert next(SERVICE.submit(EsqlQuery("FROM x"), keep_alive=KEEP)).is_answer(response) is is_answer


@pytest.mark.parametrize(
    ("response", "nothing_done"),
    [
        (failure(400, "parsing_exception"), True),
        (failure(429, "es_rejected_execution_exception"), True),
        (failure(500, "circuit_breaking_exception"), True),
        (failure(503, "cluster_block_exception"), True),
        (answered(GATEWAY_PAGE, 429), True),
        (answered(GATEWAY_PAGE, 502), False),
    ],
)
def test_only_a_gateways_5xx_leaves_in_doubt_whether_a_query_runs(response: Response, nothing_done: bool) -> None:
    with pytest.raises(RefusedError) as raised:
        submitted(EsqlQuery("FROM x"), response)
    assert raised.value.nothing_done is nothing_done


# Look


@pytest.mark.parametrize(("wait", "sent"), [(0.0, "1ms"), (0.0004, "1ms"), (0.25, "250ms"), (30.0, "30000ms")], ids=str)
def test_a_look_always_says_how_long_it_waits(wait: float, sent: str) -> None:
    request = SERVICE.look(QUERY_ID, wait).request
    assert (request.method, request.path, request.wait) == ("GET", f"/_query/async/{QUOTED}", wait)
    assert request.params == {"wait_for_completion_timeout": sent}


@pytest.mark.parametrize("body", [RUNNING, {"id": QUERY_ID, "is_running": True}], ids=["full", "bare"])
def test_a_running_query_runs(body: dict[str, Any]) -> None:
    assert SERVICE.look(QUERY_ID).read(answered(body)).phase is Phase.RUNNING


def test_an_ended_query_has_succeeded_with_so_many_rows() -> None:
    snapshot = SERVICE.look(QUERY_ID).read(answered(table()))
    assert (snapshot.phase, snapshot.rows, snapshot.partial) == (Phase.SUCCEEDED, 3, False)


def test_a_final_answer_may_lack_the_id() -> None:
    body = table()
    del body["id"]
    assert SERVICE.look(QUERY_ID).read(answered(body)).phase is Phase.SUCCEEDED


def test_a_partial_result_is_marked_as_such() -> None:
    snapshot = SERVICE.look(QUERY_ID).read(answered(table(is_partial=True)))
    assert (snapshot.phase, snapshot.partial) == (Phase.SUCCEEDED, True)
    assert "partial" in snapshot.warnings[0]


@pytest.mark.parametrize(
    ("response", "phase", "words"),
    [
        (failure(400, "verification_exception", "bad"), Phase.FAILED, "verification_exception: bad"),
        (failure(429, "circuit_breaking_exception", "large"), Phase.FAILED, "circuit_breaking_exception: large"),
        (
            failure(503, "no_shard_available_action_exception", None),
            Phase.FAILED,
            "no_shard_available_action_exception",
        ),
        (failure(400, "task_cancelled_exception", "keep_alive expired"), Phase.CANCELED, "keep_alive expired"),
        (failure(404, "resource_not_found_exception", QUERY_ID), Phase.GONE, "rotated"),
    ],
    ids=lambda value: None if isinstance(value, Response) else str(value),
)
def test_a_stored_failure_is_how_the_query_ended_whatever_its_status(
    response: Response, phase: Phase, words: str
) -> None:
    call = SERVICE.look(QUERY_ID)
    snapshot = call.read(response)
    assert snapshot.phase is phase
    assert words in snapshot.error
    assert call.is_answer(response) is (phase is not Phase.GONE)


def test_a_failed_request_says_nothing_about_the_query() -> None:
    with pytest.raises(ServerError):
        SERVICE.look(QUERY_ID).read(failure(503, "cluster_block_exception"))


# Page


def test_the_whole_result_is_one_page_with_the_types_of_its_columns() -> None:
    page = SERVICE.page(QUERY_ID, None).read(answered(table()))
    assert list(page.rows) == ROWS
    assert (page.next_page_token, page.total, page.partial) == (None, 3, False)
    assert page.types["last"] is ColumnType.TIMESTAMP


def test_a_columnar_answer_gives_the_same_rows_even_where_it_is_square() -> None:
    by_columns = [[row[i] for row in VALUES] for i in range(3)]
    page = EsqlService(columnar=True).page(QUERY_ID, None).read(answered(table(values=by_columns)))
    assert list(page.rows) == ROWS


def test_columns_of_nulls_are_left_out_by_every_call_that_brings_rows() -> None:
    service = EsqlService(drop_null_columns=True)
    calls = [service.look(QUERY_ID), service.page(QUERY_ID, None), service.stop(QUERY_ID)]
    assert {call.request.params["drop_null_columns"] for call in calls} == {"true"}


def test_a_result_that_is_still_being_stored_is_asked_for_again() -> None:
    absent = failure(404, "resource_not_found_exception", QUERY_ID)
    call = SERVICE.page(QUERY_ID, None)
    assert call.is_passing(absent)
    with pytest.raises(QueryGoneError, match="rotated"):
        call.read(absent)


def test_rows_of_a_failed_query_are_asked_for_in_vain() -> None:
    with pytest.raises(QueryFailedError, match="disk"):
        SERVICE.page(QUERY_ID, None).read(failure(500, "io_exception", "disk"))


def test_a_page_of_a_running_query_is_no_empty_result() -> None:
    with pytest.raises(QueryGoneError, match="now it runs"):
        SERVICE.page(QUERY_ID, None).read(answered(RUNNING))


# Stop, cancel, release


def test_a_stop_keeps_the_rows_that_are_there() -> None:
    call = SERVICE.stop(QUERY_ID)
    assert (call.request.method, call.request.path) == ("POST", f"/_query/async/{QUOTED}/stop")
    assert call.read(answered(table(is_partial=True))).partial


def test_a_server_without_stop_refuses_it() -> None:
    with pytest.raises(BadRequestError, match="no handler found"):
        SERVICE.stop(QUERY_ID).read(answered({"error": "no handler found for uri [x] and method [POST]"}, 400))


@pytest.mark.parametrize("call", [SERVICE.cancel(QUERY_ID), SERVICE.release(QUERY_ID)], ids=["cancel", "release"])
def test_what_nobody_wants_is_deleted_and_one_that_is_gone_is_fine(call: Call[None]) -> None:
    assert (call.request.method, call.request.path) == ("DELETE", f"/_query/async/{QUOTED}")
    call.read(answered({"acknowledged": True}))
    call.read(failure(404, "resource_not_found_exception", QUERY_ID))
    with pytest.raises(ForbiddenError):
        call.read(failure(403, "security_exception"))
