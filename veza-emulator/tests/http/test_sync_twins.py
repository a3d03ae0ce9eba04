"""The synchronous twins over a real socket: rows and counts at once, pages in their place, and no run left behind."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from veza_emulator.tenant.settings import TenantSettings
from veza_emulator.variants import LastPageToken, MiddlePages, PageSizeOverMaximum, Variants

NODES = "/api/v1/assessments/query_spec:nodes"
RESULT = "/api/v1/assessments/query_spec:result"

ONE_BUCKET = {
    "source_node_types": {"nodes": [{"node_type": "S3Bucket", "node_id": "arn:aws:s3:::acme-payroll-exports"}]}
}

selectors = st.builds(
    lambda node_type, *parts: {"node_type": node_type, **{name: part for each in parts for name, part in each.items()}},
    st.sampled_from(["OktaUser", "OktaGroup", "AwsIamRole", "S3Bucket", "SnowflakeTable", "IdPUser", "NoSuchType"]),
    st.sampled_from([{}, {"properties_to_get": ["name"]}, {"properties_to_get": ["name", "is_active"]}]),
    st.sampled_from([{}, {"condition_expression": {"specs": [{"property": "is_active", "value": True}]}}]),
)
node_types = st.builds(lambda nodes: {"nodes": nodes}, st.lists(selectors, min_size=1, max_size=2))
relations = st.builds(
    lambda types, no: {"specs": [{"node_types": types, "no_relation": no}]}, node_types, st.booleans()
)
specs = st.builds(
    lambda sources, relation, paths, order: {
        "source_node_types": sources,
        **({"relates_to_exp": relation} if relation else {}),
        **({"result_value_type": "SOURCE_AND_DESTINATION_NODES"} if paths and _has_destinations(relation) else {}),
        **order,
    },
    node_types,
    st.none() | relations,
    st.booleans(),
    st.sampled_from([{}, {"order_by": "destination_node_count DESC"}, {"order_by": "risk_score"}]),
)


def _has_destinations(relation: Any) -> bool:
    return bool(relation) and not relation["specs"][0]["no_relation"]


def read_all(ask: Any) -> list[Any]:
    """Return the rows of every page that `ask(page_token)` answers."""
    rows: list[Any] = []
    page: dict[str, Any] = {"next_page_token": "", "has_more": True}
    while page["has_more"]:
        page = ask(page["next_page_token"])
        rows += page["values"] + page["path_values"]
    return rows


def rows_at_once(client: Any, spec: Any, size: int = 100) -> list[Any]:
    return read_all(
        lambda token: client.answer("POST", NODES, params={"page_size": size, "page_token": token}, json=spec)
    )


def rows_of_result(client: Any, spec: Any, size: int = 100) -> list[Any]:
    body = {**spec, "include_nodes": True, "page_size": str(size)}
    return read_all(lambda token: client.answer("POST", RESULT, json={**body, "page_token": token})["nodes_value"])


def rows_of_run(client: Any, submitted: Any) -> list[Any]:
    client.admin(f"queries/{submitted['query_result_id']}:finish", {})
    return read_all(lambda token: client.look(submitted["query_result_id"], page_token=token))


def rows_of_saved(client: Any, path: str, size: int = 100) -> list[Any]:
    return read_all(lambda token: client.answer("GET", path, params={"page_size": size, "page_token": token}))


class TestEveryWayToAskGivesTheSameRows:
    @hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(spec=specs, size=st.integers(1, 100))
    def test_for_any_spec(self, client: Any, spec: Any, size: int) -> None:
        body = {"name": "any", **spec}
        saved = f"/api/v1/assessments/queries/{client.answer('POST', '/api/v1/assessments/queries', json=body)['value']['id']}"
        try:
            wanted = rows_of_run(client, client.create(spec))
            assert rows_at_once(client, spec, size=max(size, 20)) == wanted
            assert rows_of_result(client, spec) == wanted
            assert rows_of_saved(client, f"{saved}:nodes") == wanted
            assert rows_of_run(client, client.answer("POST", f"{saved}:nodes_async_create", json={})) == wanted
            counts = [client.answer("POST", RESULT, json=spec), client.answer("GET", f"{saved}:result")]
            assert [count["number_value"] for count in counts] == [str(len(wanted))] * 2
        finally:
            client.answer("DELETE", saved)


def test_a_count_has_the_shape_of_the_documents(client: Any, payroll_access: Any) -> None:
    counted = client.answer("POST", RESULT, json=payroll_access)
    assert counted == {"result_type": "NUMBER", "number_value": "12", "timestamp_value": None, "nodes_value": None}


def test_a_synchronous_query_is_journalled_with_its_page_and_leaves_no_run(client: Any, okta_users: Any) -> None:
    token = client.answer("POST", NODES, params={"page_size": "2"}, json=okta_users)["next_page_token"]
    client.answer("POST", NODES, params={"page_size": "2", "page_token": token}, json=okta_users)
    assert client.admin("queries")["queries"] == []
    seen = [(entry["path"], entry["page_size"], entry["page_token"]) for entry in client.admin("journal")["requests"]]
    assert seen == [(NODES, "2", None), (NODES, "2", token)]


def test_page_size_and_token_in_the_body_of_nodes_are_ignored_and_journalled(client: Any, okta_users: Any) -> None:
    first = client.answer("POST", NODES, params={"page_size": "3"}, json=okta_users)
    body = {**okta_users, "page_token": first["next_page_token"], "page_size": 50}
    assert client.answer("POST", NODES, params={"page_size": "3"}, json=body) == first
    assert client.admin("journal")["requests"][-1]["ignored_fields"] == ["page_size", "page_token"]


def test_page_size_and_token_in_the_query_string_of_result_are_ignored(client: Any, okta_users: Any) -> None:
    spec = {**okta_users, "include_nodes": True, "page_size": "3"}
    first = client.answer("POST", RESULT, json=spec)
    parameters = {"page_token": first["nodes_value"]["next_page_token"], "page_size": 50}
    assert client.answer("POST", RESULT, params=parameters, json=spec) == first


def test_the_documented_sample_is_answered(client: Any) -> None:
    sample = {
        "query_type": "SOURCE_TO_DESTINATION",
        "include_nodes": True,
        "source_node_types": {"nodes": [{"node_type": "AwsIamRole"}]},
        "destination_node_types": {"nodes": [{"node_type": "S3Bucket"}]},
        "no_relation": False,
        "raw_permissions": {"operator": "OR", "values": ["s3:PutBucketAcl"]},
    }
    page = client.answer("POST", f"{NODES}?page_size=1&page_token=", json=sample)
    assert (len(page["values"]), page["path_values"], page["has_more"]) == (1, [], True)
    assert page["values"][0]["destination_node_count"] > 0


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"page_size": "ten"}, "page_size"),
        ({"page_size": "-1"}, "page_size"),
        ({"page_token": "x"}, "page_token"),
        ({"page_token": "eyJMYXN0Ijp7fX0="}, "page_token"),
        ({"add_access_stats": "true"}, "add_access_stats"),
        ({"apply_risk_suppressed_constraint": "perhaps"}, "apply_risk_suppressed_constraint"),
    ],
)
def test_a_wrong_parameter_is_refused_by_its_name(client: Any, okta_users: Any, parameters: Any, field: str) -> None:
    refused = client.call("POST", NODES, params=parameters, json=okta_users)
    assert refused.status_code == 400
    assert [violation["field"] for violation in refused.json()["details"][0]["field_violations"]] == [field]


@pytest.mark.parametrize(("order", "descends"), [("ASC", False), ("DESC", True)])
def test_rows_come_in_the_order_that_the_query_string_asks_for(client: Any, order: str, descends: bool) -> None:
    spec = {
        "source_node_types": {"nodes": [{"node_type": "OktaUser"}]},
        "relates_to_exp": {"specs": [{"node_types": {"nodes": [{"node_type": "S3Bucket"}]}}]},
    }
    parameters = {"page_size": 40, "order_by": f"destination_node_count {order}"}
    rows = read_all(lambda token: client.answer("POST", NODES, params={**parameters, "page_token": token}, json=spec))
    counts = [row["destination_node_count"] for row in rows]
    assert counts == sorted(counts, reverse=descends)
    assert (len(set(counts)) > 1, len(rows) > 40) == (True, True)


def test_a_token_of_another_spec_is_refused(client: Any, okta_users: Any, payroll_access: Any) -> None:
    token = client.answer("POST", NODES, params={"page_size": "1"}, json=okta_users)["next_page_token"]
    refused = client.call("POST", NODES, params={"page_token": token}, json=payroll_access)
    assert (refused.status_code, "another query" in refused.text) == (400, True)


class TestVariants:
    @pytest.fixture
    def settings(self) -> TenantSettings:
        variants = Variants(
            maximum_page_size=10,
            page_size_over_maximum=PageSizeOverMaximum.REFUSED,
            middle_pages=MiddlePages.EMPTY_BETWEEN,
            last_page_token=LastPageToken.ABSENT,
        )
        return TenantSettings(size=200, variants=variants)

    def test_the_switches_of_pages_hold_for_synchronous_pages_too(self, client: Any, okta_users: Any) -> None:
        assert client.call("POST", NODES, params={"page_size": 11}, json=okta_users).status_code == 400
        first = client.answer("POST", NODES, params={"page_size": 10}, json=okta_users)
        token = first["next_page_token"]
        second = client.answer("POST", NODES, params={"page_size": 10, "page_token": token}, json=okta_users)
        assert (len(first["values"]), second["values"], second["has_more"]) == (10, [], True)
        last = client.answer("POST", NODES, params={"page_size": 1}, json=ONE_BUCKET)
        assert (len(last["values"]), last["next_page_token"], last["has_more"]) == (1, "", False)


@pytest.mark.parametrize("path", [NODES, RESULT])
def test_a_key_without_query_rights_is_refused(client: Any, okta_users: Any, path: str) -> None:
    forbidden = {"Authorization": f"Bearer {client.tenant.settings.forbidden_key}"}
    assert client.call("POST", path, json=okta_users, headers=forbidden).status_code == 403
