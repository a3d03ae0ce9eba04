"""What a query spec wants its sources to relate to, read from JSON; `evaluation.destinations` finds it in a graph.

Inferred, since the documents give the fields and not their meaning:

- The specs and child expressions of `relates_to_exp` are judged for each source, and combine by `operator`, AND by default.
- Several `node_types` are alternatives, unless `nodes_operator` AND is sent: then a source must relate to each of them.
- Every one of `required_intermediate_node_types` must lie on the path, or with `nodes_operator` OR any of them;
  `avoided_intermediate_node_types` are all kept off the path. The two ends of a path are not on it.
- The names of `direction` other than ANY_DIRECTION, of which no real body shows one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from veza_emulator.graph.paths import Direction
from veza_emulator.graph.permission_nodes import EFFECTIVE_PERMISSION
from veza_emulator.query.expressions import BooleanOperator, read_children, read_not
from veza_emulator.query.node_selectors import (
    NodeSelector,
    NodeSelectors,
    Role,
    read_node_selectors,
    read_optional_node_selectors,
)
from veza_emulator.reading.fields import Fields


@dataclass(frozen=True)
class PermissionFilter:
    """Permissions that there must be: any of them, or all."""

    values: tuple[str, ...]
    operator: BooleanOperator


@dataclass(frozen=True)
class RelatesTo:
    """Nodes that a source must relate to in one way; with `no_relation`, must not."""

    destinations: NodeSelectors
    required: NodeSelectors
    avoided: NodeSelectors
    raw_permissions: PermissionFilter | None
    effective_permissions: PermissionFilter | None
    no_relation: bool
    direction: Direction

    def selectors(self) -> Iterator[NodeSelector]:
        """Yield every selector of the spec."""
        for selectors in (self.destinations, self.required, self.avoided):
            yield from selectors.selectors


@dataclass(frozen=True)
class RelatesToExpression:
    """Specs and further expressions under one operator."""

    specs: tuple[RelatesTo, ...]
    children: tuple[RelatesToExpression, ...]
    operator: BooleanOperator
    negated: bool

    @property
    def shows_destinations(self) -> bool:
        """Whether a source that meets the expression may have destinations to show."""
        own = any(not spec.no_relation for spec in self.specs)
        return not self.negated and (own or any(child.shows_destinations for child in self.children))

    def all_specs(self) -> Iterator[RelatesTo]:
        """Yield the specs of this expression and of every one inside it."""
        yield from self.specs
        for child in self.children:
            yield from child.all_specs()


MAXIMUM_REQUIRED = 4
"""Each further required node type doubles the work."""

_REQUIRED = "required_intermediate_node_types"
_AVOIDED = "avoided_intermediate_node_types"
_DEPRECATED_FIELDS = (
    "destination_node_types",
    _REQUIRED,
    _AVOIDED,
    "raw_permissions",
    "effective_permissions",
    "no_relation",
)


def read_relates_to(fields: Fields) -> RelatesToExpression | None:
    """Read what sources must relate to, from the current or the deprecated fields; None if a spec asks for nothing."""
    deprecated = fields.deprecate(_DEPRECATED_FIELDS)
    expression = _read_expression(fields.child("relates_to_exp"))
    if not deprecated:
        return expression
    old_style = _read_spec(fields, "destination_node_types", Direction.ANY_DIRECTION)
    if fields.is_set("relates_to_exp"):
        fields.violate(
            deprecated[0], "is deprecated and cannot be combined with relates_to_exp; use relates_to_exp alone"
        )
    return expression or RelatesToExpression((old_style,), (), BooleanOperator.AND, negated=False)


def _read_expression(fields: Fields | None, depth: int = 1) -> RelatesToExpression | None:
    if fields is None:
        return None
    fields.is_a("RelatesToExpression")
    operator = fields.enum("operator", BooleanOperator, BooleanOperator.AND)
    specs = tuple(_read_current_spec(spec) for spec in fields.children("specs"))
    read = (_read_expression(child, depth + 1) for child in read_children(fields, depth))
    children = tuple(child for child in read if child)
    size = len(specs) + len(children)
    negated = read_not(fields, size)
    fields.ignore_rest()
    return RelatesToExpression(specs, children, operator, negated) if size else None


def _read_current_spec(fields: Fields) -> RelatesTo:
    fields.is_a("RelatesTo")
    direction = fields.enum("direction", Direction, Direction.ANY_DIRECTION)
    spec = _read_spec(fields, "node_types", direction)
    fields.ignore_rest()
    return spec


def _read_spec(fields: Fields, destinations: str, direction: Direction) -> RelatesTo:
    return RelatesTo(
        destinations=read_node_selectors(fields, destinations, Role.DESTINATION, BooleanOperator.OR),
        required=_read_required(fields),
        avoided=read_optional_node_selectors(fields, _AVOIDED, Role.ON_THE_WAY, BooleanOperator.AND),
        raw_permissions=_read_permissions(fields, "raw_permissions", str),
        effective_permissions=_read_permissions(fields, "effective_permissions", str.upper),
        no_relation=fields.boolean("no_relation"),
        direction=direction,
    )


def _read_required(fields: Fields) -> NodeSelectors:
    required = read_optional_node_selectors(fields, _REQUIRED, Role.REQUIRED, BooleanOperator.AND)
    of_permissions = [selector.node_type == EFFECTIVE_PERMISSION for selector in required.selectors]
    if required.operator is BooleanOperator.AND and of_permissions.count(False) > MAXIMUM_REQUIRED:
        fields.violate(_REQUIRED, f"must all lie on one path; this tenant looks for at most {MAXIMUM_REQUIRED}")
    if required.operator is BooleanOperator.OR and len(set(of_permissions)) > 1:
        fields.violate(_REQUIRED, f"this tenant cannot offer {EFFECTIVE_PERMISSION} and a node as alternatives")
    return required


def _read_permissions(fields: Fields, name: str, spell: Callable[[str], str]) -> PermissionFilter | None:
    child = fields.child(name)
    if child is None:
        return None
    child.is_a("Permissions")
    values = tuple(sorted({spell(value) for value in child.strings("values")}))
    operator = child.enum("operator", BooleanOperator, BooleanOperator.OR)
    child.ignore_rest()
    return PermissionFilter(values, operator) if values else None
