"""Which sources relate to which destinations, case by case; that every mixture is right is tested elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from tests.asking import NOON, ask, spec_of
from tests.small_tenant import (
    GRAPH,
    WRITE,
    found,
    node,
    nodes,
    paths,
    refused,
    related,
    sources,
)
from veza_emulator.query.evaluation.evaluate import Circumstances
from veza_emulator.query.evaluation.selection import knows_all
from veza_emulator.query.rows import PathRow
from veza_emulator.variants import UnknownNodeType, UnknownProperty, Variants


@pytest.mark.parametrize(
    ("fields", "pairs"),
    [
        ({}, [("u1", "b1"), ("u1", "b2"), ("u2", "b1"), ("u2", "b2")]),
        ({"raw_permissions": {"values": ["s3:PutObject"]}}, [("u1", "b1")]),
        ({"raw_permissions": {"values": ["s3:PutObject", "s3:GetObject"], "operator": "AND"}}, [("u1", "b1")]),
        ({"effective_permissions": {"values": ["data_write"]}}, [("u1", "b1")]),
        ({"required_intermediate_node_types": nodes("OktaGroup")}, [("u1", "b1"), ("u1", "b2")]),
        ({"required_intermediate_node_types": nodes("OktaGroup", "AwsIamRole")}, [("u1", "b1"), ("u1", "b2")]),
        ({"required_intermediate_node_types": nodes("OktaGroup", "SnowflakeRole")}, []),
        (
            {"required_intermediate_node_types": nodes("OktaGroup", "SnowflakeRole", nodes_operator="OR")},
            [("u1", "b1"), ("u1", "b2")],
        ),
        ({"avoided_intermediate_node_types": nodes("OktaGroup")}, [("u1", "b1"), ("u2", "b1"), ("u2", "b2")]),
        ({"avoided_intermediate_node_types": nodes("AwsIamRole")}, [("u1", "b1")]),
        ({"direction": "SOURCE_TO_DESTINATION"}, [("u1", "b1"), ("u1", "b2"), ("u2", "b1"), ("u2", "b2")]),
        ({"direction": "DESTINATION_TO_SOURCE"}, []),
    ],
    ids=str,
)
def test_a_relation_follows_the_paths_that_its_spec_allows(fields: dict[str, Any], pairs: list[Any]) -> None:
    assert found(paths(related("IdPUser", "S3Bucket", **fields))) == pairs


@pytest.mark.parametrize(
    ("expression", "pairs"),
    [
        ({"property": "data_write_privilege", "value": True}, [("u1", "b1")]),
        ({"property": "data_write_privilege", "value": False}, [("u1", "b2"), ("u2", "b1"), ("u2", "b2")]),
        ({"fn": "LIST_CONTAINS", "property": "permissions", "value": "s3:PutObject"}, [("u1", "b1")]),
    ],
)
def test_a_required_effective_permission_is_what_the_relation_amounts_to(expression: Any, pairs: list[Any]) -> None:
    required = nodes(node("EffectivePermission", condition_expression={"specs": [expression]}))
    assert found(paths(related("IdPUser", "S3Bucket", required_intermediate_node_types=required))) == pairs


def test_a_relation_is_seen_from_the_resource_too() -> None:
    assert found(related("S3Bucket", "OktaUser")) == [("b2", 1), ("b1", 1)]
    assert found(related("S3Bucket", "OktaUser", direction="SOURCE_TO_DESTINATION")) == []


@pytest.mark.parametrize("end", ["source", "destination"])
def test_a_direct_relation_has_one_edge(end: str) -> None:
    direct = {"direct_relationship_only": True}
    source = node("IdPUser", **(direct if end == "source" else {}))
    destination = node("S3Bucket", **(direct if end == "destination" else {}))
    assert found(paths(related(source, destination))) == [("u1", "b1")]
    (row,) = ask(GRAPH, paths(related(source, destination))).rows
    assert isinstance(row, PathRow)
    assert row.raw_permissions == WRITE


def test_what_is_configured_is_not_what_takes_effect() -> None:
    spec = related("OktaUser", "S3Bucket")
    assert sources(spec) == ["u1"]
    assert sources({**spec, "node_relationship_type": "CONFIGURED"}) == ["u1", "u3"]


@pytest.mark.parametrize(
    ("expression", "rows"),
    [
        ({"specs": [("S3Bucket", {}), ("OktaGroup", {})]}, [("u1", 4)]),
        ({"specs": [("S3Bucket", {}), ("OktaGroup", {})], "operator": "OR"}, [("u1", 4), ("u2", 2)]),
        ({"specs": [("OktaGroup", {})], "not": True}, [("u2", 0), ("u3", 0)]),
        ({"specs": [("S3Bucket", {}), ("OktaGroup", {"no_relation": True})]}, [("u2", 2)]),
        ({"specs": [("S3Bucket", {"no_relation": True})]}, [("u3", 0)]),
        (
            {"specs": [("S3Bucket", {})], "child_expressions": [{"specs": [("OktaGroup", {})], "not": True}]},
            [("u2", 2)],
        ),
    ],
    ids=str,
)
def test_relations_combine_for_each_source(expression: dict[str, Any], rows: list[Any]) -> None:
    def spelt(value: dict[str, Any]) -> dict[str, Any]:
        specs = [{"node_types": nodes(kind), **fields} for kind, fields in value["specs"]]
        return {**value, "specs": specs, "child_expressions": list(map(spelt, value.get("child_expressions", [])))}

    assert found({"source_node_types": nodes("IdPUser"), "relates_to_exp": spelt(expression)}) == rows


@pytest.mark.parametrize(("operator", "ids"), [("OR", ["u1", "u2"]), ("AND", ["u1"])])
def test_destination_types_are_alternatives_unless_each_is_asked_for(operator: str, ids: list[str]) -> None:
    both = nodes("S3Bucket", "OktaGroup", nodes_operator=operator)
    spec = {"source_node_types": nodes("IdPUser"), "relates_to_exp": {"specs": [{"node_types": both}]}}
    assert sources(spec) == ids


@pytest.mark.parametrize(
    ("counted", "rows"),
    [
        ({"specs": [{"fn": "GT", "value": 1}]}, [("u1", 2), ("u2", 2)]),
        ({"specs": [{"fn": 3, "value": "1"}]}, [("u1", 2), ("u2", 2)]),
        ({"specs": [{"fn": "GT", "value": 2}]}, []),
        ({"specs": [{"fn": "GTE", "value": 100, "value_as": "PERCENTAGE_OF_TOTAL_COUNT"}]}, [("u1", 2), ("u2", 2)]),
        ({"specs": [{"fn": "LT", "value": 50, "value_as": "PERCENTAGE_OF_TOTAL_COUNT"}]}, []),
        ({"specs": [{"fn": "LT", "value": 1}], "include_zero_count_results": True}, [("u3", 0)]),
        ({"specs": [{"fn": "GTE", "value": 0}]}, [("u1", 2), ("u2", 2)]),
        ({"specs": [{"fn": "GT", "value": 1}], "not": True, "include_zero_count_results": True}, [("u3", 0)]),
        ({"specs": [{"fn": "EQ", "value": 2}, {"fn": "EQ", "value": 7}], "operator": "OR"}, [("u1", 2), ("u2", 2)]),
        ({"child_expressions": [{"specs": [{"fn": "EQ", "value": 7}]}]}, []),
    ],
    ids=str,
)
def test_a_count_condition_counts_the_destinations_of_each_source(counted: dict[str, Any], rows: list[Any]) -> None:
    assert found(related("IdPUser", node("S3Bucket", count_condition_expression=counted))) == rows


def test_a_saved_query_gives_the_ids_that_a_condition_compares_with() -> None:
    saved = {"named-cat": spec_of({"source_node_types": nodes(node("OktaUser", node_id="u3"))})}
    under = Circumstances(NOON.now, saved.get)
    condition = {"fn": "IN_FROM_QUERY_SOURCE_RESULTS", "property": "id", "value": "named-cat"}
    spec = {"source_node_types": nodes(node("OktaUser", condition_expression={"specs": [condition]}))}
    assert sources(spec, under=under) == ["u3"]
    value = "source_node_types.nodes[0].condition_expression.specs[0].value"
    assert refused(spec) == value
    saved["named-cat"] = spec_of(spec)
    assert refused(spec, under) == value


def test_what_the_tenant_does_not_have_is_an_error_if_switched_so() -> None:
    strict = Circumstances(
        NOON.now, variants=Variants(unknown_node_type=UnknownNodeType.ERROR, unknown_property=UnknownProperty.ERROR)
    )
    unknown_type = {"source_node_types": nodes("NoSuchType")}
    expression = {"child_expressions": [{"specs": [{"property": "no_such", "value": 1}]}]}
    unknown_property = {"source_node_types": nodes(node("OktaUser", condition_expression=expression))}
    assert sources(unknown_type) == sources(unknown_property) == []
    assert refused(unknown_type, strict) == "source_node_types.nodes[0].node_type"
    assert (
        refused(unknown_property, strict)
        == "source_node_types.nodes[0].condition_expression.child_expressions[0].specs[0].property"
    )
    assert sources({"source_node_types": nodes("Identity")}, under=strict) == ["u1", "a1", "u2", "u3"]


def permissions(*conditions: dict[str, Any]) -> dict[str, Any]:
    return node("EffectivePermission", condition_expression={"specs": list(conditions)})


WRITES = {"property": "data_write_privilege", "value": True}


@pytest.mark.parametrize(
    ("conditions", "ids"),
    [
        ([], ["a1 -> a2", "r1 -> b1", "r1 -> b2", "u1 -> b1"]),
        ([WRITES], ["u1 -> b1"]),
        ([{**WRITES, "value": False}], ["a1 -> a2", "r1 -> b1", "r1 -> b2"]),
        ([{"fn": "LIST_CONTAINS", "property": "permissions", "value": "s3:GetObject"}], ["r1 -> b1", "r1 -> b2"]),
    ],
)
def test_permissions_are_nodes_between_who_gives_them_and_the_resource(
    conditions: list[dict[str, Any]], ids: list[str]
) -> None:
    assert sorted(sources({"source_node_types": nodes(permissions(*conditions))})) == ids


@pytest.mark.parametrize(
    ("spec", "ids"),
    [
        (related("OktaUser", permissions()), ["u1"]),
        (related("OktaUser", permissions(), no_relation=True), ["u3"]),
        (related("IdPUser", permissions(WRITES)), ["u1"]),
        (related(permissions(WRITES), "S3Bucket"), ["u1 -> b1"]),
        (related(permissions(), "AzureADUser"), ["r1 -> b1", "r1 -> b2"]),
    ],
)
def test_permissions_relate_to_who_has_them_and_to_the_resource(spec: dict[str, Any], ids: list[str]) -> None:
    assert sorted(sources(spec)) == ids


@pytest.mark.parametrize(
    ("condition", "pairs"),
    [
        ({"fn": "EXISTS", "property": "permissions"}, [("u1", "b1"), ("u1", "b2"), ("u2", "b1"), ("u2", "b2")]),
        ({"fn": "LIST_ANY_ELEMENT_CONTAINS", "property": "permissions", "value": "Put"}, [("u1", "b1")]),
        ({"fn": "LIST_ANY_ELEMENT_CONTAINS", "property": "permissions", "value": "Nothing"}, []),
        (
            {"fn": "LIST_ALL_ELEMENTS_IN", "property": "permissions", "value": ["s3:GetObject"]},
            [("u1", "b2"), ("u2", "b1"), ("u2", "b2")],
        ),
        ({"property": "conflict_permission_boundary", "value": True}, []),
        (
            {"property": "conflict_permission_boundary", "value": True, "not": True},
            [("u1", "b1"), ("u1", "b2"), ("u2", "b1"), ("u2", "b2")],
        ),
    ],
)
def test_a_required_permission_meets_any_condition(condition: dict[str, Any], pairs: list[Any]) -> None:
    assert (
        found(paths(related("IdPUser", "S3Bucket", required_intermediate_node_types=nodes(permissions(condition)))))
        == pairs
    )


@pytest.mark.parametrize(
    ("spec", "is_known"),
    [
        ({"source_node_types": nodes("EffectivePermission")}, True),
        (related("OktaUser", "S3Bucket", required_intermediate_node_types=nodes("EffectivePermission")), True),
        ({"source_node_types": nodes(node("AWS", node_type_grouping_constraint={"node_types": ["S3Bucket"]}))}, True),
        ({"source_node_types": nodes(node("AWS", node_type_grouping_constraint={"node_types": ["EC2VPC"]}))}, False),
        ({"source_node_types": nodes("SalesforceUser")}, False),
    ],
)
def test_a_tenant_knows_a_query_whose_types_it_has_members_of(spec: dict[str, Any], is_known: bool) -> None:
    assert knows_all(GRAPH, spec_of(spec).selectors()) is is_known
