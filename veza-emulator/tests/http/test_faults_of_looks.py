"""Faults in what looks say: status names, stages, pages and stale rows, each once and then the truth again."""

from __future__ import annotations

from typing import Any

import pytest

from veza_emulator.tenant.faults import Fault, FaultKind, FaultMatch, QueryStage

GET = {"path_suffix": "nodes_async_get"}


@pytest.fixture
def running_query(client: Any, okta_users: Any) -> str:
    return str(client.create(okta_users)["query_result_id"])


@pytest.fixture
def done(client: Any, running_query: str) -> str:
    client.advance(3)
    return running_query


def statuses(client: Any, query_id: str) -> list[str]:
    """What looks say now, twice, and twice after the query's end."""
    said = [client.look(query_id)["status"] for _ in range(2)]
    client.advance(3)
    return said + [client.look(query_id)["status"] for _ in range(2)]


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        ("running", ["UNKNOWN", "IN_PROGRESS", "DONE", "DONE"]),
        ("ended", ["IN_PROGRESS", "IN_PROGRESS", "UNKNOWN", "DONE"]),
        ("any", ["UNKNOWN", "IN_PROGRESS", "DONE", "DONE"]),
    ],
)
def test_a_query_is_unknown_before_or_after_its_end(
    client: Any, running_query: str, stage: str, said: list[str]
) -> None:
    client.admin("faults", {"kind": "unknown_status", "status_name": "UNKNOWN", "match": {**GET, "stage": stage}})
    client.advance(1)
    assert statuses(client, running_query) == said


def test_a_task_is_unknown_after_its_end(client: Any, okta_users: Any) -> None:
    task_id = client.create_task(okta_users)["id"]
    client.admin("faults", {"kind": "unknown_status", "status_name": "UNKNOWN_STATE", "match": {"stage": "ended"}})
    client.advance(1)
    assert client.task(task_id)["state"] == "IN_PROGRESS"
    client.advance(3)
    assert [client.task(task_id)["state"] for _ in range(2)] == ["UNKNOWN_STATE", "COMPLETE"]


def test_a_stage_meets_no_other_request_than_a_look(client: Any, okta_users: Any) -> None:
    client.admin("faults", {"kind": "reset_after_accept", "match": {"stage": "running"}})
    assert client.create(okta_users)["query_result_id"]


def test_a_fault_that_waits_for_its_stage_does_not_hold_up_those_behind_it(client: Any, running_query: str) -> None:
    client.admin("faults", {"kind": "truncated_json", "match": {**GET, "stage": "ended"}})
    client.admin("faults", {"kind": "unknown_status", "match": GET})
    assert client.look(running_query)["status"] == "RECALCULATING"


def test_a_stale_answer_shows_an_older_result_and_then_the_truth(client: Any, running_query: str) -> None:
    client.admin("faults", {"kind": "stale_answer"})
    client.advance(1)
    stale = client.look(running_query, page_size=1)
    assert (stale["status"], len(stale["values"]), stale["has_more"]) == ("DONE", 1, True)
    assert client.look(running_query)["status"] == "IN_PROGRESS"
    client.advance(3)
    fresh = client.look(running_query, page_size=1)
    assert fresh["status"] == "DONE"
    assert 0 < stale["progress_status"]["row_count"] < fresh["progress_status"]["row_count"]


@pytest.mark.parametrize("size", [1, 7, 100])
@pytest.mark.parametrize("times", [1, 3])
def test_empty_pages_in_the_middle_cost_no_row(client: Any, done: str, size: int, times: int) -> None:
    usual = pages(client, done, size)
    client.admin("faults", {"kind": "empty_page", "match": GET, "times": times})
    with_empty = pages(client, done, size)
    assert [page for page in with_empty if page] == usual
    assert [bool(page) for page in with_empty[: times + 2]] == [True, *[False] * times, True]


def test_the_last_page_carries_a_token_and_says_that_there_is_no_more(client: Any, done: str) -> None:
    token, has_more = "", True
    while has_more:
        page = client.look(done, page_token=token)
        token, has_more = page["next_page_token"], page["has_more"]
    assert page["values"]
    assert token


@pytest.mark.parametrize("kind", FaultKind)
def test_every_kind_is_queued_over_the_admin_api_as_in_python(client: Any, kind: FaultKind) -> None:
    stage = QueryStage.ENDED if kind.spoils_answer else QueryStage.ANY
    match = {"path_suffix": "get", "path_contains": "nodes", "method": "POST", "stage": stage, "nth": 3}
    fields = {"times": 2, "status": 504, "headers": {"Retry-After": "1"}, "seconds": 0.5, "status_name": "UNKNOWN"}
    fields["spread"] = "uniform"
    answered = client.admin("faults", {"kind": kind, "match": match, **fields})
    assert answered == {"kind": kind, "match": match, **fields}
    assert client.tenant.faults.pending() == [(Fault(kind, FaultMatch(**match), **fields), 2)]


@pytest.mark.parametrize("kind", ["status", "html", "delay", "reset_before_accept"])
def test_a_fault_that_precedes_the_execution_knows_no_stage(client: Any, kind: str) -> None:
    refused = client.call("POST", "/_emulator/faults", json={"kind": kind, "match": {"stage": "ended"}})
    assert refused.status_code == 400
    assert [violation["field"] for violation in refused.json()["details"][0]["field_violations"]] == ["match.stage"]
    with pytest.raises(ValueError, match="not known before the request is executed"):
        Fault(FaultKind(kind), FaultMatch(stage=QueryStage.ENDED))


def pages(client: Any, query_id: str, size: int) -> list[list[Any]]:
    found: list[list[Any]] = []
    token, has_more = "", True
    while has_more:
        page = client.look(query_id, page_size=size, page_token=token)
        found.append(page["values"])
        token, has_more = page["next_page_token"], page["has_more"]
    return found
