"""The result family over a real socket: a task from pending to complete."""

from __future__ import annotations

from typing import Any

import pytest


def test_a_task_is_pending_then_in_progress_then_complete_with_its_count(client: Any, payroll_access: Any) -> None:
    created = client.create_task(payroll_access)
    waiting = {
        "id": created["id"],
        "state": "PENDING",
        "status": "UNKNOWN_STATUS",
        "error_reason": "",
        "error_status": None,
        "result": None,
    }
    assert created == client.task(created["id"]) == waiting
    client.advance(1)
    assert client.task(created["id"]) == {**waiting, "state": "IN_PROGRESS"}
    client.advance(2)
    result = {"result_type": "NUMBER", "number_value": "12", "timestamp_value": None, "nodes_value": None}
    complete = {**waiting, "state": "COMPLETE", "status": "SUCCEEDED", "result": result}
    assert client.task(created["id"]) == complete


@pytest.mark.parametrize(
    ("kind", "filled", "empty"),
    [("SOURCE_NODES_WITH_COUNTS", "values", "path_values"), ("SOURCE_AND_DESTINATION_NODES", "path_values", "values")],
)
def test_a_task_holds_all_rows_if_asked_to_include_nodes(
    client: Any, payroll_access: Any, kind: str, filled: str, empty: str
) -> None:
    task = client.create_task({**payroll_access, "include_nodes": True, "result_value_type": kind})
    client.advance(3)
    nodes = client.task(task["id"])["result"]["nodes_value"]
    assert (len(nodes[filled]), nodes[empty], nodes["next_page_token"], nodes["has_more"]) == (12, [], "", False)


def test_a_failed_task_tells_reason_and_status(client: Any, okta_users: Any) -> None:
    client.admin("behaviour", {"outcome": "fail", "error_reason": "the graph is busy"})
    task = client.create_task(okta_users)
    client.advance(3)
    failed = client.task(task["id"])
    assert (failed["state"], failed["status"], failed["result"]) == ("COMPLETE", "FAILED", None)
    assert failed["error_reason"] == "the graph is busy"
    assert failed["error_status"] == {"code": 13, "message": "the graph is busy", "details": []}


def test_an_unknown_and_an_expired_task_are_not_found(client: Any, okta_users: Any) -> None:
    task = client.create_task(okta_users)
    client.advance(3 + 24 * 3600 + 1)
    for task_id in (task["id"], "no-such-task"):
        missing = client.call("GET", f"/api/v1/assessments/async_tasks/{task_id}")
        assert (missing.status_code, missing.json()["code"]) == (404, "NotFound")


def test_the_two_families_do_not_know_each_others_ids(client: Any, okta_users: Any) -> None:
    query_id, task_id = client.create(okta_users)["query_result_id"], client.create_task(okta_users)["id"]
    assert client.look(task_id)["status"] == "UNKNOWN"
    assert client.call("GET", f"/api/v1/assessments/async_tasks/{query_id}").status_code == 404
    client.assessments("query_spec:nodes_async_cancel", {"query_result_id": task_id})
    assert client.task(task_id)["state"] == "PENDING"


def test_a_spec_that_is_not_evaluated_is_refused_by_its_path(client: Any, okta_users: Any) -> None:
    refused = client.assessments("query_spec:result_async_create", {**okta_users, "page_size": "10"})
    assert refused.status_code == 400
    assert refused.json()["details"][0]["field_violations"][0]["field"] == "page_size"
