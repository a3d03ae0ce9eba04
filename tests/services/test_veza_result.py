"""The result family on the wire: the AsyncTask in its wrappers and states, and its result in each plausible shape."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_veza.async_query.message import Purpose, Request, Response
from airflow_provider_veza.async_query.vocabulary import Page, Phase
from airflow_provider_veza.exceptions import (
    BadRequestError,
    ForbiddenError,
    IncompleteResultError,
    MalformedResponseError,
    QueryGoneError,
    ServerError,
)
from airflow_provider_veza.services.veza_result import ResultQuery, VezaResultService, result_page
from services.answers import AMARA, AMARA_TO_PAYROLL, KIRAN, QUERY_ID, answer, gateway_page, sample

SERVICE = VezaResultService()
SPEC = {"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}, "include_nodes": True}
STATUSES = ["UNKNOWN_STATUS", "SUCCEEDED", "FAILED", "CANCELED"]


def task(state: Any, status: Any = "UNKNOWN_STATUS", **fields: Any) -> Response:
    bare = {"id": QUERY_ID, "state": state, "status": status, "error_reason": "", "error_status": None, "result": None}
    return answer({"task": bare | fields})


def read_page(result: Any) -> Page:
    return SERVICE.page(QUERY_ID, None).read(task("COMPLETE", "SUCCEEDED", result=result))


# Requests


def test_the_body_of_a_submit_is_the_spec_itself_and_is_never_repeated_blindly() -> None:
    assert SERVICE.submit(ResultQuery(SPEC)).request == Request(
        "POST", "/api/v1/assessments/query_spec:result_async_create", SPEC, idempotent=False
    )


@pytest.mark.parametrize(
    ("task_id", "path"),
    [
        (QUERY_ID, f"/api/v1/assessments/async_tasks/{QUERY_ID}"),
        ("a/b:c?d", "/api/v1/assessments/async_tasks/a%2Fb%3Ac%3Fd"),
    ],
)
def test_look_and_page_get_the_task_whatever_its_id_holds(task_id: str, path: str) -> None:
    assert SERVICE.look(task_id).request == Request("GET", path)
    assert SERVICE.page(task_id, None).request == Request("GET", path, purpose=Purpose.PAGE)


def test_there_is_no_second_page() -> None:
    with pytest.raises(IncompleteResultError, match="has one page"):
        SERVICE.page(QUERY_ID, "token")


def test_no_cancel_is_faked() -> None:
    assert not SERVICE.traits.can_cancel
    with pytest.raises(NotImplementedError, match="documents no cancel"):
        SERVICE.cancel(QUERY_ID)


def test_the_fingerprint_is_another_than_that_of_the_same_spec_for_another_tenant() -> None:
    asked = ResultQuery(SPEC).fingerprint("https://a.vezacloud.com")

    assert ResultQuery(dict(SPEC)).fingerprint("https://a.vezacloud.com") == asked
    assert ResultQuery(SPEC).fingerprint("https://b.vezacloud.com").differences(asked) == ("tenant",)


# Submit


@pytest.mark.parametrize(
    "body",
    [
        {"task": {"id": QUERY_ID, "state": "PENDING"}},
        {"value": {"id": QUERY_ID, "state": "PENDING"}},
        {"id": QUERY_ID, "state": "PENDING"},
        {"task": None, "value": {"id": QUERY_ID}},
        {"task": {}, "id": QUERY_ID},
    ],
    ids=["task", "value", "bare", "empty task beside value", "empty task beside bare"],
)
def test_a_task_is_found_in_each_wrapper(body: dict[str, Any]) -> None:
    assert SERVICE.submit(ResultQuery(SPEC)).read(answer(body)).id == QUERY_ID


@pytest.mark.parametrize("body", [{}, {"task": {}}, {"task": {"id": ""}}, {"task": [QUERY_ID]}, {"job": QUERY_ID}])
def test_an_answer_without_a_task_is_malformed(body: dict[str, Any]) -> None:
    with pytest.raises(MalformedResponseError, match="holds no task with an id"):
        SERVICE.submit(ResultQuery(SPEC)).read(answer(body))


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (answer(sample("error_400_invalid_argument.json"), 400), BadRequestError),
        (answer({"code": "PermissionDenied"}, 403), ForbiddenError),
        (gateway_page(502), ServerError),
        (gateway_page(200), MalformedResponseError),
    ],
)
def test_a_failed_request_is_an_error_for_submit_and_look_alike(response: Response, error: type[Exception]) -> None:
    for call in (SERVICE.submit(ResultQuery(SPEC)), SERVICE.look(QUERY_ID)):
        with pytest.raises(error):
            call.read(response)


# Look


@pytest.mark.parametrize(
    ("state", "status", "phase", "shown"),
    [
        ("PENDING", "UNKNOWN_STATUS", Phase.RUNNING, "PENDING"),
        ("IN_PROGRESS", "UNKNOWN_STATUS", Phase.RUNNING, "IN_PROGRESS"),
        ("UNKNOWN_STATE", "UNKNOWN_STATUS", Phase.RUNNING, "UNKNOWN_STATE"),
        ("COMPLETE", "SUCCEEDED", Phase.SUCCEEDED, "COMPLETE/SUCCEEDED"),
        ("COMPLETE", "FAILED", Phase.FAILED, "COMPLETE/FAILED"),
        ("COMPLETE", "CANCELED", Phase.CANCELED, "COMPLETE/CANCELED"),
        ("COMPLETE", "UNKNOWN_STATUS", Phase.FAILED, "COMPLETE/UNKNOWN_STATUS"),
        ("COMPLETE", "PARTIALLY_SUCCEEDED", Phase.FAILED, "COMPLETE/PARTIALLY_SUCCEEDED"),
        ("COMPLETE", None, Phase.FAILED, "COMPLETE/UNKNOWN_STATUS"),
        ("COMPLETE", "", Phase.FAILED, "COMPLETE/UNKNOWN_STATUS"),
        ("COMPLETE", True, Phase.FAILED, "COMPLETE/UNKNOWN_STATUS"),
        ("COMPLETE", 9, Phase.FAILED, "COMPLETE/9"),
        ("complete", "succeeded", Phase.SUCCEEDED, "COMPLETE/SUCCEEDED"),
        ("Complete", "Canceled", Phase.CANCELED, "COMPLETE/CANCELED"),
        (0, 0, Phase.RUNNING, "UNKNOWN_STATE"),
        (1, 0, Phase.RUNNING, "PENDING"),
        (2, 0, Phase.RUNNING, "IN_PROGRESS"),
        (3, 1, Phase.SUCCEEDED, "COMPLETE/SUCCEEDED"),
        (3, 2, Phase.FAILED, "COMPLETE/FAILED"),
        (3, 3, Phase.CANCELED, "COMPLETE/CANCELED"),
        (3, 0, Phase.FAILED, "COMPLETE/UNKNOWN_STATUS"),
        ("3", "1", Phase.SUCCEEDED, "COMPLETE/SUCCEEDED"),
        (None, "SUCCEEDED", Phase.RUNNING, "UNKNOWN_STATE"),
        ("RECALCULATING", "SUCCEEDED", Phase.RUNNING, "RECALCULATING"),
        (4, 1, Phase.RUNNING, "4"),
    ],
)
def test_state_and_status_are_read_as_names_or_numbers_in_any_case(
    state: Any, status: Any, phase: Phase, shown: str
) -> None:
    snapshot = SERVICE.look(QUERY_ID).read(task(state, status))

    assert (snapshot.phase, snapshot.state) == (phase, shown)


@given(state=st.sampled_from(["PENDING", "IN_PROGRESS", "UNKNOWN_STATE", 0, 1, 2]), status=st.sampled_from(STATUSES))
def test_the_status_is_ignored_until_the_task_is_complete(state: Any, status: str) -> None:
    assert SERVICE.look(QUERY_ID).read(task(state, status)).phase is Phase.RUNNING


@given(state=st.text() | st.integers(), status=st.text() | st.integers())
def test_no_other_words_than_complete_and_succeeded_are_a_success(state: Any, status: Any) -> None:
    snapshot = SERVICE.look(QUERY_ID).read(task(state, status))

    succeeded = str(state).upper() in ("COMPLETE", "3") and str(status).upper() in ("SUCCEEDED", "1")
    assert (snapshot.phase is Phase.SUCCEEDED) is succeeded


@pytest.mark.parametrize(
    ("state", "warnings"),
    [
        ("PENDING", ()),
        ("IN_PROGRESS", ()),
        ("COMPLETE", ()),
        ("UNKNOWN_STATE", ("Veza reports UNKNOWN_STATE for the task; it is taken as running until that changes.",)),
        ("RECALCULATING", ("Veza reports state 'RECALCULATING', which is not documented; taken as running.",)),
    ],
)
def test_a_state_that_says_nothing_is_warned_of(state: str, warnings: tuple[str, ...]) -> None:
    assert SERVICE.look(QUERY_ID).read(task(state, "SUCCEEDED")).warnings == warnings


@pytest.mark.parametrize(
    ("status", "fields", "error"),
    [
        ("FAILED", {"error_reason": "The query ran out of memory"}, "The query ran out of memory"),
        ("FAILED", {"error_reason": "Too big", "error_status": "INTERNAL"}, "Too big; INTERNAL"),
        ("FAILED", {}, ""),
        ("UNKNOWN_STATUS", {}, "complete with status UNKNOWN_STATUS, which is no success"),
        ("LOST", {"error_reason": "Gone"}, "Gone; complete with status LOST, which is no success"),
        ("SUCCEEDED", {"error_reason": "left over"}, ""),
        ("CANCELED", {"error_reason": "by an administrator"}, "by an administrator"),
    ],
)
def test_a_failed_task_tells_why(status: str, fields: dict[str, str], error: str) -> None:
    assert SERVICE.look(QUERY_ID).read(task("COMPLETE", status, **fields)).error == error


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"error_status": {"code": 13, "message": "Out of memory", "details": []}}, "Out of memory"),
        ({"error_reason": "Out of memory", "error_status": {"code": 13, "message": "Out of memory"}}, "Out of memory"),
        (
            {"error_reason": "Too big", "error_status": {"code": 13, "message": "Out of memory"}},
            "Too big; Out of memory",
        ),
        ({"error_status": {"code": 13}}, "{'code': 13}"),
    ],
)
def test_an_error_status_that_is_an_object_tells_its_message_once(fields: dict[str, Any], error: str) -> None:
    assert SERVICE.look(QUERY_ID).read(task("COMPLETE", "FAILED", **fields)).error == error


def test_a_404_is_a_task_that_is_gone_and_not_a_failed_request() -> None:
    snapshot = SERVICE.look(QUERY_ID).read(answer(sample("error_404_not_found.json"), 404))

    assert (snapshot.phase, snapshot.state) == (Phase.GONE, "HTTP 404")
    assert "request_id: 1de5e43499c90f2036cdfe92ed76f58e" in snapshot.error


# Result


@pytest.mark.parametrize(
    ("result", "page"),
    [
        ({"result_type": "NUMBER", "number_value": "6", "timestamp_value": None, "nodes_value": None}, Page(count=6)),
        (sample("resp_saved_query_result_docs.json"), Page(count=6)),
        ({"number_value": 6}, Page(count=6)),
        ({"number_value": "0"}, Page(count=0)),
        ({"number_value": "6", "nodes_value": {"values": [], "has_more": False}}, Page(count=6)),
        ({"number_value": "0", "nodes_value": {"values": [], "path_values": []}}, Page()),
        ({"nodes_value": {"values": [AMARA, KIRAN], "next_page_token": "", "has_more": False}}, Page((AMARA, KIRAN))),
        ({"number_value": "2", "nodes_value": {"values": [AMARA, KIRAN]}}, Page((AMARA, KIRAN))),
        ({"number_value": "1", "nodes_value": {"values": [AMARA, KIRAN]}}, Page((AMARA, KIRAN))),
        ({"nodes_value": {"values": [AMARA], "next_page_token": "t", "has_more": False}}, Page((AMARA,))),
        ({"nodes_value": {"values": [], "path_values": [AMARA_TO_PAYROLL]}}, Page((AMARA_TO_PAYROLL,))),
        ({"nodes_value": [AMARA, KIRAN]}, Page((AMARA, KIRAN))),
        ({"nodes_value": []}, Page()),
        ({"values": [AMARA], "path_values": []}, Page((AMARA,))),
        ({"path_values": [AMARA_TO_PAYROLL]}, Page((AMARA_TO_PAYROLL,))),
        ([AMARA, KIRAN], Page((AMARA, KIRAN))),
        ({"@type": "type.googleapis.com/veza.Result", "number_value": "6"}, Page(count=6)),
        ({"@type": "type.googleapis.com/veza.Result", "nodes_value": {"values": [AMARA]}}, Page((AMARA,))),
        (
            sample("resp_results_okta_user_docs.json"),
            Page(tuple(sample("resp_results_okta_user_docs.json")["nodes_value"])),
        ),
    ],
)
def test_a_result_is_read_in_each_plausible_shape(result: Any, page: Page) -> None:
    assert read_page(result) == page


@pytest.mark.parametrize(
    "result",
    [
        {"nodes_value": {"values": [AMARA], "next_page_token": "t", "has_more": True}},
        {"nodes_value": {"values": [AMARA], "next_page_token": "", "has_more": True}},
        {"nodes_value": {"values": [AMARA], "has_more": True}},
        {"number_value": "6", "nodes_value": {"values": [], "has_more": True}},
        {"number_value": "3", "nodes_value": {"values": [AMARA, KIRAN]}},
        {"number_value": 3, "nodes_value": [AMARA, KIRAN]},
        {"values": [AMARA], "has_more": True, "next_page_token": "t"},
        {"path_values": [AMARA_TO_PAYROLL], "number_value": "2"},
    ],
    ids=[
        "token",
        "empty token",
        "no token",
        "count and no rows",
        "count in text",
        "count beside a list",
        "rows at top",
        "paths at top",
    ],
)
def test_a_result_with_more_rows_than_it_shows_delivers_none(result: dict[str, Any]) -> None:
    with pytest.raises(IncompleteResultError, match="Use result_kind='nodes', which pages"):
        read_page(result)


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (None, "its result is NoneType"),
        ({"nodes_value": {"rows": [AMARA]}}, r"\(fields: \['rows'\]\).*rows_field"),
        ("6", "its result is str"),
        (6, "its result is int"),
        ({}, r"neither rows nor a number \(fields: \[\]\)"),
        ({"number_value": None, "nodes_value": None}, "neither rows nor a number"),
        ({"number_value": "six"}, "which is no count"),
        ({"number_value": "--6"}, "which is no count"),
        ({"number_value": "²"}, "which is no count"),
        ({"number_value": True}, "which is no count"),
        ({"number_value": -5}, "number_value=-5, which is no count"),
        (sample("resp_result_shape_docs.json"), "number_value='string', which is no count"),
        ({"number_value": "1_000"}, "which is no count"),
        ({"number_value": 1.9}, "which is no count"),
        ({"number_value": "9" * 5000, "nodes_value": []}, "which is no count"),
        ({"timestamp_value": "2026-11-22T12:00:00Z"}, r"\(fields: \['timestamp_value'\]\)"),
        ({"nodes_value": {"values": ["00ue3cb75ea3cda311e1"]}}, "not a list of objects"),
        ({"nodes_value": {"values": {}, "path_values": []}, "number_value": "5"}, "not a list of objects"),
        (
            {"nodes_value": "rows", "number_value": "5"},
            r"nodes_value='rows', .* \(fields: \['nodes_value', 'number_value'\]",
        ),
        ({"nodes_value": {"values": [AMARA], "path_values": [AMARA_TO_PAYROLL]}}, "1 `values` and 1 `path_values`"),
    ],
)
def test_a_success_without_a_result_is_malformed(result: Any, message: str) -> None:
    with pytest.raises(MalformedResponseError, match=message):
        read_page(result)


@given(rows=st.lists(st.just(AMARA), max_size=5), number=st.none() | st.integers(0, 9), has_more=st.booleans())
def test_either_all_rows_that_are_said_to_exist_are_delivered_or_an_error(
    rows: list[Any], number: int | None, has_more: bool
) -> None:
    result = {"number_value": number, "nodes_value": {"values": rows, "has_more": has_more, "next_page_token": "t"}}
    try:
        page = result_page(result)
    except IncompleteResultError:
        assert has_more or (number or 0) > len(rows)
    else:
        assert not has_more
        assert page.count == number if page.count else len(page.rows) == len(rows) >= (number or 0)


@pytest.mark.parametrize(
    ("response", "state"),
    [
        (task("COMPLETE", "CANCELED"), "COMPLETE/CANCELED"),
        (task("COMPLETE", "FAILED", error_reason="Too big"), r"COMPLETE/FAILED\. Too big"),
        (task("IN_PROGRESS"), "IN_PROGRESS"),
        (answer(sample("error_404_not_found.json"), 404), "HTTP 404"),
    ],
)
def test_a_task_that_no_longer_succeeds_delivers_no_rows(response: Response, state: str) -> None:
    with pytest.raises(QueryGoneError, match=f"{state}.*let it retry, to submit anew"):
        SERVICE.page(QUERY_ID, None).read(response)
