"""The named JSON Schemas of a query spec, as far as the tenant evaluates it; its enums are those of the reader itself."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from veza_emulator.graph.paths import Direction
from veza_emulator.openapi.operations import BOOLEAN, STRING, Schema, list_of, object_of, ref
from veza_emulator.query.comparisons import ConditionFunction
from veza_emulator.query.conditions import TagFunction
from veza_emulator.query.counting import Comparison, CountedAs
from veza_emulator.query.expressions import BooleanOperator
from veza_emulator.query.node_selectors import GroupingConstraintType
from veza_emulator.query.spec import NodeRelationshipType, QueryType, ResultValueType

_NUMBER: Schema = {"type": "number"}
_NAME: Schema = {"type": "string", "minLength": 1}
_SCALAR: Schema = {"type": ["string", "number", "boolean"]}
_SOME_NODE_TYPES = ("OktaUser", "OktaGroup", "AwsIamRole", "S3Bucket", "SnowflakeTable", "IdPUser", "Resource")
_NODE_TYPE: Schema = {"anyOf": [{"enum": list(_SOME_NODE_TYPES)}, _NAME]}


def _one_of(names: type[StrEnum]) -> Schema:
    return {"enum": [name.value for name in names]}


def _expression(name: str, **parts: Schema) -> Schema:
    """Return the schema of an expression whose `child_expressions` are of the same kind, by its name."""
    operator = {"operator": _one_of(BooleanOperator), "not": BOOLEAN}
    return object_of({**parts, "child_expressions": list_of(ref(name)), **operator})


SPEC_FIELDS: Mapping[str, Schema] = {
    "query_type": _one_of(QueryType),
    "source_node_types": ref("NodeTypes"),
    "relates_to_exp": ref("RelatesToExpression"),
    "node_relationship_type": _one_of(NodeRelationshipType),
    "result_value_type": _one_of(ResultValueType),
    "include_nodes": BOOLEAN,
    "snapshot_id": {"type": "string", "pattern": "^[0-9]{0,18}$"},
    "access_filter": object_of(
        {"over_provisioned_score": object_of({"op": _one_of(Comparison), "value": _NUMBER}, required=["value"])}
    ),
    "path_summary_node_types": ref("NodeTypes"),
    "path_summary_count_conditions": object_of({"conditions": list_of(ref("CountCondition"))}),
    "include_all_source_tags_in_results": BOOLEAN,
    "include_all_destination_tags_in_results": BOOLEAN,
    "include_permissions_summary": BOOLEAN,
    "order_by": STRING,
    "result_order_by": STRING,
}

SPEC_COMPONENTS: Mapping[str, Schema] = {
    "QuerySpec": object_of(SPEC_FIELDS, required=["source_node_types"]),
    "NodeTypes": object_of(
        {"nodes": {**list_of(ref("NodeSpec")), "minItems": 1}, "nodes_operator": _one_of(BooleanOperator)},
        required=["nodes"],
    ),
    "NodeSpec": object_of(
        {
            "node_type": _NODE_TYPE,
            "node_id": STRING,
            "condition_expression": ref("ConditionExpression"),
            "count_condition_expression": ref("CountExpression"),
            "direct_relationship_only": BOOLEAN,
            "node_type_grouping_constraint": object_of(
                {"node_types": list_of(STRING), "constraint_type": _one_of(GroupingConstraintType)}
            ),
            "properties_to_get": list_of(STRING),
            "tags_to_get": list_of(object_of({"type": STRING, "key": _NAME}, required=["key"])),
        },
        required=["node_type"],
    ),
    "ConditionExpression": _expression(
        "ConditionExpression", specs=list_of(ref("Condition")), tag_specs=list_of(ref("TagCondition"))
    ),
    "Condition": object_of(
        {
            "fn": _one_of(ConditionFunction),
            "property": _NAME,
            "value": {"anyOf": [_SCALAR, list_of(_SCALAR), {"type": "null"}]},
            "not": BOOLEAN,
            "value_property_name": STRING,
            "value_property_from_other_node": BOOLEAN,
        },
        required=["property"],
    ),
    "TagCondition": object_of(
        {
            "tag": object_of({"type": STRING, "key": _NAME, "value": STRING}, required=["key"]),
            "fn": _one_of(TagFunction),
            "exclude": BOOLEAN,
        },
        required=["tag"],
    ),
    "CountExpression": _expression(
        "CountExpression", specs=list_of(ref("CountCondition")), include_zero_count_results=BOOLEAN
    ),
    "CountCondition": object_of(
        {"fn": _one_of(Comparison), "value": _NUMBER, "value_as": _one_of(CountedAs)}, required=["value"]
    ),
    "RelatesToExpression": _expression("RelatesToExpression", specs=list_of(ref("RelatesTo"))),
    "RelatesTo": object_of(
        {
            "node_types": ref("NodeTypes"),
            "required_intermediate_node_types": ref("NodeTypes"),
            "avoided_intermediate_node_types": ref("NodeTypes"),
            "raw_permissions": ref("Permissions"),
            "effective_permissions": ref("Permissions"),
            "no_relation": BOOLEAN,
            "direction": _one_of(Direction),
        },
        required=["node_types"],
    ),
    "Permissions": object_of({"values": list_of(STRING), "operator": _one_of(BooleanOperator)}),
}
