"""What a query spec asks of a number: of destinations, of nodes on a path, of a score; knows no node and no graph.

Inferred from Veza's built-in queries: the numbers of the comparisons (3 is "more than", 4 is "or more"); that a percentage is of
all nodes that the same selector selects, related or not; that without `include_zero_count_results` a count of zero never holds.
"""

from __future__ import annotations

from dataclasses import dataclass

from veza_emulator.query.comparisons import ORDERS
from veza_emulator.query.expressions import BooleanOperator, read_children, read_not
from veza_emulator.reading.fields import Fields
from veza_emulator.reading.numbered_enum import NumberedEnum


class Comparison(NumberedEnum):
    """How a number compares with another."""

    EQ = "EQ"
    LT = "LT"
    LTE = "LTE"
    GT = "GT"
    GTE = "GTE"

    def holds(self, number: float, value: float) -> bool:
        """Tell whether a number compares so with a value."""
        return ORDERS[self](number, value)


class CountedAs(NumberedEnum):
    """What of a count is compared."""

    COUNT = "COUNT"
    PERCENTAGE_OF_TOTAL_COUNT = "PERCENTAGE_OF_TOTAL_COUNT"


@dataclass(frozen=True)
class CountCondition:
    """One comparison of a count."""

    comparison: Comparison
    value: float
    counted_as: CountedAs = CountedAs.COUNT

    def holds(self, count: int, total: int) -> bool:
        """Tell whether it holds of a count out of this many."""
        if self.counted_as is CountedAs.COUNT:
            return self.comparison.holds(count, self.value)
        return self.comparison.holds(100 * count / total if total else 0, self.value)


@dataclass(frozen=True)
class CountExpression:
    """Comparisons of a count, and further expressions, under one operator."""

    conditions: tuple[CountCondition, ...]
    children: tuple[CountExpression, ...]
    operator: BooleanOperator
    negated: bool
    include_zero: bool

    def holds(self, count: int, total: int) -> bool:
        """Tell whether the expression holds of a count out of this many."""
        held = [condition.holds(count, total) for condition in self.conditions]
        held += [child.holds(count, total) for child in self.children]
        return self.operator.combine(held) != self.negated


def read_count_expression(fields: Fields | None, depth: int = 1) -> CountExpression | None:
    """Read an expression; None if it says nothing."""
    if fields is None:
        return None
    fields.is_a("CountExpression")
    operator = fields.enum("operator", BooleanOperator, BooleanOperator.AND)
    include_zero = fields.boolean("include_zero_count_results")
    conditions = tuple(_read_count_condition(spec) for spec in fields.children("specs"))
    read = (read_count_expression(child, depth + 1) for child in read_children(fields, depth))
    children = tuple(child for child in read if child)
    size = len(conditions) + len(children)
    negated = read_not(fields, size)
    fields.ignore_rest()
    return CountExpression(conditions, children, operator, negated, include_zero) if size else None


def read_comparison(fields: Fields, name: str) -> tuple[Comparison, float]:
    """Read a comparison by its field's name, and the number that stands beside it as `value`."""
    comparison = fields.enum(name, Comparison, Comparison.EQ)
    return comparison, fields.required_number("value")


def _read_count_condition(fields: Fields) -> CountCondition:
    fields.is_a("CountCondition")
    condition = CountCondition(
        *read_comparison(fields, "fn"), counted_as=fields.enum("value_as", CountedAs, CountedAs.COUNT)
    )
    fields.ignore_rest()
    return condition
