"""What a Veza query spec is made of, as data: messages, their fields and the kind of each.

A spec is checked by it in :mod:`.veza_spec`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from airflow_provider_veza.services.veza_spec_start import START, WHERE_TO_START


class JsonType(Enum):
    """The types of JSON, in the words of messages."""

    BOOL = "a bool"
    NUMBER = "a number"
    TEXT = "text"
    OBJECT = "a dict"
    LIST = "a list"
    NULL = "null"

    @classmethod
    def of(cls, value: object) -> JsonType | None:
        """Return the JSON type of a Python value; None where it has none."""
        return next((json_type for python, json_type in _PYTHON_TYPES if isinstance(value, python)), None)


_PYTHON_TYPES: tuple[tuple[type, JsonType], ...] = (
    (bool, JsonType.BOOL),  # before int, of which bool is a subclass
    (int, JsonType.NUMBER),
    (float, JsonType.NUMBER),
    (str, JsonType.TEXT),
    (dict, JsonType.OBJECT),
    (list, JsonType.LIST),
    (type(None), JsonType.NULL),
)


@dataclass(frozen=True)
class Plain:
    """A field whose value is of certain JSON types, whatever it says."""

    types: frozenset[JsonType]


@dataclass(frozen=True)
class OneOf:
    """A field that holds a name of an enum, in any case, or a number of one, the first names having the numbers 0, 1, 2, ...

    The numbers of query_type are documented; those of the others are inferred from Veza's built-in queries, which send some.
    """

    known: tuple[str, ...]
    numbers: range = range(0)

    def knows(self, value: str | float) -> bool:
        """Whether this provider has heard of the value."""
        return value.upper() in self.known if isinstance(value, str) else value in self.numbers


@dataclass(frozen=True)
class ListOf:
    """A field that holds a list of one kind."""

    item: Kind


@dataclass(frozen=True)
class Message:
    """A field that holds a message; by name, since messages contain themselves."""

    name: str


Kind = Plain | OneOf | ListOf | Message


@dataclass(frozen=True)
class Shape:
    """The fields of a message.

    :param required: the fields that must be there and not empty, each with what to write there.
    """

    fields: Mapping[str, Kind]
    required: Mapping[str, str] = field(default_factory=dict)


BOOL = Plain(frozenset({JsonType.BOOL}))
TEXT = Plain(frozenset({JsonType.TEXT}))
LIST = Plain(frozenset({JsonType.LIST}))
OBJECT = Plain(frozenset({JsonType.OBJECT}))
ANYTHING = Plain(frozenset(JsonType))
INTEGER = Plain(frozenset({JsonType.NUMBER, JsonType.TEXT}))  # 64-bit integers travel as text
UNLISTED_NAME = Plain(frozenset({JsonType.NUMBER, JsonType.TEXT}))  # an enum of which no name is documented

LOGIC = OneOf(("AND", "OR"), numbers=range(2))
COMPARISON = OneOf(
    (
        "EQ",
        "LT",
        "LTE",
        "GT",
        "GTE",
        "IN",
        "CONTAINS",
        "EXISTS",
        "LIST_CONTAINS",
        "LIST_ALL_ELEMENTS_IN",
        "LIST_ANY_ELEMENT_EQ",
        "LIST_ANY_ELEMENT_CONTAINS",
        "IN_FROM_QUERY_SOURCE_RESULTS",
    ),
    numbers=range(5),
)
EFFECTIVE_PERMISSION = OneOf(
    tuple(f"{what}_{how}" for what in ("DATA", "METADATA") for how in ("READ", "WRITE", "CREATE", "DELETE"))
)

_NODE_TYPES: dict[str, Kind] = {"nodes": ListOf(Message("NodeSpec")), "nodes_operator": LOGIC}
_RELATES_TO_SPEC: dict[str, Kind] = {
    "node_types": Message("NodeTypes"),
    "required_intermediate_node_types": Message("NodeTypes"),
    "avoided_intermediate_node_types": Message("NodeTypes"),
    "raw_permissions": Message("RawPermissions"),
    "effective_permissions": Message("EffectivePermissions"),
    "no_relation": BOOL,
    "direction": OneOf(("ANY_DIRECTION",), numbers=range(3)),
}
CURRENT_NAMES = {
    "destination_node_types": "node_types",
    "required_intermediate_node_types": "required_intermediate_node_types",
    "avoided_intermediate_node_types": "avoided_intermediate_node_types",
    "raw_permissions": "raw_permissions",
    "effective_permissions": "effective_permissions",
    "no_relation": "no_relation",
}

QUERY_SPEC = Message("QuerySpec")
SHAPES: Mapping[str, Shape] = {
    "QuerySpec": Shape(
        {
            "query_type": OneOf(("SYSTEM_CREATED", "SOURCE_TO_DESTINATION", "DESTINATION_NODES"), numbers=range(3)),
            "source_node_types": Message("SourceNodeTypes"),
            "relates_to_exp": Message("RelatesToExpression"),
            "node_relationship_type": OneOf(("EFFECTIVE_ACCESS", "CONFIGURED"), numbers=range(2)),
            "result_value_type": OneOf(("SOURCE_NODES_WITH_COUNTS", "SOURCE_AND_DESTINATION_NODES"), numbers=range(2)),
            "include_nodes": BOOL,
            "snapshot_id": INTEGER,
            "access_filter": Message("AccessFilter"),
            "path_summary_node_types": Message("NodeTypes"),
            "path_summary_count_conditions": Message("PathSummaryCountConditions"),
            "include_all_source_tags_in_results": BOOL,
            "include_all_destination_tags_in_results": BOOL,
            "include_sub_permissions": BOOL,
            "include_permissions_summary": BOOL,
            "additional_columns_to_get": ListOf(UNLISTED_NAME),
            "customized_variables": LIST,
            "canonical_permissions": OBJECT,
            "page_size": INTEGER,
            "page_token": TEXT,
            **{old: _RELATES_TO_SPEC[current] for old, current in CURRENT_NAMES.items()},
        },
        required={START: WHERE_TO_START},
    ),
    "SourceNodeTypes": Shape(_NODE_TYPES, required={"nodes": 'write at least one, such as {"node_type": "OktaUser"}'}),
    "NodeTypes": Shape(_NODE_TYPES),
    "NodeSpec": Shape(
        {
            "node_type": TEXT,
            "node_id": TEXT,
            "condition_expression": Message("ConditionExpression"),
            "count_condition_expression": Message("CountConditionExpression"),
            "direct_relationship_only": BOOL,
            "node_type_grouping_constraint": Message("NodeTypeGroupingConstraint"),
            "properties_to_get": ListOf(TEXT),
            "tags_to_get": ListOf(Message("TagToGet")),
            "integration_types": ListOf(UNLISTED_NAME),
            "tags": LIST,
            "conditions": LIST,
            "excluded_tags": LIST,
            "count_conditions": LIST,
        },
        required={"node_type": "write the name of a node type, such as OktaUser"},
    ),
    "NodeTypeGroupingConstraint": Shape({"node_types": ListOf(TEXT), "constraint_type": UNLISTED_NAME}),
    "TagToGet": Shape({"type": UNLISTED_NAME, "key": TEXT}),
    "ConditionExpression": Shape(
        {
            "specs": ListOf(Message("Condition")),
            "tag_specs": ListOf(Message("TagCondition")),
            "child_expressions": ListOf(Message("ConditionExpression")),
            "operator": LOGIC,
            "not": BOOL,
        }
    ),
    "Condition": Shape(
        {
            "fn": COMPARISON,
            "property": TEXT,
            "value": ANYTHING,
            "not": BOOL,
            "value_property_name": TEXT,
            "value_property_from_other_node": BOOL,
            "source_property": TEXT,
        }
    ),
    "TagCondition": Shape({"tag": Message("Tag"), "exclude": BOOL, "fn": COMPARISON}),
    "Tag": Shape({"type": UNLISTED_NAME, "key": TEXT, "value": TEXT, "properties": OBJECT}),
    "CountConditionExpression": Shape(
        {
            "specs": ListOf(Message("CountCondition")),
            "child_expressions": ListOf(Message("CountConditionExpression")),
            "operator": LOGIC,
            "not": BOOL,
            "include_zero_count_results": BOOL,
        }
    ),
    "CountCondition": Shape(
        {
            "fn": COMPARISON,
            "value": INTEGER,
            "value_as": OneOf(("COUNT", "PERCENTAGE_OF_TOTAL_COUNT"), numbers=range(2)),
        }
    ),
    "RelatesToExpression": Shape(
        {
            "specs": ListOf(Message("RelatesToSpec")),
            "child_expressions": ListOf(Message("RelatesToExpression")),
            "operator": LOGIC,
            "not": BOOL,
        }
    ),
    "RelatesToSpec": Shape(_RELATES_TO_SPEC),
    "RawPermissions": Shape({"values": ListOf(TEXT), "operator": LOGIC}),
    "EffectivePermissions": Shape({"values": ListOf(EFFECTIVE_PERMISSION), "operator": LOGIC}),
    "AccessFilter": Shape({"over_provisioned_score": Message("ScoreCondition"), "include_secondary_grantee": BOOL}),
    "ScoreCondition": Shape({"op": COMPARISON, "value": INTEGER}),
    "PathSummaryCountConditions": Shape({"conditions": ListOf(Message("CountCondition"))}),
}
