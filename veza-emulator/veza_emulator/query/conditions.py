"""What a query spec asks of the properties and tags of a node, read from JSON; `evaluation.matching` decides whether it holds.

Inferred, since the documents give the fields and not their meaning:

- The parts of an expression (`specs`, `tag_specs`, `child_expressions`) stand side by side under its `operator`, AND by default.
- The value of IN_FROM_QUERY_SOURCE_RESULTS is the id of a saved query, as in Veza's built-in queries; the condition holds of
  a property that is the id of one of that query's source rows.
- `value_property_name` compares with a property of the same node, or with `value_property_from_other_node` of the source
  that the node is related to.
- A tag meets an entry of `tag_specs` if type, key and value are equal where the entry sets them; with `fn` CONTAINS its value
  contains the entry's, with EXISTS its value does not matter. `exclude` turns the entry around.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from veza_emulator.graph.tenant_graph import Tag
from veza_emulator.query.comparisons import ConditionFunction, JsonScalar
from veza_emulator.query.expressions import BooleanOperator, read_children, read_not
from veza_emulator.query.variables import is_variable
from veza_emulator.reading.fields import Fields
from veza_emulator.reading.json_schema import Schema, list_of
from veza_emulator.reading.numbered_enum import NumberedEnum


@dataclass(frozen=True)
class Scalar:
    """One value."""

    value: JsonScalar


@dataclass(frozen=True)
class Several:
    """Several values."""

    values: tuple[JsonScalar, ...]


@dataclass(frozen=True)
class SourcesOf:
    """The ids of the source rows of a saved query."""

    saved_query_id: str


@dataclass(frozen=True)
class PropertyOf:
    """The value of a property: of the same node, or of the source that the node is related to."""

    value_property_name: str
    of_source: bool


@dataclass(frozen=True)
class Variable:
    """What a variable means to the tenant when the query is evaluated."""

    name: str


@dataclass(frozen=True)
class Nothing:
    """No value is needed."""


Wanted = Scalar | Several | Variable | SourcesOf | PropertyOf | Nothing


@dataclass(frozen=True)
class Condition:
    """One comparison of a property with what is wanted; `path` is where it stands in the request."""

    property: str
    function: ConditionFunction
    wanted: Wanted
    negated: bool
    path: str = field(default="", compare=False)


class TagFunction(NumberedEnum):
    """How the value of a tag is compared: by some of the functions of conditions, under their numbers."""

    EQ = "EQ"
    CONTAINS = "CONTAINS"
    EXISTS = "EXISTS"

    @classmethod
    def by_number(cls) -> tuple[str, ...]:
        """Return the names of those functions that have a known number."""
        return ConditionFunction.by_number()


@dataclass(frozen=True)
class TagCondition:
    """A tag that a node has, or with `negated` has not; an empty part of the tag means any."""

    tag: Tag
    function: TagFunction
    negated: bool


@dataclass(frozen=True)
class ConditionExpression:
    """Conditions, conditions of tags and further expressions under one operator."""

    conditions: tuple[Condition, ...]
    tags: tuple[TagCondition, ...]
    children: tuple[ConditionExpression, ...]
    operator: BooleanOperator
    negated: bool

    def all_conditions(self) -> Iterator[Condition]:
        """Yield the conditions of this expression and of every one inside it."""
        yield from self.conditions
        for child in self.children:
            yield from child.all_conditions()


_SCALAR: Schema = {"type": ["string", "number", "boolean"]}
_VALUE: Schema = {"anyOf": [_SCALAR, list_of(_SCALAR), {"type": "null"}]}


def read_condition_expression(fields: Fields | None, depth: int = 1) -> ConditionExpression | None:
    """Read an expression; None if it says nothing."""
    if fields is None:
        return None
    fields.is_a("ConditionExpression")
    operator = fields.enum("operator", BooleanOperator, BooleanOperator.AND)
    conditions = tuple(_read_condition(spec) for spec in fields.children("specs"))
    tags = tuple(_read_tag_condition(spec) for spec in fields.children("tag_specs"))
    read = (read_condition_expression(child, depth + 1) for child in read_children(fields, depth))
    children = tuple(child for child in read if child)
    size = len(conditions) + len(tags) + len(children)
    negated = read_not(fields, size)
    fields.ignore_rest()
    return ConditionExpression(conditions, tags, children, operator, negated) if size else None


def _read_condition(fields: Fields) -> Condition:
    fields.is_a("Condition")
    fields.refuse(("source_property",))
    function = fields.enum("fn", ConditionFunction, ConditionFunction.EQ)
    condition = Condition(
        property=fields.required_string("property"),
        function=function,
        wanted=_read_wanted(fields, function),
        negated=fields.boolean("not"),
        path=fields.path,
    )
    fields.ignore_rest()
    return condition


def _read_wanted(fields: Fields, function: ConditionFunction) -> Wanted:
    value = fields.raw("value", _VALUE)
    other_property = fields.string("value_property_name")
    of_source = fields.boolean("value_property_from_other_node")
    if function is ConditionFunction.EXISTS:
        return Nothing()
    if other_property and not function.takes_list:
        return PropertyOf(other_property, of_source)
    if other_property or of_source:
        fields.violate("value_property_name", f"must name a property to compare with; {function} takes `value` alone")
        return Nothing()
    if is_variable(value):
        return Variable(value)
    return _read_values(fields, function, value)


def _read_values(fields: Fields, function: ConditionFunction, value: object) -> Wanted:
    if function.takes_list:
        if isinstance(value, list) and all(isinstance(item, JsonScalar) for item in value):
            return Several(tuple(value))
        fields.violate("value", f"{function} compares with a list of strings, numbers or booleans")
    elif function is ConditionFunction.IN_FROM_QUERY_SOURCE_RESULTS:
        if isinstance(value, str) and value:
            return SourcesOf(value)
        fields.violate("value", f"{function} compares with the id of a saved query")
    elif isinstance(value, JsonScalar):
        return Scalar(value)
    else:
        fields.violate("value", f"{function} compares with a string, number or boolean")
    return Nothing()


def _read_tag_condition(fields: Fields) -> TagCondition:
    fields.is_a("TagCondition")
    tag = fields.required_child("tag")
    tag.refuse(("properties",))
    condition = TagCondition(
        tag=Tag(key=tag.required_string("key"), value=tag.string("value"), type=tag.string("type")),
        function=fields.enum("fn", TagFunction, TagFunction.EQ, also_documented=tuple(ConditionFunction)),
        negated=fields.boolean("exclude"),
    )
    tag.ignore_rest()
    fields.ignore_rest()
    return condition
