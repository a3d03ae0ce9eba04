"""What tests see of the tenant and how they steer it: journal, queries, behaviour, clock, finish, health."""

from __future__ import annotations

from typing import Any

import pytest

from veza_emulator import __version__


def test_the_journal_has_every_request_also_the_refused_ones(client: Any, okta_users: Any) -> None:
    query_id = client.create({**okta_users, "colour": "red"})["query_result_id"]
    client.look(query_id, page_size=5)
    client.call("GET", "/api/v1/assessments/queries", headers={"Authorization": "Bearer wrong"})
    client.call("GET", "/elsewhere")
    requests = client.admin("journal")["requests"]
    assert [(entry["method"], entry["path"].rpartition("/")[2], entry["status"]) for entry in requests] == [
        ("POST", "query_spec:nodes_async_create", 200),
        ("POST", "query_spec:nodes_async_get", 200),
        ("GET", "queries", 401),
        ("GET", "elsewhere", 404),
    ]
    assert [entry["query_id"] for entry in requests] == [query_id, query_id, None, None]
    assert [entry["mode"] for entry in requests] == ["immediate_run", None, None, None]
    assert requests[0]["ignored_fields"] == ["immediate_run.request.body.colour"]
    assert requests[0]["time"] == "2026-11-22T12:00:00.000000000Z"
    assert requests[1]["page_size"] == 5


def test_queries_tell_each_runs_times_state_and_rows(client: Any, payroll_access: Any) -> None:
    done = client.create(payroll_access)
    client.advance(3)
    task = client.create_task(payroll_access)
    running = client.create(payroll_access)
    client.assessments("query_spec:nodes_async_cancel", {"query_result_id": running["query_result_id"]})
    noon = "2026-11-22T12:00:0{}.000000000Z".format
    facts = [
        {
            name: query[name]
            for name in ("id", "family", "state", "submitted", "finished", "cancelled", "rows", "cache_id")
        }
        for query in client.admin("queries")["queries"]
    ]
    keys = facts[0].keys()
    assert [tuple(fact.values()) for fact in facts] == [
        (done["query_result_id"], "nodes", "SUCCEEDED", noon(0), noon(3), None, 12, done["cache_id"]),
        (task["id"], "result", "PENDING", noon(3), None, None, 0, None),
        (running["query_result_id"], "nodes", "CANCELED", noon(3), None, noon(3), 0, running["cache_id"]),
    ], keys
    assert client.admin("queries")["queries"][0]["spec"] == payroll_access


def test_a_behaviour_can_be_set_for_one_source_node_type(client: Any, okta_users: Any) -> None:
    buckets = {"source_node_types": {"nodes": [{"node_type": "S3Bucket"}]}}
    client.admin("behaviour", {"match": {"node_type": "S3Bucket"}, "duration_seconds": 60})
    slow, usual = (client.create(spec)["query_result_id"] for spec in (buckets, okta_users))
    client.advance(3)
    assert [client.look(query_id)["status"] for query_id in (slow, usual)] == ["IN_PROGRESS", "DONE"]
    client.advance(57)
    assert client.look(slow)["status"] == "DONE"


def test_a_behaviour_keeps_what_it_does_not_name(client: Any) -> None:
    client.admin("behaviour", {"duration_seconds": 60, "error_reason": "busy"})
    assert client.admin("behaviour", {"match": None, "outcome": "FAIL"}) == {
        "match": None,
        "duration_seconds": 60.0,
        "pending_seconds": 0.1,
        "outcome": "fail",
        "error_reason": "busy",
    }


def test_a_query_without_duration_runs_until_it_is_finished_by_hand(client: Any, okta_users: Any) -> None:
    client.admin("behaviour", {"duration_seconds": None})
    query_id = client.create(okta_users)["query_result_id"]
    client.advance(100_000)
    assert client.look(query_id)["status"] == "IN_PROGRESS"
    assert client.admin(f"queries/{query_id}:finish", {})["state"] == "SUCCEEDED"
    assert client.look(query_id)["status"] == "DONE"


def test_a_tick_moves_every_running_query_one_state_further(client: Any, okta_users: Any) -> None:
    client.admin("behaviour", {"pace": "tick"})
    query_id, task_id = client.create(okta_users)["query_result_id"], client.create_task(okta_users)["id"]
    client.advance(100_000)
    said = [[query["state"] for query in client.admin("queries")["queries"]]]
    for _ in range(3):
        client.admin("tick", {})
        said.append([query["state"] for query in client.admin("queries")["queries"]])
    assert said == [["PENDING"] * 2, ["IN_PROGRESS"] * 2, ["SUCCEEDED"] * 2, ["SUCCEEDED"] * 2]
    assert (client.look(query_id)["status"], client.task(task_id)["state"]) == ("DONE", "COMPLETE")


def test_a_tick_answers_the_queries_that_it_moved(client: Any, okta_users: Any) -> None:
    query_id = client.create(okta_users)["query_result_id"]
    moved = [client.admin("tick", {})["queries"] for _ in range(3)]
    assert [[(query["id"], query["state"]) for query in queries] for queries in moved] == [
        [(query_id, "IN_PROGRESS")],
        [(query_id, "SUCCEEDED")],
        [],
    ]


def test_a_query_at_once_has_ended_when_it_is_submitted(client: Any, okta_users: Any) -> None:
    client.admin("behaviour", {"pace": "at_once"})
    assert client.look(client.create(okta_users)["query_result_id"])["status"] == "DONE"


def test_the_state_shows_queries_requests_faults_and_switches(client: Any, okta_users: Any) -> None:
    ended = client.create(okta_users)["query_result_id"]
    client.advance(30)
    running = [client.create(okta_users)["query_result_id"] for _ in range(2)]
    client.admin("faults", {"kind": "html", "times": 2})
    client.admin("variants", {"lost_query": "not_found"})
    state = client.admin("state")
    assert [query["id"] for query in state["queries"]] == [*reversed(running), ended]
    assert state["query_counts"] == {"SUCCEEDED": 1, "PENDING": 2}
    assert state["queries"][0]["node_types"] == ["OktaUser"]
    assert (state["requests"], len(state["requests_per_second"])) == (3, 60)
    assert {age: count for age, count in enumerate(reversed(state["requests_per_second"])) if count} == {0: 2, 30: 1}
    assert [(fault["kind"], fault["times"]) for fault in state["faults"]] == [("html", 2)]
    assert state["changed_variants"] == {"lost_query": "not_found"}


def test_the_state_shows_no_more_queries_than_people_can_read_but_counts_all(client: Any, okta_users: Any) -> None:
    for _ in range(120):
        client.create(okta_users)
    state = client.admin("state")
    assert (len(state["queries"]), state["query_counts"]) == (100, {"PENDING": 120})


def test_an_unknown_query_cannot_be_finished(client: Any) -> None:
    assert client.call("POST", "/_emulator/queries/no-such-query:finish").status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("behaviour", {"duration": 3}, "duration"),
        ("behaviour", {"duration_seconds": "3"}, "duration_seconds"),
        ("behaviour", {"duration_seconds": -3}, "duration_seconds"),
        ("behaviour", {"outcome": "explode"}, "outcome"),
        ("behaviour", {"match": {}}, "match.node_type"),
        ("behaviour", {"match": {"node_type": "X", "node_id": "Y"}}, "match.node_id"),
        ("behaviour", {"pace": "slow"}, "pace"),
        ("clock/advance", {}, "seconds"),
        ("clock/advance", {"seconds": -1}, "seconds"),
        ("clock/advance", {"seconds": 1e12}, "seconds"),
    ],
)
def test_a_wrong_admin_request_is_refused_by_its_field(client: Any, path: str, body: object, field: str) -> None:
    refused = client.call("POST", f"/_emulator/{path}", json=body)
    assert refused.status_code == 400
    assert [violation["field"] for violation in refused.json()["details"][0]["field_violations"]] == [field]


def test_the_health_says_that_this_is_an_emulator(client: Any) -> None:
    health = client.admin("health")
    assert (health["status"], health["emulator"], health["version"]) == ("ok", True, __version__)
    assert health["nodes"] == 1_000


def test_admin_requests_stay_out_of_the_journal(client: Any) -> None:
    client.admin("health")
    assert client.admin("journal")["requests"] == []
