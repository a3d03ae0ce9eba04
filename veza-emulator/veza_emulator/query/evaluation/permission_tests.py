"""What the permissions of a relation must be, as a tree over single tests of an edge; knows no node and no JSON.

Inferred: a required intermediate EffectivePermission, which Veza draws as a node between identity and resource, is the
permissions of the relation itself. Its `<permission>_privilege` properties say whether it amounts to an effective permission,
and its list `permissions` holds the raw permissions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from veza_emulator.graph.edge_marks import EdgeMark
from veza_emulator.graph.permissions import EffectivePermission
from veza_emulator.query.comparisons import ConditionFunction
from veza_emulator.query.conditions import Condition, ConditionExpression, Scalar
from veza_emulator.query.expressions import BooleanOperator
from veza_emulator.query.node_selectors import EFFECTIVE_PERMISSION
from veza_emulator.query.relates_to import PermissionFilter
from veza_emulator.reading.errors import FieldViolation, invalid_argument

_PRIVILEGE = "_privilege"
_PRIVILEGES = {f"{permission.lower()}{_PRIVILEGE}": permission for permission in EffectivePermission}
_IN_LIST = (ConditionFunction.LIST_CONTAINS, ConditionFunction.LIST_ANY_ELEMENT_EQ)


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


def together(parts: Sequence[PermissionTest], operator: BooleanOperator) -> PermissionTest:
    """Return several tests as one; alternatives that an edge can meet by itself become a single test."""
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


def test_of_expression(expression: ConditionExpression | None) -> PermissionTest:
    """Return the test that a condition expression of an EffectivePermission means; refuse what it cannot mean."""
    if expression is None:
        return GIVES_ANY
    parts = [_test_of_condition(condition) for condition in expression.conditions]
    parts += [test_of_expression(child) for child in expression.children]
    if expression.tags or not parts:
        raise invalid_argument(FieldViolation("tag_specs", f"{EFFECTIVE_PERMISSION} has no tags"))
    test = together(parts, expression.operator)
    return ButNot(test) if expression.negated else test


def _test_of_condition(condition: Condition) -> PermissionTest:
    value = condition.wanted.value if isinstance(condition.wanted, Scalar) else None
    privilege = _PRIVILEGES.get(condition.property)
    if privilege and condition.function is ConditionFunction.EQ and isinstance(value, bool):
        test: PermissionTest = Gives(effective=frozenset({privilege}))
        return test if value != condition.negated else ButNot(test)
    if condition.property == "permissions" and condition.function in _IN_LIST and isinstance(value, str):
        test = Gives(raw=frozenset({value}))
        return ButNot(test) if condition.negated else test
    wanted = "EQ true or false of a *_privilege, and LIST_CONTAINS of permissions"
    raise invalid_argument(
        FieldViolation(condition.path or "property", f"this tenant evaluates of {EFFECTIVE_PERMISSION} only {wanted}")
    )
