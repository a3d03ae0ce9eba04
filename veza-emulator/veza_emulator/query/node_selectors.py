"""Which nodes a query spec means, read from JSON; `evaluation.selection` finds them in a tenant.

Inferred: the names INCLUDE and EXCLUDE of `constraint_type`, since no real body shows one; INCLUDE is the default, as Veza's
built-in queries only include. `tags_to_get` and `properties_to_get` change what a row shows and never which rows there are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from veza_emulator.graph.permission_nodes import EFFECTIVE_PERMISSION
from veza_emulator.query.conditions import ConditionExpression, PropertyOf, read_condition_expression
from veza_emulator.query.counting import CountExpression, read_count_expression
from veza_emulator.query.expressions import BooleanOperator
from veza_emulator.reading.fields import Fields
from veza_emulator.reading.numbered_enum import NumberedEnum


class GroupingConstraintType(NumberedEnum):
    """What a constraint does with the members of a grouped node type that it names."""

    INCLUDE = "INCLUDE"
    EXCLUDE = "EXCLUDE"


@dataclass(frozen=True)
class GroupingConstraint:
    """Which members of a grouped node type count."""

    node_types: tuple[str, ...]
    constraint_type: GroupingConstraintType


@dataclass(frozen=True)
class WantedTag:
    """A tag that a row shows; an empty type means any."""

    key: str
    type: str


@dataclass(frozen=True)
class NodeSelector:
    """Which nodes of one type, plain or grouped, are meant, and what a row shows of them (no property named: all).

    :param counted: what must hold of the number of these nodes that a source relates to.
    :param direct: only one edge may lie between these nodes and the other end.
    :param path: where the selector stands in the request.
    """

    node_type: str
    node_id: str = ""
    condition: ConditionExpression | None = None
    properties_to_get: tuple[str, ...] = ()
    tags_to_get: tuple[WantedTag, ...] = ()
    grouping: GroupingConstraint | None = None
    counted: CountExpression | None = None
    direct: bool = False
    path: str = field(default="", compare=False)


@dataclass(frozen=True)
class NodeSelectors:
    """Selectors, and how they combine where that matters."""

    selectors: tuple[NodeSelector, ...]
    operator: BooleanOperator


class Role(StrEnum):
    """What the selected nodes are in the query; not every field has a meaning in every role."""

    SOURCE = "a source"
    DESTINATION = "a destination"
    ON_THE_WAY = "a node on the way"
    REQUIRED = "a required node on the way"


_REFUSED_FIELDS = ("conditions", "count_conditions", "excluded_tags", "integration_types", "tags")
_ABOUT_RELATIONS = ("count_condition_expression", "direct_relationship_only")
_REFUSED_IN_ROLE = {
    Role.SOURCE: ("count_condition_expression",),
    Role.DESTINATION: (),
    Role.ON_THE_WAY: _ABOUT_RELATIONS,
    Role.REQUIRED: _ABOUT_RELATIONS,
}


def read_node_selectors(fields: Fields, name: str, role: Role, default: BooleanOperator) -> NodeSelectors:
    """Read node types that must be there."""
    child = fields.required_child(name)
    child.is_a("NodeTypes")
    return _read_selectors(child, role, default, required=True)


def read_optional_node_selectors(fields: Fields, name: str, role: Role, default: BooleanOperator) -> NodeSelectors:
    """Read node types, none if absent."""
    child = fields.child(name)
    if child is None:
        return NodeSelectors((), default)
    child.is_a("NoOrSomeNodeTypes")
    return _read_selectors(child, role, default)


def _read_selectors(child: Fields, role: Role, default: BooleanOperator, *, required: bool = False) -> NodeSelectors:
    operator = child.enum("nodes_operator", BooleanOperator, default)
    nodes = child.children("nodes", required=required)
    child.ignore_rest()
    return NodeSelectors(tuple(_read_node_selector(node, role) for node in nodes), operator)


def _read_node_selector(fields: Fields, role: Role) -> NodeSelector:
    fields.is_a("NodeSpec")
    fields.refuse(_REFUSED_FIELDS)
    for name in _REFUSED_IN_ROLE[role]:
        if fields.is_set(name):
            fields.raw(name)
            fields.violate(name, f"has no known meaning for {role}; set it on destinations, or leave it out")
    if role is Role.ON_THE_WAY and fields.raw("node_type") == EFFECTIVE_PERMISSION:
        fields.violate(
            "node_type", f"this tenant does not evaluate {EFFECTIVE_PERMISSION} as {role}; only as a required one"
        )
    selector = NodeSelector(
        node_type=fields.required_string("node_type"),
        node_id=fields.string("node_id"),
        condition=_read_condition(fields, role),
        properties_to_get=tuple(sorted(set(fields.strings("properties_to_get")))),
        tags_to_get=tuple(_read_wanted_tag(tag) for tag in fields.children("tags_to_get")),
        grouping=_read_grouping(fields.child("node_type_grouping_constraint")),
        counted=read_count_expression(fields.child("count_condition_expression")),
        direct=fields.boolean("direct_relationship_only"),
        path=fields.path,
    )
    fields.ignore_rest()
    return selector


def _read_condition(fields: Fields, role: Role) -> ConditionExpression | None:
    expression = read_condition_expression(fields.child("condition_expression"))
    for condition in expression.all_conditions() if expression and role is not Role.DESTINATION else ():
        if isinstance(condition.wanted, PropertyOf) and condition.wanted.of_source:
            fields.findings.violate(
                f"{condition.path}.value_property_from_other_node", f"has a meaning for a destination, not for {role}"
            )
    return expression


def _read_grouping(fields: Fields | None) -> GroupingConstraint | None:
    if fields is None:
        return None
    node_types = tuple(sorted(set(fields.strings("node_types"))))
    kind = fields.enum("constraint_type", GroupingConstraintType, GroupingConstraintType.INCLUDE)
    fields.ignore_rest()
    return GroupingConstraint(node_types, kind) if node_types else None


def _read_wanted_tag(fields: Fields) -> WantedTag:
    tag = WantedTag(fields.required_string("key"), fields.string("type"))
    fields.ignore_rest()
    return tag
