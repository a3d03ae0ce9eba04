"""Whether a node meets the conditions of a query spec; turns an expression into one function, and selects nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from veza_emulator.graph.tenant_graph import Node, Tag, TenantGraph
from veza_emulator.query.comparisons import JsonScalar, Test, test_of
from veza_emulator.query.conditions import (
    Condition,
    ConditionExpression,
    Nothing,
    PropertyOf,
    Scalar,
    Several,
    SourcesOf,
    TagCondition,
    TagFunction,
    Variable,
)
from veza_emulator.query.expressions import BooleanOperator
from veza_emulator.query.variables import DaysAgo, EveryValueOf, OwnValue, OwnVariables, meaning_of

TAG_PROPERTY = "cookietag_"
"""What stands before the key of a tag where a condition names it like a property. That it is one of Veza's own is inferred."""

_TYPES_OF_OWN_TAGS = ("", "VEZA")

Match = Callable[[Node, Node], bool]
"""Whether a node meets an expression; the second node is the source to which it is related, or the node itself."""


@dataclass(frozen=True)
class Surroundings:
    """What a condition may compare with beyond the node itself.

    :param sources_of: the ids of the source rows of a saved query, which a condition names.
    :param variables: what the tenant was told its variables are.
    """

    graph: TenantGraph
    now: datetime
    sources_of: Callable[[SourcesOf, Condition], Collection[str]]
    variables: OwnVariables = field(default_factory=dict)


def match_of(expression: ConditionExpression, around: Surroundings) -> Match:
    """Return the function that tells whether a node meets an expression."""
    parts = [_match_of_condition(condition, around) for condition in expression.conditions]
    parts += [_match_of_tag(condition) for condition in expression.tags]
    parts += [match_of(child, around) for child in expression.children]
    combined = _combined(parts, expression.operator)
    return _turned(combined) if expression.negated else combined


def depends_on_source(expression: ConditionExpression | None) -> bool:
    """Tell whether a node may meet an expression for one source and not for another."""
    wanted = (condition.wanted for condition in expression.all_conditions()) if expression else ()
    return any(isinstance(value, PropertyOf) and value.of_source for value in wanted)


def _combined(parts: Sequence[Match], operator: BooleanOperator) -> Match:
    """Return one function of several, in pairs: on many nodes that is much faster than looking at a list."""
    first, *others = parts
    for other in others:
        first = _both(first, other) if operator is BooleanOperator.AND else _either(first, other)
    return first


def _both(one: Match, other: Match) -> Match:
    return lambda node, source: one(node, source) and other(node, source)


def _either(one: Match, other: Match) -> Match:
    return lambda node, source: one(node, source) or other(node, source)


def _turned(match: Match) -> Match:
    return lambda node, source: not match(node, source)


def _match_of_condition(condition: Condition, around: Surroundings) -> Match:
    if isinstance(condition.wanted, PropertyOf):
        match = _match_of_two_properties(condition, condition.wanted)
    else:
        test = test_of(condition.function, _value_of(condition, around))
        match = _match_of_property(condition.property, test)
    return _turned(match) if condition.negated else match


def _match_of_property(name: str, test: Test) -> Match:
    if name == "id":
        return lambda node, _: test(node.id)
    if name.startswith(TAG_PROPERTY):
        return lambda node, _: test(property_of(node, name))
    return lambda node, _: test(node.properties.get(name))


def _match_of_two_properties(condition: Condition, wanted: PropertyOf) -> Match:
    def match(node: Node, source: Node) -> bool:
        other = property_of(source if wanted.of_source else node, wanted.value_property_name)
        return isinstance(other, JsonScalar) and test_of(condition.function, other)(
            property_of(node, condition.property)
        )

    return match


def property_of(node: Node, name: str) -> object:
    """Return the value of a property, None if it is not populated; the id counts as one, and so does each of Veza's own tags."""
    if name.startswith(TAG_PROPERTY):
        key = name.removeprefix(TAG_PROPERTY)
        return next((tag.value for tag in node.tags if tag.key == key and tag.type in _TYPES_OF_OWN_TAGS), None)
    return node.id if name == "id" else node.properties.get(name)


def _value_of(condition: Condition, around: Surroundings) -> object:
    match condition.wanted:
        case Scalar(value):
            return value
        case Several(values):
            return values
        case Variable(name):
            return _value_of_variable(name, around)
        case SourcesOf() as saved_query:
            return around.sources_of(saved_query, condition)
        case Nothing() | PropertyOf():
            return None


def _value_of_variable(name: str, around: Surroundings) -> object:
    match meaning_of(name, around.variables):
        case DaysAgo(days):
            return f"{around.now - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"
        case EveryValueOf() as every:
            return set(_values(every, around.graph.nodes))
        case OwnValue(value):
            return value
        case None:
            return None


def _values(every: EveryValueOf, nodes: Iterable[Node]) -> Iterator[JsonScalar]:
    for node in nodes:
        if node.type.startswith(every.type_starts) and (not every.having or every.having in node.properties):
            values = (node.properties.get(name) for name in every.properties)
            yield from (value for value in values if isinstance(value, JsonScalar))


def _match_of_tag(condition: TagCondition) -> Match:
    def match(node: Node, _: Node) -> bool:
        return any(_is_tag(tag, condition) for tag in node.tags) != condition.negated

    return match


def _is_tag(tag: Tag, condition: TagCondition) -> bool:
    wanted = condition.tag
    if tag.key != wanted.key or (wanted.type and tag.type != wanted.type):
        return False
    match condition.function:
        case TagFunction.EXISTS:
            return True
        case TagFunction.CONTAINS:
            return wanted.value in tag.value
        case TagFunction.EQ:
            return not wanted.value or tag.value == wanted.value
