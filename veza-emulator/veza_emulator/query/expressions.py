"""What every boolean expression of a query spec shares: its operator, its depth and its size; knows no kind of part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from veza_emulator.reading.fields import Fields
from veza_emulator.reading.numbered_enum import NumberedEnum

MAXIMUM_DEPTH = 16
MAXIMUM_OBJECTS = 500


class BooleanOperator(NumberedEnum):
    """How several parts combine. That 1 is OR is inferred from the built-in queries that send it."""

    AND = "AND"
    OR = "OR"

    def combine(self, parts: Iterable[bool]) -> bool:
        """Return whether the parts hold together."""
        return all(parts) if self is BooleanOperator.AND else any(parts)


def read_children(fields: Fields, depth: int) -> list[Fields]:
    """Return the expressions inside an expression that is itself this deep; refuse what is too deep."""
    children = fields.more_like_this("child_expressions")
    if children and depth >= MAXIMUM_DEPTH:
        fields.violate("child_expressions", f"are nested more than {MAXIMUM_DEPTH} levels deep")
        return []
    return children


def read_not(fields: Fields, parts: int) -> bool:
    """Return whether an expression of this many parts is negated; refuse the negation of nothing."""
    negated = fields.boolean("not")
    if negated and not parts:
        fields.violate("not", "stands over an empty expression; leave it out, or say what must not hold")
    return negated


def limit_size(fields: Fields, names: Iterable[str]) -> None:
    """Refuse, and leave unread, each of these fields that holds more objects than can be evaluated in reasonable time."""
    for name in names:
        if fields.has(name) and _holds_too_many(fields.as_sent.get(name)):
            fields.violate(name, f"holds more than {MAXIMUM_OBJECTS} objects; this tenant evaluates no more")
            fields.drop(name)


def _holds_too_many(value: object) -> bool:
    count = 0
    waiting = [value]
    while waiting and count <= MAXIMUM_OBJECTS:
        item = waiting.pop()
        if isinstance(item, Mapping):
            count += 1
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
    return count > MAXIMUM_OBJECTS
