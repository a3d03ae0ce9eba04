"""How enums and numbers are spelt on the wire; `nodes` and `tasks` tell which."""

from __future__ import annotations

from veza_emulator.hostility import Counts
from veza_emulator.variants import EnumEncoding, Variants

TASK_STATES = ("UNKNOWN_STATE", "PENDING", "IN_PROGRESS", "COMPLETE")
TASK_STATUSES = ("UNKNOWN_STATUS", "SUCCEEDED", "FAILED", "CANCELED")


def spell(name: str, encoding: EnumEncoding, numbered: tuple[str, ...] = ()) -> str | int:
    """Return a name as the wire spells it; one that the documents give no number stays a name.

    >>> spell("COMPLETE", EnumEncoding.NUMBERS, TASK_STATES)
    3
    >>> spell("DONE", EnumEncoding.LOWER_CASE)
    'done'
    """
    if encoding is EnumEncoding.LOWER_CASE:
        return name.lower()
    if encoding is EnumEncoding.NUMBERS and name in numbered:
        return numbered.index(name)
    return name


def number_value(count: int, variants: Variants) -> object:
    """Return a count as a result has it: as text, since the wire's integers may be long."""
    return str(count) if variants.counts is Counts.USUAL else variants.counts.value_in_place
