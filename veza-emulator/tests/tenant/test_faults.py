"""Faults: each kind as a caller meets it, in order, as often as asked, and then no more."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from veza_emulator.tenant.faults import Fault, FaultKind, Faults, Spread

QUERIES = "/api/v1/assessments/queries"
GET = {"path_suffix": "nodes_async_get"}


@pytest.fixture
def done(client: Any, okta_users: Any) -> str:
    query_id = client.create(okta_users)["query_result_id"]
    client.advance(3)
    return str(query_id)


def test_a_status_is_answered_as_often_as_asked_and_then_all_is_normal(client: Any) -> None:
    client.admin("faults", {"kind": "status", "status": 503, "headers": {"Retry-After": "1"}, "times": 2})
    client.admin("faults", {"kind": "status", "status": 429})
    answers = [client.call("GET", QUERIES) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [503, 503, 429, 200]
    assert [answer.headers.get("Retry-After") for answer in answers] == ["1", "1", None, None]
    assert [answer.json()["code"] for answer in answers[1:3]] == ["Unavailable", "ResourceExhausted"]


def test_a_fault_meets_only_what_it_matches(client: Any) -> None:
    client.admin("faults", {"kind": "status", "match": {"path_contains": "async_tasks/", "method": "get"}})
    assert client.call("GET", QUERIES).status_code == 200
    assert client.call("GET", "/api/v1/assessments/async_tasks/x").status_code == 503
    assert client.call("GET", "/api/v1/assessments/async_tasks/x").status_code == 404


def test_a_fault_meets_the_nth_matching_request_and_lets_those_before_it_pass(client: Any) -> None:
    client.admin("faults", {"kind": "status", "match": {"path_contains": "queries", "nth": 3}, "times": 2})
    client.call("GET", "/api/v1/assessments/async_tasks/x")
    assert [client.call("GET", QUERIES).status_code for _ in range(5)] == [200, 200, 503, 503, 200]


def test_a_fault_without_end_meets_every_request_until_it_is_cleared(client: Any) -> None:
    client.admin("faults", {"kind": "status", "times": None})
    statuses = [client.call("GET", QUERIES).status_code for _ in range(20)]
    assert client.admin("faults")["faults"][0]["times"] is None
    client.call("DELETE", "/_emulator/faults")
    assert [*statuses, client.call("GET", QUERIES).status_code] == [503] * 20 + [200]


@pytest.mark.parametrize(("spread", "highest"), [("none", 1.0), ("uniform", 2.0), ("exponential", 10.0)])
def test_seconds_that_spread_come_to_the_same_on_average(spread: str, highest: float) -> None:
    faults, fault = Faults(seed=7), Fault(FaultKind.DELAY, seconds=3, spread=Spread(spread))
    drawn = [faults.seconds_of(fault) for _ in range(10_000)]
    assert sum(drawn) / len(drawn) == pytest.approx(3, rel=0.05)
    assert 0 <= min(drawn) <= max(drawn) <= 3 * highest


@given(st.floats(0, 1, exclude_max=True), st.sampled_from(Spread))
def test_a_spread_never_makes_a_wait_negative_or_endless(draw: float, spread: Spread) -> None:
    assert 0 <= spread.factor(draw) <= 10


def test_the_same_seed_draws_the_same_seconds() -> None:
    fault = Fault(FaultKind.DELAY, spread=Spread.EXPONENTIAL)
    one, other = Faults(seed=7), Faults(seed=7)
    assert [one.seconds_of(fault) for _ in range(5)] == [other.seconds_of(fault) for _ in range(5)]


def test_a_fault_before_execution_executes_nothing(client: Any, okta_users: Any) -> None:
    client.admin("faults", {"kind": "html", "status": 502})
    answer = client.assessments("query_spec:result_async_create", okta_users)
    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html; charset=utf-8")
    assert "nginx" in answer.text
    assert client.admin("queries")["queries"] == []


def test_a_truncated_answer_is_no_json(client: Any, done: str) -> None:
    client.admin("faults", {"kind": "truncated_json", "match": GET})
    answer = client.assessments("query_spec:nodes_async_get", {"query_result_id": done})
    assert answer.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_a_repeated_page_token_waits_for_a_look_that_has_one(client: Any, done: str) -> None:
    client.admin("faults", {"kind": "repeat_page_token", "match": GET})
    first = client.look(done)
    second = client.look(done, page_token=first["next_page_token"])
    assert (second["next_page_token"], second["has_more"]) == (first["next_page_token"], True)
    third = client.look(done, page_token=first["next_page_token"])
    assert third["next_page_token"] != first["next_page_token"]


def test_an_unknown_status_hides_the_rows_of_a_nodes_query(client: Any, done: str) -> None:
    client.admin("faults", {"kind": "unknown_status", "match": GET})
    look = client.look(done)
    assert (look["status"], look["values"], look["has_more"]) == ("RECALCULATING", [], False)
    assert client.look(done)["status"] == "DONE"


def test_an_unknown_state_hides_the_result_of_a_task(client: Any, okta_users: Any) -> None:
    task_id = client.create_task(okta_users)["id"]
    client.advance(3)
    client.admin("faults", {"kind": "unknown_status", "status_name": "UNKNOWN_STATE"})
    task = client.task(task_id)
    assert (task["state"], task["result"]) == ("UNKNOWN_STATE", None)
    assert client.task(task_id)["state"] == "COMPLETE"


def test_a_reset_after_accept_runs_the_query_and_answers_nothing(client: Any, okta_users: Any) -> None:
    client.admin("faults", {"kind": "reset_after_accept", "match": {"path_suffix": "nodes_async_create"}})
    with pytest.raises(requests.ConnectionError):
        client.create(okta_users)
    entry = client.admin("journal")["requests"][-1]
    assert (entry["status"], entry["fault"], entry["mode"]) == (None, "reset_after_accept", "immediate_run")
    assert [query["id"] for query in client.admin("queries")["queries"]] == [entry["query_id"]]
    assert client.create(okta_users)["query_result_id"] != entry["query_id"]


def test_a_delay_is_real_time_and_then_the_usual_answer(client: Any) -> None:
    client.admin("faults", {"kind": "delay", "seconds": 0.2})
    start = time.monotonic()
    assert client.call("GET", QUERIES).status_code == 200
    assert time.monotonic() - start >= 0.2


def test_faults_to_come_are_listed_and_forgotten(client: Any) -> None:
    client.admin("faults", {"kind": "status", "times": 3})
    client.call("GET", QUERIES)
    assert [(fault["kind"], fault["times"]) for fault in client.admin("faults")["faults"]] == [("status", 2)]
    client.call("DELETE", "/_emulator/faults")
    assert client.call("GET", QUERIES).status_code == 200


def test_a_fault_does_not_meet_the_admin_endpoints(client: Any) -> None:
    client.admin("faults", {"kind": "status"})
    assert client.admin("health")["status"] == "ok"


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        ({}, "kind"),
        ({"kind": "explode"}, "kind"),
        ({"kind": "status", "status": 99}, "status"),
        ({"kind": "status", "times": -1}, "times"),
        ({"kind": "status", "match": {"suffix": "x"}}, "match.suffix"),
        ({"kind": "status", "headers": {"Retry-After": 1}}, "headers.Retry-After"),
        ({"kind": "status", "tmies": 2}, "tmies"),
        ({"kind": "status", "match": {"nth": -1}}, "match.nth"),
        ({"kind": "delay", "spread": "wide"}, "spread"),
    ],
)
def test_a_fault_that_is_misspelt_is_refused(client: Any, fault: dict[str, object], field: str) -> None:
    refused = client.call("POST", "/_emulator/faults", json=fault)
    assert refused.status_code == 400
    assert refused.json()["details"][0]["field_violations"][0]["field"] == field
