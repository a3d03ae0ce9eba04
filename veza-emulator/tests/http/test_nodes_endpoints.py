"""The nodes family over a real socket: create in its modes, look, pages, cancel, cache."""

from __future__ import annotations

from typing import Any

import pytest

from veza_emulator.tenant.settings import TenantSettings
from veza_emulator.variants import CancelBody, UnknownNodeType, Variants

UNKNOWN = {
    "status": "UNKNOWN",
    "progress_status": {"row_count": 0},
    "values": [],
    "path_values": [],
    "next_page_token": "",
    "has_more": False,
}


def test_a_query_is_in_progress_without_rows_and_then_done_with_rows(client: Any, payroll_access: Any) -> None:
    created = client.create(payroll_access)
    assert set(created) == {"query_result_id", "cache_id"}
    client.advance(1.5)
    running = client.look(created["query_result_id"])
    assert running == {**UNKNOWN, "status": "IN_PROGRESS", "progress_status": {"row_count": 6}}
    client.advance(1.5)
    done = client.look(created["query_result_id"])
    assert (done["status"], done["progress_status"], done["has_more"]) == ("DONE", {"row_count": 12}, False)
    assert [row["properties"]["name"] for row in done["values"]][:2] == ["Amara Okafor", "Benjamin Reyes"]


def test_a_source_row_has_the_keys_of_the_sample(client: Any, payroll_access: Any) -> None:
    query_id = client.create(payroll_access)["query_result_id"]
    client.advance(3)
    row = client.look(query_id)["values"][0]
    assert row["properties"].pop("email") == "amara.okafor@acme.example"
    assert {name: row[name] for name in row if name not in {"id", "properties"}} == {
        "type": "OktaUser",
        "destination_node_count": 1,
        "permissions": [],
        "engagement_access_stats": None,
        "access_stats": None,
        "destination_node_ids": [],
        "risk_level": "NONE",
        "raw_permissions": [],
        "effective_permissions": [],
    }


def test_a_path_row_tells_both_ends_and_what_the_source_may_do(client: Any, payroll_access: Any) -> None:
    spec = {**payroll_access, "result_value_type": "SOURCE_AND_DESTINATION_NODES"}
    spec["source_node_types"] = {"nodes": [{"node_type": "OktaUser", "properties_to_get": ["name", "no_such"]}]}
    query_id = client.create(spec)["query_result_id"]
    client.advance(3)
    page = client.look(query_id)
    assert (page["values"], len(page["path_values"])) == ([], 12)
    row = page["path_values"][0]
    assert row["source"]["properties"] == {"name": "Amara Okafor"}
    assert row["destination"]["id"] == "arn:aws:s3:::acme-payroll-exports"
    assert row["abstract_permissions"] == ["DataCreate", "DataRead", "DataWrite", "MetadataRead"]
    assert row["concrete_permissions"] == ["s3:GetObject", "s3:ListBucket", "s3:PutObject"]
    assert row["path_summary_nodes"] == []


@pytest.mark.parametrize("size", [7, "7", 100, 500, None])
def test_reading_page_after_page_gives_every_row_once(client: Any, okta_users: Any, size: object) -> None:
    query_id = client.create(okta_users)["query_result_id"]
    client.advance(3)
    ids: list[str] = []
    page: dict[str, Any] = {"next_page_token": "", "has_more": True}
    while page["has_more"]:
        page = client.look(query_id, page_size=size, page_token=page["next_page_token"])
        assert 0 < len(page["values"]) <= min(int(str(size or 100)), 100)
        ids += [row["id"] for row in page["values"]]
    assert page["next_page_token"]
    assert len(ids) == len(set(ids)) == page["progress_status"]["row_count"] > 100


def test_a_look_by_get_answers_the_same_as_by_post(client: Any, okta_users: Any) -> None:
    query_id = client.create(okta_users)["query_result_id"]
    client.advance(3)
    parameters = {"query_result_id": query_id, "page_size": "5"}
    got = client.call("GET", "/api/v1/assessments/query_spec:nodes_async_get", params=parameters)
    assert got.json() == client.look(query_id, page_size=5)


@pytest.mark.parametrize("page", [{"page_size": -1}, {"page_size": "ten"}, {"page_size": True}, {"page_token": "x"}])
def test_a_wrong_page_request_is_refused(client: Any, okta_users: Any, page: dict[str, object]) -> None:
    query_id = client.create(okta_users)["query_result_id"]
    client.advance(3)
    refused = client.assessments("query_spec:nodes_async_get", {"query_result_id": query_id, **page})
    assert refused.status_code == 400
    assert refused.json()["details"][0]["field_violations"][0]["field"] == next(iter(page))


def test_a_page_token_of_another_query_is_refused(client: Any, okta_users: Any) -> None:
    first, second = (client.create(okta_users)["query_result_id"] for _ in range(2))
    client.advance(3)
    token = client.look(first)["next_page_token"]
    refused = client.assessments("query_spec:nodes_async_get", {"query_result_id": second, "page_token": token})
    assert refused.status_code == 400
    assert "another query" in refused.text


@pytest.mark.parametrize("seconds_before", [0, 1.5, 3])
def test_a_cancelled_query_is_unknown_for_ever(client: Any, okta_users: Any, seconds_before: float) -> None:
    query_id = client.create(okta_users)["query_result_id"]
    client.advance(seconds_before)
    cancelled = client.assessments("query_spec:nodes_async_cancel", {"query_result_id": query_id})
    assert (cancelled.status_code, cancelled.content) == (200, b"")
    assert client.look(query_id) == UNKNOWN
    client.advance(10)
    assert client.look(query_id) == UNKNOWN


def test_cancelling_an_unknown_query_is_accepted(client: Any) -> None:
    assert client.assessments("query_spec:nodes_async_cancel", {"query_result_id": "x"}).status_code == 200


def test_an_unknown_and_an_expired_query_are_unknown(client: Any, okta_users: Any) -> None:
    assert client.look("no-such-query") == UNKNOWN
    query_id = client.create(okta_users)["query_result_id"]
    client.advance(3 + 24 * 3600 + 1)
    assert client.look(query_id) == UNKNOWN


def test_a_fresh_cached_result_is_done_at_once_and_runs_nothing(client: Any, payroll_access: Any) -> None:
    first = client.create(payroll_access)
    client.advance(3)
    again = client.create({**payroll_access, "no_relation": False}, max_staleness="60s")
    assert again["query_result_id"] != first["query_result_id"]
    assert again["cache_id"] == again["last_completed_cache_id"] == first["cache_id"]
    assert client.look(again["query_result_id"])["status"] == "DONE"
    assert [query["from_cache"] for query in client.admin("queries")["queries"]] == [False, True]


@pytest.mark.parametrize(
    ("options", "age", "hit"),
    [
        ({"max_staleness": "60s"}, 60, True),
        ({"max_staleness": "60s"}, 61, False),
        ({"max_staleness": "0.5s"}, 1, False),
        ({"max_staleness": None}, 86_400, True),
        ({"max_staleness": None}, 86_401, False),
    ],
)
def test_a_cached_result_counts_while_it_is_not_older_than_asked(
    client: Any, okta_users: Any, options: dict[str, object], age: float, hit: bool
) -> None:
    client.create(okta_users)
    client.advance(3 + age)
    created = client.create(okta_users, **options)
    assert (client.look(created["query_result_id"])["status"] == "DONE") is hit


def test_an_immediate_run_names_the_newest_completed_cache_entry_and_runs_anew(client: Any, okta_users: Any) -> None:
    first = client.create(okta_users)
    client.advance(3)
    second = client.create(okta_users)
    assert second["last_completed_cache_id"] == first["cache_id"] != second["cache_id"]
    assert client.look(second["query_result_id"])["status"] == "IN_PROGRESS"


def test_a_query_can_attach_to_one_cached_result_by_its_id(client: Any, okta_users: Any) -> None:
    first = client.create(okta_users)
    client.advance(3)
    attached = client.create_as({"cached_result_context": {"cache_id": first["cache_id"]}})
    assert attached["cache_id"] == first["cache_id"]
    assert client.look(attached["query_result_id"])["values"] == client.look(first["query_result_id"])["values"]


@pytest.mark.parametrize("seconds", [0, 3 + 24 * 3600 + 1])
def test_a_cache_id_that_is_not_complete_or_has_expired_is_not_found(
    client: Any, okta_users: Any, seconds: float
) -> None:
    cache_id = client.create(okta_users)["cache_id"]
    client.advance(seconds)
    refused = client.assessments("query_spec:nodes_async_create", {"cached_result_context": {"cache_id": cache_id}})
    assert (refused.status_code, refused.json()["code"]) == (404, "NotFound")
    assert refused.json()["details"][0]["resource"] == cache_id


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"),
        ({"immediate_run": None}, "body"),
        ({"immediate_run": {}, "cached_result_context": {"cache_id": "x"}}, "immediate_run"),
        ({"immediate_run": {}}, "immediate_run.request"),
        ({"immediate_run": {"request": {}}}, "immediate_run.request.body"),
        ({"immediate_run": {"request": {"body": {}}}}, "immediate_run.request.body.source_node_types"),
        ({"immediate_run": "now"}, "immediate_run"),
        ({"cached_result_context": {}}, "cached_result_context.cache_id"),
        ({"request": {}}, "request.body"),
    ],
)
def test_a_create_without_exactly_one_complete_mode_is_refused(client: Any, body: object, field: str) -> None:
    refused = client.assessments("query_spec:nodes_async_create", body)
    assert refused.status_code == 400
    assert [violation["field"] for violation in refused.json()["details"][0]["field_violations"]] == [field]


@pytest.mark.parametrize("staleness", ["60", "-1s", 60, "1m", "9" * 13 + "s"])
def test_a_staleness_that_is_no_duration_is_refused(client: Any, okta_users: Any, staleness: object) -> None:
    body = {"cached_result_if_available": {"request": {"body": okta_users}, "max_staleness": staleness}}
    refused = client.assessments("query_spec:nodes_async_create", body)
    assert refused.status_code == 400
    assert "cached_result_if_available.max_staleness" in refused.text


def test_the_deprecated_request_runs_like_an_immediate_run_and_is_journalled(client: Any, okta_users: Any) -> None:
    created = client.create_as({"request": {"body": okta_users}})
    entry = client.admin("journal")["requests"][-1]
    assert (entry["mode"], entry["deprecated_fields"]) == ("request", ["request"])
    client.advance(3)
    assert client.look(created["query_result_id"])["status"] == "DONE"


def test_a_failed_query_says_failed_and_fills_no_cache(client: Any, okta_users: Any) -> None:
    client.admin("behaviour", {"outcome": "fail"})
    query_id = client.create(okta_users)["query_result_id"]
    client.advance(3)
    assert client.look(query_id) == {**UNKNOWN, "status": "FAILED"}
    assert "last_completed_cache_id" not in client.create(okta_users)


def test_an_unknown_node_type_has_no_rows(client: Any) -> None:
    query_id = client.create({"source_node_types": {"nodes": [{"node_type": "NoSuchType"}]}})["query_result_id"]
    client.advance(3)
    assert client.look(query_id) == {**UNKNOWN, "status": "DONE"}


class TestVariants:
    @pytest.fixture
    def settings(self) -> TenantSettings:
        variants = Variants(
            running_status="RUNNING",
            failed_status="ERROR",
            cancel_body=CancelBody.EMPTY_OBJECT,
            unknown_node_type=UnknownNodeType.ERROR,
        )
        return TenantSettings(size=100, variants=variants)

    def test_the_names_of_the_states_can_differ(self, client: Any, okta_users: Any) -> None:
        client.admin("behaviour", {"outcome": "fail"})
        query_id = client.create(okta_users)["query_result_id"]
        assert client.look(query_id)["status"] == "RUNNING"
        client.advance(3)
        assert client.look(query_id)["status"] == "ERROR"

    def test_a_cancel_can_answer_an_empty_object(self, client: Any) -> None:
        assert client.assessments("query_spec:nodes_async_cancel", {"query_result_id": "x"}).json() == {}

    def test_an_unknown_node_type_can_be_an_error(self, client: Any) -> None:
        spec = {"source_node_types": {"nodes": [{"node_type": "NoSuchType"}]}}
        refused = client.assessments("query_spec:nodes_async_create", {"immediate_run": {"request": {"body": spec}}})
        assert refused.status_code == 400
        assert "NoSuchType is not a valid NodeType" in refused.text
