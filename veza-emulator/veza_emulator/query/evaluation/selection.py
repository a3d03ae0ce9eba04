"""Which nodes of a tenant the selectors of a query spec mean, and what of it is unknown to the tenant; relates nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from veza_emulator.graph.edges import Mask, Numbers, mask_of
from veza_emulator.graph.permission_nodes import EFFECTIVE_PERMISSION
from veza_emulator.graph.tenant_graph import TenantGraph
from veza_emulator.query.conditions import Variable
from veza_emulator.query.evaluation.grouped_types import is_grouped, members
from veza_emulator.query.evaluation.matching import TAG_PROPERTY, Match, Surroundings, depends_on_source, match_of
from veza_emulator.query.node_selectors import GroupingConstraintType, NodeSelector
from veza_emulator.query.variables import OwnVariables, is_list, meaning_of
from veza_emulator.reading.errors import FieldViolation
from veza_emulator.variants import UnknownNodeType, UnknownProperty, Variants


@dataclass(frozen=True)
class Selected:
    """The nodes that a selector means.

    :param match: what more must hold of a node and the source to which it is related, if anything.
    """

    selector: NodeSelector
    numbers: Numbers
    match: Match | None


class Selection:
    """The nodes that several selectors mean together; of a node that several mean, the first one decides what is shown."""

    def __init__(self, graph: TenantGraph, parts: Sequence[Selected]) -> None:
        self._graph = graph
        self.parts = parts

    @cached_property
    def numbers(self) -> Numbers:
        """Every node, by name and id."""
        if len(self.parts) == 1:
            return self.parts[0].numbers
        return self._graph.in_order(np.flatnonzero(self._part_of >= 0))

    @cached_property
    def mask(self) -> Mask:
        """Every node."""
        return mask_of(len(self._graph.nodes), self.numbers)

    @cached_property
    def only_direct(self) -> Mask:
        """The nodes of which only direct relations count: those that no other selector means."""
        numbers = [part.numbers for part in self.parts if not part.selector.direct]
        others = mask_of(len(self._graph.nodes), np.concatenate(numbers) if numbers else self.numbers[:0])
        return self.mask & ~others

    def selector_of(self, number: int) -> NodeSelector:
        """Return the first selector that means a node."""
        return self.parts[0 if len(self.parts) == 1 else int(self._part_of[number])].selector

    @cached_property
    def _part_of(self) -> Numbers:
        part_of = np.full(len(self._graph.nodes), -1, dtype=np.int64)
        for place in reversed(range(len(self.parts))):
            part_of[self.parts[place].numbers] = place
        return part_of


def select(graph: TenantGraph, selectors: Sequence[NodeSelector], around: Surroundings) -> Selection:
    """Return the nodes that selectors mean."""
    return Selection(graph, [_selected(graph, selector, around) for selector in selectors])


def _selected(graph: TenantGraph, selector: NodeSelector, around: Surroundings) -> Selected:
    numbers = _candidates(graph, selector)
    if selector.condition is None:
        return Selected(selector, numbers, None)
    match = match_of(selector.condition, around)
    if depends_on_source(selector.condition):
        return Selected(selector, numbers, match)
    nodes = graph.nodes
    met = [number for number in numbers.tolist() if match(nodes[number], nodes[number])]
    return Selected(selector, np.array(met, dtype=np.int64), None)


def _candidates(graph: TenantGraph, selector: NodeSelector) -> Numbers:
    types = _types_of(graph, selector)
    if selector.node_id:
        number = graph.index_of(selector.node_id)
        is_meant = number is not None and graph.nodes[number].type in types
        return np.array([number] if is_meant else [], dtype=np.int64)
    if len(types) == 1:
        return graph.of_type(types[0])
    return graph.in_order(np.concatenate([np.empty(0, dtype=np.int64), *(graph.of_type(name) for name in types)]))


def _types_of(graph: TenantGraph, selector: NodeSelector) -> Sequence[str]:
    known = graph.node_types
    types = members(selector.node_type, known)
    grouping = selector.grouping
    if grouping is None:
        return types
    named = {member for name in grouping.node_types for member in members(name, known)}
    if grouping.constraint_type is GroupingConstraintType.EXCLUDE:
        return [name for name in types if name not in named]
    is_plain = types == [selector.node_type]
    # A group has the members that the request names.
    return [name for name in (types if is_plain else known) if name in named]


def knows_all(graph: TenantGraph, selectors: Iterable[NodeSelector]) -> bool:
    """Tell whether a tenant has, for each selector, nodes of its type; permissions it has always."""
    return all(selector.node_type == EFFECTIVE_PERMISSION or _types_of(graph, selector) for selector in selectors)


def violations(
    graph: TenantGraph, selectors: Sequence[NodeSelector], variants: Variants, variables: OwnVariables
) -> Iterator[FieldViolation]:
    """Yield what a tenant refuses in selectors: unknown variables, and by switch types and properties that it has not."""
    for selector in selectors:
        yield from _variable_violations(selector, variables)
        node_type = selector.node_type
        if is_grouped(node_type) or _types_of(graph, selector):
            yield from _property_violations(graph, selector, variants)
        elif node_type != EFFECTIVE_PERMISSION and variants.unknown_node_type is UnknownNodeType.ERROR:
            yield FieldViolation(f"{selector.path}.node_type", f"{node_type} is not a valid NodeType")


def _variable_violations(selector: NodeSelector, variables: OwnVariables) -> Iterator[FieldViolation]:
    for condition in selector.condition.all_conditions() if selector.condition else ():
        if isinstance(condition.wanted, Variable):
            meaning = meaning_of(condition.wanted.name, variables)
            if meaning is None or is_list(meaning) != condition.function.takes_list:
                unknown = f"{condition.wanted.name} is not a variable that this tenant can compare with"
                yield FieldViolation(f"{condition.path}.value", f"{unknown} {condition.function}")


def _property_violations(graph: TenantGraph, selector: NodeSelector, variants: Variants) -> Iterator[FieldViolation]:
    if variants.unknown_property is not UnknownProperty.ERROR or selector.condition is None:
        return
    known = frozenset({"id"}).union(*(graph.properties_of(name) for name in _types_of(graph, selector)))
    for condition in selector.condition.all_conditions():
        if condition.property not in known and not condition.property.startswith(TAG_PROPERTY):
            yield FieldViolation(
                f"{condition.path}.property", f"{condition.property} is not a valid property of {selector.node_type}"
            )
