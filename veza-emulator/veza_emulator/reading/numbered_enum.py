"""Enums of the service's API, whose values a caller may also send as numbers; knows no enum in particular."""

from __future__ import annotations

from enum import StrEnum


class NumberedEnum(StrEnum):
    """An enum whose members also have a number: 0, 1, 2, ... in the order in which they stand."""

    @classmethod
    def by_number(cls) -> tuple[str, ...]:
        """Return the name of each number, from 0 on; a number beyond them has no known name."""
        return tuple(cls)


def name_of(value: object, modelled: type[StrEnum]) -> str:
    """Return the upper-case name that a name or number means; empty if it means none."""
    if isinstance(value, str):
        return value.upper()
    names = modelled.by_number() if issubclass(modelled, NumberedEnum) else ()
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < len(names):
        return ""
    return names[value].upper()
