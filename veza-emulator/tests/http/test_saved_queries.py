"""Saved queries over a real socket: keep, list, change, run at once, run asynchronously."""

from __future__ import annotations

from typing import Any

import pytest

QUERIES = "/api/v1/assessments/queries"


@pytest.fixture
def save(client: Any) -> Any:
    def save(name: str, spec: Any, **about: object) -> str:
        return str(client.answer("POST", QUERIES, json={"name": name, **about, **spec})["value"]["id"])

    return save


def names(page: Any) -> list[str]:
    return [value["name"] for value in page["values"]]


def names_of(page: Any) -> list[str]:
    return [row["properties"]["name"] for row in page["values"]]


def refusal(response: Any) -> tuple[int, list[str]]:
    return response.status_code, [violation["field"] for violation in response.json()["details"][0]["field_violations"]]


class TestKeeping:
    def test_a_saved_query_is_shown_with_its_id_and_whole_definition(self, client: Any, payroll_access: Any) -> None:
        definition = {
            "name": "Payroll",
            "description": "Who",
            "labels": ["sox"],
            "risk_level": "HIGH",
            **payroll_access,
        }
        created = client.answer("POST", QUERIES, json=definition)
        shown = created["value"]
        assert {name: shown[name] for name in definition} == definition
        assert client.answer("GET", f"{QUERIES}/{shown['id']}") == created

    def test_what_is_not_known_is_ignored_journalled_and_not_shown(self, client: Any, okta_users: Any) -> None:
        shown = client.answer("POST", QUERIES, json={"name": "x", "id": "mine", "colour": "red", **okta_users})["value"]
        assert (shown["id"] != "mine", "colour" in shown) == (True, False)
        assert client.admin("journal")["requests"][-1]["ignored_fields"] == ["colour", "id"]

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"name": ""}, "name"),
            ({"name": None}, "name"),
            ({"name": 7}, "name"),
            ({"labels": "sox"}, "labels"),
            ({"source_node_types": None}, "source_node_types"),
            ({"source_node_types": {"nodes": [{}]}}, "source_node_types.nodes[0].node_type"),
            ({"vql_query": "SHOW OktaUser;"}, "vql_query"),
        ],
    )
    def test_a_definition_that_cannot_be_run_is_refused(
        self, client: Any, okta_users: Any, change: Any, field: str
    ) -> None:
        refused = client.call("POST", QUERIES, json={"name": "x", **okta_users, **change})
        assert refusal(refused) == (400, [field])
        assert client.answer("GET", QUERIES)["values"] == []

    def test_a_name_is_taken_once(self, client: Any, save: Any, okta_users: Any) -> None:
        save("Payroll", okta_users)
        refused = client.call("POST", QUERIES, json={"name": "Payroll", **okta_users})
        assert refusal(refused) == (400, ["name"])
        assert "Query with the same name already exists" in refused.text

    def test_an_update_replaces_the_whole_definition(
        self, client: Any, save: Any, okta_users: Any, payroll_access: Any
    ) -> None:
        query_id = save("Old", payroll_access, description="gone with the update")
        updated = client.answer("PUT", f"{QUERIES}/{query_id}", json={"name": "New", **okta_users})
        assert (updated["value"]["id"], updated["value"]["name"]) == (query_id, "New")
        assert (updated["value"]["description"], "relates_to_exp" in updated["value"]) == ("", False)
        assert names(client.answer("GET", QUERIES)) == ["New"]

    def test_a_deleted_query_is_gone(self, client: Any, save: Any, okta_users: Any) -> None:
        query_id = save("Old", okta_users)
        assert client.answer("DELETE", f"{QUERIES}/{query_id}") == {}
        for method, path in [("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", ":nodes"), ("GET", ":result")]:
            missing = client.call(method, f"{QUERIES}/{query_id}{path}", json={"name": "x", **okta_users})
            assert (missing.status_code, missing.json()["details"][0]["resource"]) == (404, query_id)

    def test_a_part_of_a_query_cannot_be_updated(self, client: Any, save: Any, okta_users: Any) -> None:
        query_id = save("x", okta_users)
        assert client.call("PATCH", f"{QUERIES}/{query_id}", json={"name": "y"}).status_code == 405


class TestListing:
    def test_queries_are_listed_by_name_in_pages(self, client: Any, save: Any, okta_users: Any) -> None:
        for name in ("b", "C", "a", "d"):
            save(name, okta_users)
        first = client.answer("GET", QUERIES, params={"page_size": 3})
        assert (names(first), first["has_more"]) == (["a", "b", "C"], True)
        rest = client.answer("GET", QUERIES, params={"page_size": 3, "page_token": first["next_page_token"]})
        assert (names(rest), rest["has_more"]) == (["d"], False)

    @pytest.mark.parametrize(("text", "found"), [('name eq "b c"', ["b c"]), ('name eq "b"', []), ("", ["a", "b c"])])
    def test_a_filter_names_one_query(self, client: Any, save: Any, okta_users: Any, text: str, found: Any) -> None:
        save("a", okta_users)
        save("b c", okta_users)
        assert names(client.answer("GET", QUERIES, params={"filter": text})) == found

    def test_a_filter_of_another_form_is_refused(self, client: Any) -> None:
        for text in ('name co "b"', "name eq b", 'labels eq "b"', 'name eq "a" and name eq "b"', "x" * 10_000):
            assert refusal(client.call("GET", QUERIES, params={"filter": text})) == (400, ["filter"])

    @pytest.mark.parametrize(
        ("parameters", "found"),
        [
            ({}, ["active"]),
            ({"include_inactive_queries": "false"}, ["active"]),
            ({"include_inactive_queries": "true"}, ["active", "inactive"]),
            ({"include_inactive_queries": True}, ["active", "inactive"]),
        ],
    )
    def test_a_query_of_node_types_that_the_tenant_lacks_is_inactive(
        self, client: Any, save: Any, okta_users: Any, parameters: Any, found: Any
    ) -> None:
        save("active", okta_users)
        save("inactive", {"source_node_types": {"nodes": [{"node_type": "OAA.NoSuchApp.User"}]}})
        assert names(client.answer("GET", QUERIES, params=parameters)) == found

    def test_a_wrong_parameter_of_the_list_is_refused(self, client: Any) -> None:
        for parameter in ("page_size", "page_token", "include_inactive_queries"):
            assert refusal(client.call("GET", QUERIES, params={parameter: "x"})) == (400, [parameter])

    def test_a_token_of_another_list_is_refused(self, client: Any, save: Any, okta_users: Any) -> None:
        save("a", okta_users)
        token = client.answer("GET", QUERIES)["next_page_token"]
        refused = client.call("GET", "/api/preview/assessments/reports", params={"page_token": token})
        assert refusal(refused) == (400, ["page_token"])


class TestRunning:
    def test_options_stand_over_the_definition(self, client: Any, save: Any, okta_users: Any) -> None:
        query_id = save("x", okta_users)
        parameters = {"page_size": 2, "properties_to_get": ["name", "is_active"]}
        page = client.answer("GET", f"{QUERIES}/{query_id}:nodes", params=parameters)
        assert [set(row["properties"]) for row in page["values"]] == [{"name", "is_active"}] * 2

    def test_a_result_shows_nodes_if_the_definition_includes_them(
        self, client: Any, save: Any, payroll_access: Any
    ) -> None:
        with_nodes = save("with", {**payroll_access, "include_nodes": True})
        without = save("without", payroll_access)
        shown = client.answer("GET", f"{QUERIES}/{with_nodes}:result", params={"page_size": 5})
        assert (shown["number_value"], len(shown["nodes_value"]["values"])) == ("12", 5)
        assert client.answer("GET", f"{QUERIES}/{without}:result")["nodes_value"] is None

    @pytest.mark.parametrize("order", [{}, {"order_by": "risk_score DESC"}, {"result_order_by": "properties.name"}])
    def test_the_destinations_of_one_source_are_shown_as_rows(
        self, client: Any, save: Any, okta_users: Any, order: Any
    ) -> None:
        buckets = {"relates_to_exp": {"specs": [{"node_types": {"nodes": [{"node_type": "S3Bucket"}]}}]}}
        query_id = save("x", {**okta_users, **buckets, **order})
        source = client.answer("GET", f"{QUERIES}/{query_id}:nodes")["values"][0]
        path = f"{QUERIES}/{query_id}/destination_nodes"
        page = client.answer("GET", path, params={"source_node_id": source["id"]})
        assert {row["type"] for row in page["values"]} == {"S3Bucket"}
        assert (len(page["values"]), page["path_values"]) == (source["destination_node_count"], [])
        assert all(row["raw_permissions"] for row in page["values"])
        assert names_of(page) == sorted(names_of(page), key=str.lower)
        none = client.answer("GET", path, params={"source_node_id": "no such node"})
        assert (none["values"], none["has_more"]) == ([], False)

    def test_a_source_that_the_definition_does_not_name_has_no_destinations(
        self, client: Any, save: Any, payroll_access: Any
    ) -> None:
        sources = {"nodes": [{"node_type": "OktaUser", "node_id": "somebody else"}]}
        query_id = save("x", {**payroll_access, "source_node_types": sources})
        page = client.answer("GET", f"{QUERIES}/{query_id}/destination_nodes", params={"source_node_id": "somebody"})
        assert page["values"] == []

    def test_destinations_need_a_source(self, client: Any, save: Any, payroll_access: Any) -> None:
        refused = client.call("GET", f"{QUERIES}/{save('x', payroll_access)}/destination_nodes")
        assert refusal(refused) == (400, ["source_node_id"])
        assert "Cannot be empty" in refused.text

    def test_destinations_of_a_query_without_a_relation_are_refused(
        self, client: Any, save: Any, okta_users: Any
    ) -> None:
        path = f"{QUERIES}/{save('x', okta_users)}/destination_nodes"
        assert client.call("GET", path, params={"source_node_id": "x"}).status_code == 400

    def test_an_asynchronous_run_is_looked_at_and_cancelled_like_any_nodes_query(
        self, client: Any, save: Any, payroll_access: Any
    ) -> None:
        path = f"{QUERIES}/{save('x', payroll_access)}:nodes_async_create"
        run_id = client.answer("POST", path, json={})["query_result_id"]
        assert client.look(run_id)["status"] == "IN_PROGRESS"
        client.advance(3)
        assert len(client.look(run_id)["values"]) == 12
        client.assessments("query_spec:nodes_async_cancel", {"query_result_id": run_id})
        assert client.look(run_id)["status"] == "UNKNOWN"

    @pytest.mark.parametrize(
        ("body", "mode", "status"),
        [
            ({}, "immediate_run", "IN_PROGRESS"),
            ({"fetch_cached_results": False}, "immediate_run", "IN_PROGRESS"),
            ({"fetch_cached_results": True}, "cached_result_if_available", "DONE"),
        ],
    )
    def test_an_asynchronous_run_may_show_a_cached_result(
        self, client: Any, save: Any, payroll_access: Any, body: Any, mode: str, status: str
    ) -> None:
        client.create(payroll_access)
        client.advance(3)
        submitted = client.answer("POST", f"{QUERIES}/{save('x', payroll_access)}:nodes_async_create", json=body)
        assert client.admin("journal")["requests"][-1]["mode"] == mode
        assert client.look(submitted["query_result_id"])["status"] == status
        assert submitted["last_completed_cache_id"]

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"cache_strategy": "CACHE_STRATEGY_BOLD"}, "cache_strategy"),
            ({"apply_risk_suppressed_constraint": True}, "apply_risk_suppressed_constraint"),
            ({"fetch_cached_results": "often"}, "fetch_cached_results"),
            ({"properties_to_get": "name"}, "properties_to_get"),
        ],
    )
    def test_an_option_that_is_wrong_or_not_evaluated_is_refused(
        self, client: Any, save: Any, okta_users: Any, body: Any, field: str
    ) -> None:
        refused = client.call("POST", f"{QUERIES}/{save('x', okta_users)}:nodes_async_create", json=body)
        assert refusal(refused) == (400, [field])
        assert client.admin("queries")["queries"] == []

    def test_a_run_asks_what_the_definition_says_by_then(
        self, client: Any, save: Any, okta_users: Any, payroll_access: Any
    ) -> None:
        query_id = save("x", payroll_access)
        client.answer("PUT", f"{QUERIES}/{query_id}", json={"name": "x", **okta_users})
        assert int(client.answer("GET", f"{QUERIES}/{query_id}:result")["number_value"]) > 12
