"""What the permissions of a relation must be, as a tree over single tests of an edge; knows no node and no JSON.

Inferred: a required intermediate EffectivePermission, which Veza draws as a node between identity and resource, is the
permissions of the relation itself. Its `<permission>_privilege` properties say whether it amounts to an effective permission,
its list `permissions` holds the raw permissions, and it has no other properties.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from veza_emulator.graph.edge_marks import EdgeMark
from veza_emulator.graph.permission_nodes import EFFECTIVE_PERMISSION, PRIVILEGE
from veza_emulator.graph.permissions import EffectivePermission
from veza_emulator.query.comparisons import ConditionFunction, test_of
from veza_emulator.query.conditions import Condition, ConditionExpression, Nothing, Scalar, Several
from veza_emulator.query.expressions import BooleanOperator
from veza_emulator.query.relates_to import PermissionFilter
from veza_emulator.reading.errors import FieldViolation, invalid_argument

_PRIVILEGES = {f"{permission.lower()}{PRIVILEGE}": permission for permission in EffectivePermission}


@dataclass(frozen=True)
class Gives:
    """An edge gives any of these raw permissions, or any of these effective ones; with neither named, any at all."""

    raw: frozenset[str] = frozenset()
    effective: frozenset[str] = frozenset()

    def holds(self, mark: EdgeMark) -> bool:
        """Tell whether it holds of an edge with this mark."""
        if not self.raw and not self.effective:
            return bool(mark.raw)
        return not (self.raw.isdisjoint(mark.raw) and self.effective.isdisjoint(mark.effective))


@dataclass(frozen=True)
class Together:
    """Several tests under one operator."""

    parts: tuple[PermissionTest, ...]
    operator: BooleanOperator


@dataclass(frozen=True)
class ButNot:
    """Some permission is given, and the test does not hold."""

    part: PermissionTest


PermissionTest = Gives | Together | ButNot
GIVES_ANY = Gives()
GIVES_NONE = Gives(raw=frozenset({""}))
"""No permission is called so."""


def single_tests(test: PermissionTest) -> Iterator[Gives]:
    """Yield every single test in a tree."""
    match test:
        case Gives():
            yield test
        case Together(parts):
            for part in parts:
                yield from single_tests(part)
        case ButNot(part):
            yield GIVES_ANY
            yield from single_tests(part)


def passing(test: PermissionTest, found: Callable[[Gives], int]) -> int:
    """Return the targets, as bits, of which a test holds, given those of which each single test holds."""
    match test:
        case Gives():
            return found(test)
        case ButNot(part):
            return found(GIVES_ANY) & ~passing(part, found)
        case Together(parts, operator):
            bits = passing(parts[0], found)
            for part in parts[1:]:
                other = passing(part, found)
                bits = bits & other if operator is BooleanOperator.AND else bits | other
            return bits


def together(parts: Sequence[PermissionTest], operator: BooleanOperator = BooleanOperator.OR) -> PermissionTest:
    """Return several tests as one, of none that nothing passes; alternatives that one edge can meet become a single test."""
    if not parts:
        return GIVES_NONE
    if len(parts) == 1:
        return parts[0]
    if operator is BooleanOperator.OR and GIVES_ANY not in parts:
        single = [part for part in parts if isinstance(part, Gives)]
        if len(single) == len(parts):
            return Gives(
                frozenset().union(*(part.raw for part in single)),
                frozenset().union(*(part.effective for part in single)),
            )
    return Together(tuple(parts), operator)


def raw_test(wanted: PermissionFilter) -> PermissionTest:
    """Return the test of a filter of raw permissions."""
    return together([Gives(raw=frozenset({value})) for value in wanted.values], wanted.operator)


def effective_test(wanted: PermissionFilter) -> PermissionTest:
    """Return the test of a filter of effective permissions."""
    return together([Gives(effective=frozenset({value})) for value in wanted.values], wanted.operator)


def test_of_expression(expression: ConditionExpression | None, raw_names: frozenset[str]) -> PermissionTest:
    """Return the test that a condition expression of an EffectivePermission means.

    :param raw_names: every raw permission that there is.
    """
    if expression is None:
        return GIVES_ANY
    parts = [_test_of_condition(condition, raw_names) for condition in expression.conditions]
    # A permission has no tags.
    parts += [GIVES_ANY if tag.negated else GIVES_NONE for tag in expression.tags]
    parts += [test_of_expression(child, raw_names) for child in expression.children]
    test = together(parts, expression.operator)
    return ButNot(test) if expression.negated else test


def _test_of_condition(condition: Condition, raw_names: frozenset[str]) -> PermissionTest:
    test = _test_of_property(condition, raw_names)
    return ButNot(test) if condition.negated else test


def _test_of_property(condition: Condition, raw_names: frozenset[str]) -> PermissionTest:
    holds = test_of(condition.function, _wanted(condition))
    privilege = _PRIVILEGES.get(condition.property)
    if privilege:
        gives = Gives(effective=frozenset({privilege}))
        return together([one for one, value in ((gives, True), (ButNot(gives), False)) if holds(value)])
    if condition.property != "permissions":
        return GIVES_NONE
    if condition.function is ConditionFunction.LIST_ALL_ELEMENTS_IN:
        others = frozenset(name for name in raw_names if not holds([name]))
        return ButNot(Gives(raw=others)) if others else GIVES_ANY
    if condition.function is ConditionFunction.EXISTS:
        return GIVES_ANY
    named = frozenset(name for name in raw_names if holds([name]))
    return Gives(raw=named) if named else GIVES_NONE


def _wanted(condition: Condition) -> object:
    match condition.wanted:
        case Scalar(value):
            return value
        case Several(values):
            return values
        case Nothing():
            return None
    what = f"this tenant compares of a required {EFFECTIVE_PERMISSION} only with values that the condition names"
    raise invalid_argument(FieldViolation(f"{condition.path}.value", what))
