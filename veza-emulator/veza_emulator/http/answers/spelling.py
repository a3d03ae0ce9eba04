"""How enums are spelt on the wire; `nodes` and `tasks` tell which."""

from __future__ import annotations

from veza_emulator.variants import EnumEncoding

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
