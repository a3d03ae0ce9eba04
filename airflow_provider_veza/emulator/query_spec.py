"""A query spec as this tenant evaluates it, read from JSON; what is documented but not evaluated is refused by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum

from airflow_provider_veza.emulator.fields import EnumVocabulary, Fields

JsonScalar = str | int | float | bool


class ResultValueType(StrEnum):
    """What a row of the result is."""

    SOURCE_NODES_WITH_COUNTS = "SOURCE_NODES_WITH_COUNTS"
    SOURCE_AND_DESTINATION_NODES = "SOURCE_AND_DESTINATION_NODES"


class QueryType(StrEnum):
    """What kind of question is asked; both kinds read the same here."""

    SYSTEM_CREATED = "SYSTEM_CREATED"
    SOURCE_TO_DESTINATION = "SOURCE_TO_DESTINATION"


class NodeRelationshipType(StrEnum):
    """Which kind of relation counts."""

    EFFECTIVE_ACCESS = "EFFECTIVE_ACCESS"


class Direction(StrEnum):
    """Which way access may flow between source and destination."""

    ANY_DIRECTION = "ANY_DIRECTION"


class BooleanOperator(StrEnum):
    """How several conditions or permissions combine."""

    AND = "AND"
    OR = "OR"


class ConditionFunction(StrEnum):
    """How a property is compared."""

    EQ = "EQ"
    IN = "IN"


@dataclass(frozen=True)
class Condition:
    """One comparison of a property: equal to any of the values, or to none of them."""

    property: str
    values: tuple[JsonScalar, ...]
    negated: bool


@dataclass(frozen=True)
class ConditionExpression:
    """Conditions under one operator."""

    conditions: tuple[Condition, ...]
    operator: BooleanOperator


@dataclass(frozen=True)
class NodeSelector:
    """Which nodes of one type are meant, and which of their properties a row shows (none named: all)."""

    node_type: str
    node_id: str
    condition: ConditionExpression | None
    properties_to_get: tuple[str, ...]


@dataclass(frozen=True)
class PermissionFilter:
    """Permissions that a relation must have: any of them, or all."""

    values: tuple[str, ...]
    operator: BooleanOperator


@dataclass(frozen=True)
class Relation:
    """What a source must relate to; with `no_relation`, what it must not."""

    destinations: tuple[NodeSelector, ...]
    raw_permissions: PermissionFilter | None
    effective_permissions: PermissionFilter | None
    no_relation: bool


@dataclass(frozen=True)
class QuerySpec:
    """One question: which sources, related to what, shown as what."""

    sources: tuple[NodeSelector, ...]
    relation: Relation | None
    result_value_type: ResultValueType
    include_nodes: bool

    @property
    def node_types(self) -> tuple[str, ...]:
        """Every node type that the spec names."""
        destinations = self.relation.destinations if self.relation else ()
        return tuple(selector.node_type for selector in (*self.sources, *destinations))

    def canonical(self) -> str:
        """Return one text for all spellings of the same question: the key of the cache."""
        return json.dumps(asdict(self), sort_keys=True)


_QUERY_TYPES = EnumVocabulary(
    names=("DESTINATION_NODES",), numbered=("SYSTEM_CREATED", "SOURCE_TO_DESTINATION", "DESTINATION_NODES")
)
_RELATIONSHIP_TYPES = EnumVocabulary(names=("CONFIGURED",))
_FUNCTIONS = EnumVocabulary(
    names=(
        "LIST_CONTAINS",
        "LT",
        "CONTAINS",
        "EXISTS",
        "GT",
        "IN_FROM_QUERY_SOURCE_RESULTS",
        "LIST_ANY_ELEMENT_CONTAINS",
        "LIST_ANY_ELEMENT_EQ",
        "GTE",
        "LIST_ALL_ELEMENTS_IN",
    )
)

_DEPRECATED_RELATION_FIELDS = ("destination_node_types", "raw_permissions", "effective_permissions", "no_relation")
_INTERMEDIATE_FIELDS = ("required_intermediate_node_types", "avoided_intermediate_node_types")
_REFUSED_SPEC_FIELDS = (
    *_INTERMEDIATE_FIELDS,
    "access_filter",
    "additional_columns_to_get",
    "canonical_permissions",
    "customized_variables",
    "include_all_destination_tags_in_results",
    "include_all_source_tags_in_results",
    "include_permissions_summary",
    "include_sub_permissions",
    "order_by",
    "page_size",
    "page_token",
    "path_summary_count_conditions",
    "path_summary_node_types",
    "result_order_by",
    "snapshot_id",
)
_REFUSED_NODE_FIELDS = (
    "conditions",
    "count_condition_expression",
    "count_conditions",
    "direct_relationship_only",
    "excluded_tags",
    "integration_types",
    "node_type_grouping_constraint",
    "tags",
    "tags_to_get",
)
_REFUSED_EXPRESSION_FIELDS = ("child_expressions", "not", "tag_specs")
_REFUSED_CONDITION_FIELDS = ("source_property", "value_property_from_other_node", "value_property_name")


def read_query_spec(fields: Fields) -> QuerySpec:
    """Read a spec; violations, ignored and deprecated fields are left in the findings."""
    fields.refuse(_REFUSED_SPEC_FIELDS)
    fields.enum("query_type", QueryType, QueryType.SOURCE_TO_DESTINATION, _QUERY_TYPES)
    fields.enum(
        "node_relationship_type", NodeRelationshipType, NodeRelationshipType.EFFECTIVE_ACCESS, _RELATIONSHIP_TYPES
    )
    spec = QuerySpec(
        sources=_read_node_types(fields, "source_node_types"),
        relation=_read_relation(fields),
        result_value_type=fields.enum("result_value_type", ResultValueType, ResultValueType.SOURCE_NODES_WITH_COUNTS),
        include_nodes=fields.boolean("include_nodes"),
    )
    if spec.result_value_type is ResultValueType.SOURCE_AND_DESTINATION_NODES:
        _require_destinations(fields, spec.relation)
    fields.ignore_rest()
    return spec


def _require_destinations(fields: Fields, relation: Relation | None) -> None:
    if relation is None or relation.no_relation:
        fields.violate("result_value_type", "SOURCE_AND_DESTINATION_NODES needs destinations that sources relate to")


def _read_relation(fields: Fields) -> Relation | None:
    deprecated = fields.deprecate(_DEPRECATED_RELATION_FIELDS)
    preferred = _read_relates_to(fields)
    old_style = _read_relation_spec(fields, "destination_node_types") if deprecated else None
    if deprecated and fields.is_set("relates_to_exp"):
        fields.violate(
            deprecated[0], "is deprecated and cannot be combined with relates_to_exp; use relates_to_exp alone"
        )
    return preferred or old_style


def _read_relates_to(fields: Fields) -> Relation | None:
    expression = fields.child("relates_to_exp")
    if expression is None:
        return None
    expression.refuse(("child_expressions", "not"))
    expression.enum("operator", BooleanOperator, BooleanOperator.AND)
    specs = expression.children("specs")
    expression.ignore_rest()
    if not specs:
        return None
    if len(specs) > 1:
        expression.violate("specs[1]", "is documented, but this tenant evaluates one spec; send one")
    specs[0].refuse(_INTERMEDIATE_FIELDS)
    specs[0].enum("direction", Direction, Direction.ANY_DIRECTION)
    relation = _read_relation_spec(specs[0], "node_types")
    specs[0].ignore_rest()
    return relation


def _read_relation_spec(fields: Fields, destinations: str) -> Relation:
    return Relation(
        destinations=_read_node_types(fields, destinations),
        raw_permissions=_read_permissions(fields, "raw_permissions", str),
        effective_permissions=_read_permissions(fields, "effective_permissions", str.upper),
        no_relation=fields.boolean("no_relation"),
    )


def _read_permissions(fields: Fields, name: str, spell: Callable[[str], str]) -> PermissionFilter | None:
    child = fields.child(name)
    if child is None:
        return None
    values = tuple(sorted({spell(value) for value in child.strings("values")}))
    operator = child.enum("operator", BooleanOperator, BooleanOperator.OR)
    child.ignore_rest()
    return PermissionFilter(values, operator) if values else None


def _read_node_types(fields: Fields, name: str) -> tuple[NodeSelector, ...]:
    child = fields.required_child(name)
    # A node has one type, so several node types are a union, whichever operator stands over them.
    child.enum("nodes_operator", BooleanOperator, BooleanOperator.OR)
    nodes = child.children("nodes")
    child.ignore_rest()
    if not nodes:
        child.violate("nodes", "Cannot be empty")
    return tuple(_read_node_selector(node) for node in nodes)


def _read_node_selector(fields: Fields) -> NodeSelector:
    fields.refuse(_REFUSED_NODE_FIELDS)
    selector = NodeSelector(
        node_type=fields.required_string("node_type"),
        node_id=fields.string("node_id"),
        condition=_read_condition_expression(fields.child("condition_expression")),
        properties_to_get=tuple(sorted(set(fields.strings("properties_to_get")))),
    )
    fields.ignore_rest()
    return selector


def _read_condition_expression(fields: Fields | None) -> ConditionExpression | None:
    if fields is None:
        return None
    fields.refuse(_REFUSED_EXPRESSION_FIELDS)
    operator = fields.enum("operator", BooleanOperator, BooleanOperator.AND)
    conditions = tuple(_read_condition(spec) for spec in fields.children("specs"))
    fields.ignore_rest()
    return ConditionExpression(conditions, operator) if conditions else None


def _read_condition(fields: Fields) -> Condition:
    fields.refuse(_REFUSED_CONDITION_FIELDS)
    function = fields.enum("fn", ConditionFunction, ConditionFunction.EQ, _FUNCTIONS)
    condition = Condition(
        property=fields.required_string("property"),
        values=_read_values(fields, function),
        negated=fields.boolean("not"),
    )
    fields.ignore_rest()
    return condition


def _read_values(fields: Fields, function: ConditionFunction) -> tuple[JsonScalar, ...]:
    value = fields.raw("value")
    values = value if function is ConditionFunction.IN else [value]
    if isinstance(values, list) and all(isinstance(item, str | int | float) for item in values):
        return tuple(values)
    wanted = (
        "a list of strings, numbers or booleans" if function is ConditionFunction.IN else "a string, number or boolean"
    )
    fields.violate("value", f"{function} compares with {wanted}")
    return ()
