"""The demo tenant: its size, its sameness, its node types, and the payroll story it always tells."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.asking import ask
from veza_emulator.demo.tenant import demo_graph
from veza_emulator.graph.permissions import effective_permissions

STORY = {
    "Amara Okafor",
    "Benjamin Reyes",
    "Chiara Lombardi",
    "Daniel Kowalski",
    "Elif Demir",
    "Farah Haddad",
    "Gustav Lindqvist",
    "Hana Sato",
    "Isaac Mensah",
    "Julia Novak",
    "Kiran Patel",
    "payroll-sync",
}

NODE_TYPES = {
    "ActiveDirectoryGroup",
    "ActiveDirectoryUser",
    "AwsIamGroup",
    "AwsIamPolicy",
    "AwsIamRole",
    "AwsIamUser",
    "AzureADGroup",
    "AzureADUser",
    "GoogleWorkspaceGroup",
    "GoogleWorkspaceUser",
    "OAA.Bitbucket.Permission",
    "OAA.Bitbucket.Project.Resource",
    "OAA.Bitbucket.Repo.SubResource",
    "OAA.Bitbucket.User",
    "OAA.Rollbar.Group",
    "OAA.Rollbar.User",
    "OktaGroup",
    "OktaUser",
    "S3Bucket",
    "S3BucketPolicyStatement",
    "SnowflakeRole",
    "SnowflakeTable",
    "SnowflakeUser",
}
SAMPLES = Path(__file__).parents[1] / "samples"


def _okta_users_that_reach(*destinations: dict[str, str]) -> dict[str, Any]:
    return {
        "source_node_types": {"nodes": [{"node_type": "OktaUser"}]},
        "relates_to_exp": {"specs": [{"node_types": {"nodes": list(destinations)}}]},
        "result_value_type": "SOURCE_AND_DESTINATION_NODES",
    }


@pytest.mark.parametrize("size", [100, 101, 1_000, 3_000])
def test_a_demo_tenant_has_exactly_the_nodes_asked_for(size: int) -> None:
    assert len(demo_graph(size, 7).nodes) == size


def test_the_same_seed_draws_the_same_tenant_and_another_seed_another() -> None:
    demo_graph.cache_clear()
    first = demo_graph(500, 7)
    demo_graph.cache_clear()
    assert demo_graph(500, 7).nodes == first.nodes
    assert demo_graph(500, 8).nodes != first.nodes


@pytest.mark.parametrize(("size", "seed"), [(100, 7), (1_000, 7), (10_000, 7), (1_000, 1), (1_000, 2)])
def test_the_same_twelve_users_reach_the_payroll_exports_in_every_tenant(size: int, seed: int) -> None:
    bucket = {"node_type": "S3Bucket", "node_id": "arn:aws:s3:::acme-payroll-exports"}
    rows = ask(demo_graph(size, seed), _okta_users_that_reach(bucket)).rows
    assert {row.source.properties["name"] for row in rows} == STORY
    assert all("DATA_READ" in effective_permissions(row.raw_permissions) for row in rows)


def test_every_node_type_of_the_demo_is_there_and_named() -> None:
    graph = demo_graph(1_000, 7)
    assert set(graph.node_types) >= NODE_TYPES
    assert all(node.properties["name"] and node.properties["provider_id"] for node in graph.nodes)


def test_every_node_type_that_veza_shows_in_its_documents_is_there() -> None:
    named = {
        name for path in SAMPLES.glob("re*_*.json") for name in re.findall(r'"node_type": "(.+)"', path.read_text())
    }
    # An application of the SDK's own tests, which a connector pushes.
    pushed = {name for name in named if name.startswith("OAA.pytest.")}
    assert named
    assert named - pushed <= NODE_TYPES


@pytest.mark.parametrize(
    ("sources", "destinations"),
    [
        ("ActiveDirectoryUser", "AzureADUser"),
        ("AwsIamRole", "S3BucketPolicyStatement"),
        ("AwsIamUser", "S3Bucket"),
        ("AzureADUser", "S3Bucket"),
        ("GoogleWorkspaceUser", "AwsIamRole"),
        ("OAA.Bitbucket.Permission", "OAA.Bitbucket.User"),
        ("OAA.Bitbucket.User", "OAA.Bitbucket.Repo.SubResource"),
        ("OktaUser", "OAA.Bitbucket.User"),
        ("OktaUser", "OAA.Rollbar.Group"),
        ("OktaUser", "SnowflakeUser"),
        ("SnowflakeUser", "SnowflakeTable"),
    ],
)
def test_what_is_asked_of_real_tenants_has_rows_here(sources: str, destinations: str) -> None:
    spec = {
        "source_node_types": {"nodes": [{"node_type": sources}]},
        "relates_to_exp": {"specs": [{"node_types": {"nodes": [{"node_type": destinations}]}}]},
    }
    assert ask(demo_graph(1_000, 7), spec).rows


@pytest.mark.parametrize("size", [10_000, 100_000])
def test_a_large_tenant_has_about_ten_edges_for_each_node(size: int) -> None:
    assert 9 < demo_graph(size, 7).columns.shape[1] / size < 11


@pytest.mark.parametrize("size", [1_000, 20_000])
def test_what_one_person_reaches_does_not_grow_with_the_company(size: int) -> None:
    graph = demo_graph(size, 7)
    paths = len(ask(graph, _okta_users_that_reach({"node_type": "S3Bucket"})).rows)
    assert 1 < paths / len(graph.of_type("OktaUser")) < 40


def test_the_story_is_told_in_the_same_rows_for_ever() -> None:
    graph = demo_graph(100, 7)
    number = graph.index_of("00u3a5a7321e56d4592b")
    assert number is not None
    kiran = graph.nodes[number]
    assert kiran.risk_level == "HIGH"
    assert kiran.properties == {
        "name": "Kiran Patel",
        "email": "kiran.patel@acme.example",
        "department": "Payroll",
        "identity_type": "HUMAN",
        "is_active": False,
        "mfa_active": False,
        "created_at": "2024-10-01T09:00:00Z",
        "last_login_at": "2026-02-03T09:00:00Z",
        "login": "kiran.patel@acme.example",
        "status": "DEPROVISIONED",
        "datasource_id": "acme.okta.example:okta",
        "provider_id": "acme.okta.example",
    }


def test_names_and_ids_are_as_awkward_as_real_ones() -> None:
    nodes = demo_graph(1_000, 7).nodes
    assert any(not node.properties["name"].isascii() for node in nodes)
    assert any("'" in node.properties["name"] for node in nodes)
    assert any(":" in node.id and "/" in node.id for node in nodes)
    assert any(node.tags for node in nodes)


def test_some_people_reach_data_and_some_reach_none() -> None:
    graph = demo_graph(1_000, 7)
    rows = ask(graph, _okta_users_that_reach({"node_type": "S3Bucket"}, {"node_type": "SnowflakeTable"})).rows
    reaching = {row.source.id for row in rows}
    assert 0.3 < len(reaching) / len(graph.of_type("OktaUser")) < 0.99


def test_properties_that_are_not_populated_are_absent() -> None:
    graph = demo_graph(1_000, 7)
    users = [graph.nodes[index].properties for index in graph.of_type("OktaUser")]
    assert any("department" not in user for user in users)
    assert all(value is not None for user in users for value in user.values())


@pytest.mark.parametrize("size", [-1, 99, 1_000_001])
def test_a_tenant_too_small_for_its_story_or_too_large_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="at least 100 nodes and at most 1000000"):
        demo_graph(size, 7)
