"""How one value of a property compares with what a condition names; knows no node, no variable and no JSON body.

Inferred, since the documents name the functions and do not define them:

- Equality is of JSON values: `true` is not `1`, and text is compared with its case.
- Two numbers, two booleans (`false` before `true`) or two texts have an order. Texts that are both timestamps are ordered
  as points in time, others by their characters. Values of different types have no order, and then no function holds.
- Of the numbers of functions, 0, 2, 3 and 4 are inferred from built-in queries, and 1 from what lies between them.
- A property that is not populated has no value, and no function holds of it; `not` turns that around.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any

from veza_emulator.reading.moment import moment_in
from veza_emulator.reading.numbered_enum import NumberedEnum

JsonScalar = str | int | float | bool
Order = Callable[[Any, Any], bool]
Test = Callable[[object], bool]
"""Whether a condition holds of the value of a property, which is None where it is not populated."""


class ConditionFunction(NumberedEnum):
    """How a property is compared."""

    EQ = "EQ"
    LT = "LT"
    LTE = "LTE"
    GT = "GT"
    GTE = "GTE"
    IN = "IN"
    CONTAINS = "CONTAINS"
    EXISTS = "EXISTS"
    LIST_CONTAINS = "LIST_CONTAINS"
    LIST_ANY_ELEMENT_EQ = "LIST_ANY_ELEMENT_EQ"
    LIST_ANY_ELEMENT_CONTAINS = "LIST_ANY_ELEMENT_CONTAINS"
    LIST_ALL_ELEMENTS_IN = "LIST_ALL_ELEMENTS_IN"
    IN_FROM_QUERY_SOURCE_RESULTS = "IN_FROM_QUERY_SOURCE_RESULTS"

    @classmethod
    def by_number(cls) -> tuple[str, ...]:
        """Return the names of the functions that have a known number: those that compare numbers too."""
        return tuple(ORDERS)

    @property
    def takes_list(self) -> bool:
        """Whether the condition names several values."""
        return self in (ConditionFunction.IN, ConditionFunction.LIST_ALL_ELEMENTS_IN)


ORDERS: dict[str, Order] = {
    "EQ": operator.eq,
    "LT": operator.lt,
    "LTE": operator.le,
    "GT": operator.gt,
    "GTE": operator.ge,
}


def test_of(function: ConditionFunction, wanted: object) -> Test:
    """Return the test of a function.

    :param wanted: the value that the condition names; for a function that takes a list, and for
        IN_FROM_QUERY_SOURCE_RESULTS, all of them.
    """
    match function:
        case ConditionFunction.EXISTS:
            return lambda value: value is not None
        case ConditionFunction.EQ:
            return _equals(wanted)
        case ConditionFunction.CONTAINS:
            return lambda value: _contains(value, wanted)
        case ConditionFunction.LIST_CONTAINS | ConditionFunction.LIST_ANY_ELEMENT_EQ:
            return _any_element(_equals(wanted))
        case ConditionFunction.LIST_ANY_ELEMENT_CONTAINS:
            return _any_element(lambda element: _contains(element, wanted))
        case ConditionFunction.IN | ConditionFunction.IN_FROM_QUERY_SOURCE_RESULTS:
            return _is_among(wanted)
        case ConditionFunction.LIST_ALL_ELEMENTS_IN:
            is_among = _is_among(wanted)
            return lambda value: isinstance(value, list | tuple) and all(is_among(element) for element in value)
        case _:
            return _ordered(ORDERS[function], wanted)


def _equals(wanted: object) -> Test:
    # In Python True equals 1; in JSON the two differ.
    is_boolean = isinstance(wanted, bool)
    return lambda value: value == wanted and isinstance(value, bool) == is_boolean


def _contains(value: object, wanted: object) -> bool:
    return isinstance(value, str) and isinstance(wanted, str) and wanted in value


def _any_element(test: Test) -> Test:
    return lambda value: isinstance(value, list | tuple) and any(test(element) for element in value)


def _is_among(wanted: object) -> Test:
    values = wanted if isinstance(wanted, Collection) else ()
    kept = frozenset((isinstance(value, bool), value) for value in values)
    return lambda value: isinstance(value, JsonScalar) and (isinstance(value, bool), value) in kept


def _ordered(order: Order, wanted: object) -> Test:
    if isinstance(wanted, str):
        return _ordered_text(order, wanted)
    is_boolean = isinstance(wanted, bool)
    return lambda value: (
        isinstance(value, int | float) and isinstance(value, bool) == is_boolean and order(value, wanted)
    )


def _ordered_text(order: Order, wanted: str) -> Test:
    moment = moment_of(wanted)

    def holds(value: object) -> bool:
        if not isinstance(value, str):
            return False
        own_moment = moment and moment_of(value)
        return order(own_moment, moment) if own_moment else order(value, wanted)

    return holds


def moment_of(text: str) -> datetime | None:
    """Return the point in time that a text names; without a zone it is one of UTC. None if the text names none."""
    if text[4:5] != "-":
        return None
    moment = moment_in(text)
    return moment.replace(tzinfo=UTC) if moment and not moment.tzinfo else moment
