"""The demo tenant: its size, its sameness, its node types, and the payroll story it always tells."""

from __future__ import annotations

from collections import Counter

import pytest

from airflow_provider_veza.emulator.demo_tenant import demo_graph
from airflow_provider_veza.emulator.permissions import effective_permissions

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
    graph = demo_graph(size, seed)
    bucket = graph.index_of("arn:aws:s3:::acme-payroll-exports")
    assert bucket is not None
    related = graph.relations(graph.of_type("OktaUser"), [bucket])
    assert {graph.nodes[index].properties["name"] for index in related} == STORY
    assert all("DATA_READ" in effective_permissions(reached[bucket]) for reached in related.values())


def test_every_node_type_of_the_demo_is_there_and_named() -> None:
    graph = demo_graph(1_000, 7)
    counts = Counter(node.type for node in graph.nodes)
    assert set(counts) == {
        "AwsIamPolicy",
        "AwsIamRole",
        "AzureADGroup",
        "AzureADUser",
        "OktaGroup",
        "OktaUser",
        "S3Bucket",
        "SnowflakeRole",
        "SnowflakeTable",
    }
    assert all(node.properties["name"] and node.properties["provider_id"] for node in graph.nodes)


def test_some_people_reach_data_and_some_reach_none() -> None:
    graph = demo_graph(1_000, 7)
    users = graph.of_type("OktaUser")
    related = graph.relations(users, [*graph.of_type("S3Bucket"), *graph.of_type("SnowflakeTable")])
    assert 0.3 < len(related) / len(users) < 0.99


def test_properties_that_are_not_populated_are_absent() -> None:
    graph = demo_graph(1_000, 7)
    users = [graph.nodes[index].properties for index in graph.of_type("OktaUser")]
    assert any("department" not in user for user in users)
    assert all(value is not None for user in users for value in user.values())


def test_a_tenant_too_small_for_its_story_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 100 nodes"):
        demo_graph(99, 7)
