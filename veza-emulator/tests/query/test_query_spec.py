"""What a query spec may say: enums, unset fields, refusals that name the field, and what is ignored."""

from __future__ import annotations

import json
from typing import Any

import pytest

from veza_emulator.query.spec import QuerySpec, read_query_spec
from veza_emulator.reading.fields import Fields, Findings

USERS = {"nodes": [{"node_type": "OktaUser"}]}
BUCKETS = {"nodes": [{"node_type": "S3Bucket"}]}
EMPTY_EXPRESSION = {"specs": [], "tag_specs": [], "child_expressions": [], "operator": "AND", "not": False}


def read(value: dict[str, Any]) -> tuple[QuerySpec, Findings]:
    findings = Findings()
    return read_query_spec(Fields(value, findings)), findings


def violated(value: dict[str, Any]) -> list[str]:
    return [violation.field for violation in read(value)[1].violations]


def over_buckets(**fields: object) -> dict[str, Any]:
    return {"source_node_types": USERS, "relates_to_exp": {"specs": [{"node_types": BUCKETS, **fields}]}}


def from_users(**fields: object) -> dict[str, Any]:
    return {"source_node_types": {"nodes": [{"node_type": "OktaUser", **fields}]}}


def with_condition(**fields: object) -> dict[str, Any]:
    return from_users(condition_expression={"specs": [{"property": "name", "value": "x", **fields}]})


def on_the_way(**fields: object) -> dict[str, Any]:
    return {"nodes": [{"node_type": "OktaGroup", **fields}]}


CONDITION = "source_node_types.nodes[0].condition_expression"
PATHS = "SOURCE_AND_DESTINATION_NODES"
RELATION = "relates_to_exp.specs[0]"


def nested(levels: int) -> dict[str, Any]:
    expression: dict[str, Any] = {"specs": [{"property": "name", "value": "x"}]}
    for _ in range(levels - 1):
        expression = {"child_expressions": [expression]}
    return expression


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"source_node_types": USERS, "include_sub_permissions": True}, "include_sub_permissions"),
        ({"source_node_types": USERS, "additional_columns_to_get": ["PERMISSIONS"]}, "additional_columns_to_get"),
        ({"source_node_types": USERS, "customized_variables": [{"name": "x"}]}, "customized_variables"),
        ({"source_node_types": USERS, "canonical_permissions": {"values": ["x"]}}, "canonical_permissions"),
        ({"source_node_types": USERS, "page_size": "10"}, "page_size"),
        (
            {"source_node_types": USERS, "access_filter": {"include_secondary_grantee": True}},
            "access_filter.include_secondary_grantee",
        ),
        (from_users(tags=[{"key": "x"}]), "source_node_types.nodes[0].tags"),
        (from_users(conditions=[{"property": "x"}]), "source_node_types.nodes[0].conditions"),
        (from_users(integration_types=["OKTA"]), "source_node_types.nodes[0].integration_types"),
        (
            from_users(count_condition_expression={"specs": [{"value": 1}]}),
            "source_node_types.nodes[0].count_condition_expression",
        ),
        (with_condition(source_property="name"), f"{CONDITION}.specs[0].source_property"),
        (
            from_users(condition_expression={"tag_specs": [{"tag": {"key": "x", "properties": {"a": 1}}}]}),
            f"{CONDITION}.tag_specs[0].tag.properties",
        ),
        (
            from_users(condition_expression={"tag_specs": [{"tag": {"key": "x"}, "fn": "IN"}]}),
            f"{CONDITION}.tag_specs[0].fn",
        ),
        (
            over_buckets(avoided_intermediate_node_types=on_the_way(direct_relationship_only=True)),
            f"{RELATION}.avoided_intermediate_node_types.nodes[0].direct_relationship_only",
        ),
        (
            over_buckets(avoided_intermediate_node_types=on_the_way(node_type="EffectivePermission")),
            f"{RELATION}.avoided_intermediate_node_types.nodes[0].node_type",
        ),
    ],
)
def test_a_documented_field_that_is_not_evaluated_is_refused_by_its_path(spec: dict[str, Any], field: str) -> None:
    assert violated(spec) == [field]


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({}, "source_node_types"),
        ({"source_node_types": None}, "source_node_types"),
        ({"source_node_types": []}, "source_node_types"),
        ({"source_node_types": {"nodes": []}}, "source_node_types.nodes"),
        ({"source_node_types": {"nodes": "OktaUser"}}, "source_node_types.nodes"),
        ({"source_node_types": {"nodes": ["OktaUser"]}}, "source_node_types.nodes[0]"),
        (from_users(node_type=""), "source_node_types.nodes[0].node_type"),
        (from_users(node_type=7), "source_node_types.nodes[0].node_type"),
        (from_users(node_id=["u1"]), "source_node_types.nodes[0].node_id"),
        (from_users(properties_to_get=[1]), "source_node_types.nodes[0].properties_to_get"),
        (from_users(condition_expression=[]), CONDITION),
        (with_condition(property=""), f"{CONDITION}.specs[0].property"),
        (with_condition(fn="SOUNDS_LIKE"), f"{CONDITION}.specs[0].fn"),
        (with_condition(fn=["EQ"]), f"{CONDITION}.specs[0].fn"),
        (with_condition(value=None), f"{CONDITION}.specs[0].value"),
        (with_condition(value=["x"]), f"{CONDITION}.specs[0].value"),
        (with_condition(fn="IN", value="x"), f"{CONDITION}.specs[0].value"),
        (with_condition(fn="IN", value=[{}]), f"{CONDITION}.specs[0].value"),
        (with_condition(fn=5), f"{CONDITION}.specs[0].fn"),
        (with_condition(fn="IN_FROM_QUERY_SOURCE_RESULTS", value=["id"]), f"{CONDITION}.specs[0].value"),
        (
            with_condition(value_property_name="name", value_property_from_other_node=True),
            f"{CONDITION}.specs[0].value_property_from_other_node",
        ),
        (with_condition(value_property_from_other_node=True), f"{CONDITION}.specs[0].value_property_name"),
        (from_users(condition_expression={"not": True}), f"{CONDITION}.not"),
        (from_users(condition_expression={"tag_specs": [{}]}), f"{CONDITION}.tag_specs[0].tag"),
        (from_users(condition_expression={"operator": "XOR"}), f"{CONDITION}.operator"),
        (
            from_users(condition_expression=nested(17)),
            f"{CONDITION}{'.child_expressions[0]' * 15}.child_expressions",
        ),
        (
            from_users(condition_expression={"specs": [{"property": "name", "value": "x"}] * 501}),
            "source_node_types",
        ),
        ({"source_node_types": USERS, "relates_to_exp": {"not": True}}, "relates_to_exp.not"),
        (
            {"source_node_types": USERS, "relates_to_exp": {"child_expressions": [1]}},
            "relates_to_exp.child_expressions[0]",
        ),
        (
            over_buckets(
                required_intermediate_node_types={"nodes": [{"node_type": f"T{number}"} for number in range(5)]}
            ),
            f"{RELATION}.required_intermediate_node_types",
        ),
        (
            over_buckets(
                required_intermediate_node_types={
                    "nodes": [{"node_type": "OktaGroup"}, {"node_type": "EffectivePermission"}],
                    "nodes_operator": "OR",
                }
            ),
            f"{RELATION}.required_intermediate_node_types",
        ),
        (
            over_buckets(
                node_types={"nodes": [{"node_type": "S3Bucket", "count_condition_expression": {"specs": [{}]}}]}
            ),
            f"{RELATION}.node_types.nodes[0].count_condition_expression.specs[0].value",
        ),
        ({"source_node_types": USERS, "snapshot_id": "yesterday"}, "snapshot_id"),
        ({"source_node_types": USERS, "order_by": "name"}, "order_by"),
        ({"source_node_types": USERS, "order_by": "risk_score ASC, destination_node_count"}, "order_by"),
        ({"source_node_types": USERS, "result_order_by": "name; DROP TABLE"}, "result_order_by"),
        ({"source_node_types": USERS, "result_order_by": "source.id"}, "result_order_by"),
        (over_buckets() | {"result_order_by": "id", "result_value_type": PATHS}, "result_order_by"),
        (
            {"source_node_types": USERS, "access_filter": {"over_provisioned_score": {"op": "LTE"}}},
            "access_filter.over_provisioned_score.value",
        ),
        (
            {"source_node_types": USERS, "access_filter": {"over_provisioned_score": {"op": 9, "value": 1}}},
            "access_filter.over_provisioned_score.op",
        ),
        ({"source_node_types": USERS, "path_summary_node_types": BUCKETS}, "path_summary_node_types"),
        (
            over_buckets() | {"path_summary_count_conditions": {"conditions": [{"fn": 3, "value": 4}]}},
            "path_summary_count_conditions",
        ),
        ({"source_node_types": USERS, "query_type": "DESTINATION_NODES"}, "query_type"),
        (over_buckets() | {"query_type": 2, "result_value_type": PATHS}, "query_type"),
        (over_buckets(node_types={}), "relates_to_exp.specs[0].node_types.nodes"),
        (over_buckets(direction="OUTWARD"), "relates_to_exp.specs[0].direction"),
        (over_buckets(no_relation="no"), "relates_to_exp.specs[0].no_relation"),
        (over_buckets(raw_permissions={"values": "s3:GetObject"}), "relates_to_exp.specs[0].raw_permissions.values"),
        ({"source_node_types": USERS, "result_value_type": "TABLE"}, "result_value_type"),
        ({"source_node_types": USERS, "result_value_type": "SOURCE_AND_DESTINATION_NODES"}, "result_value_type"),
        ({"source_node_types": USERS, "query_type": 3}, "query_type"),
        ({"source_node_types": USERS, "query_type": True}, "query_type"),
        ({"source_node_types": USERS, "include_nodes": "yes"}, "include_nodes"),
        ({"source_node_types": USERS, "raw_permissions": {"values": ["x"]}}, "destination_node_types"),
        ({**over_buckets(), "destination_node_types": BUCKETS}, "destination_node_types"),
    ],
)
def test_a_wrong_field_is_refused_by_its_path(spec: dict[str, Any], field: str) -> None:
    assert violated(spec) == [field]


def test_every_wrong_field_is_named_at_once() -> None:
    spec = {"source_node_types": {"nodes": [{}]}, "page_size": "7", "include_nodes": "yes"}
    assert set(violated(spec)) == {"source_node_types.nodes[0].node_type", "page_size", "include_nodes"}


@pytest.mark.parametrize(
    "unset",
    [
        {"destination_node_types": None, "raw_permissions": None, "effective_permissions": None, "no_relation": False},
        {"destination_node_types": {"nodes": []}, "raw_permissions": {"values": [], "operator": "OR"}},
        {"relates_to_exp": None},
        {"relates_to_exp": {"specs": [], "child_expressions": [], "operator": "AND", "not": False}},
        {"access_filter": None, "customized_variables": [], "snapshot_id": "0"},
        {"query_type": "source_to_destination", "node_relationship_type": "effective_access"},
        {"query_type": 1, "result_value_type": ""},
        {"include_sub_permissions": False, "required_intermediate_node_types": {"nodes": []}},
        {"order_by": "", "result_order_by": " ", "path_summary_node_types": {"nodes": []}},
    ],
)
def test_a_field_that_says_nothing_changes_nothing(unset: dict[str, Any]) -> None:
    spec, findings = read({"source_node_types": USERS, **unset})
    assert spec == read({"source_node_types": USERS})[0]
    assert findings.violations == findings.deprecated == findings.ignored == []


def test_an_empty_condition_expression_says_nothing() -> None:
    spec, findings = read(from_users(condition_expression=EMPTY_EXPRESSION, node_id="", tags=[], count_conditions=[]))
    assert spec == read({"source_node_types": USERS})[0]
    assert findings.violations == []


def test_the_deprecated_top_level_form_means_the_same_as_one_relates_to_spec() -> None:
    permissions = {"values": ["s3:PutObject"], "operator": "AND"}
    old, findings = read(
        {"source_node_types": USERS, "destination_node_types": BUCKETS, "raw_permissions": permissions}
    )
    assert old.canonical() == read(over_buckets(raw_permissions=permissions))[0].canonical()
    assert findings.deprecated == ["destination_node_types", "raw_permissions"]


def test_an_expression_may_be_sixteen_levels_deep() -> None:
    assert violated(from_users(condition_expression=nested(16))) == []


def test_a_bomb_of_nested_expressions_is_refused_without_delay() -> None:
    bomb: dict[str, Any] = {"specs": [{"property": "name", "value": "x"}]}
    for _ in range(20):
        bomb = {"child_expressions": [bomb, bomb]}
    assert "source_node_types" in violated(from_users(condition_expression=bomb))


def test_a_field_that_the_endpoint_has_read_is_not_refused() -> None:
    findings = Findings()
    fields = Fields({"source_node_types": USERS, "page_size": "10"}, findings)
    fields.count("page_size", 100)
    read_query_spec(fields)
    assert findings.violations == findings.ignored == []


def test_unknown_fields_are_ignored_and_noted_by_their_path() -> None:
    spec, findings = read({**over_buckets(colour="red"), "shape": {"round": True}})
    assert spec == read(over_buckets())[0]
    assert findings.ignored == ["relates_to_exp.specs[0].colour", "shape"]


@pytest.mark.parametrize(("one", "other"), [(True, 1), ("1", 1), (1, 2)])
def test_specs_that_ask_different_things_have_different_canonical_texts(one: object, other: object) -> None:
    assert read(with_condition(value=one))[0].canonical() != read(with_condition(value=other))[0].canonical()


def test_the_order_of_permissions_and_properties_does_not_change_the_canonical_text() -> None:
    one = over_buckets(raw_permissions={"values": ["a", "b"]})
    other = over_buckets(raw_permissions={"operator": "OR", "values": ["b", "a", "a"]})
    assert read(one)[0].canonical() == read(json.loads(json.dumps(other)))[0].canonical()
