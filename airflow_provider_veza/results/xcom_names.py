"""Names of fields by which Airflow's XCom knows the objects that it has written; no other decision on rows may enter.

A row with one of them comes back as something else, or not at all. Source: Airflow's ``serde``, the same on 2.11 and 3.x.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from airflow_provider_veza.async_query.rows import Row
from airflow_provider_veza.exceptions import ColumnError

_RESERVED = (frozenset({"__classname__"}), frozenset({"__id__"}), frozenset({"__type", "__var"}))
"""Each of these, where all of its names stand in one object."""
_QUOTED = ('"__classname__"', '"__id__"', '"__type"')


def may_hold_reserved_name(text: str) -> bool:
    """Whether a row may have such a field, by its JSON text, which is far quicker than a look at each."""
    return any(name in text for name in _QUOTED)


def require_no_reserved_name(row: Row, number: int) -> None:
    """Refuse a row that XCom would not give back as it is.

    :param number: of the row, from 1 on.
    :raises ColumnError: naming the column and the row.
    """
    if reserved := _reserved_in(row):
        raise ColumnError(
            reserved, f"row {number} has a field of this name, by which Airflow's XCom marks its own objects"
        )
    for name, value in row.items():
        for fields in _objects_in(value):
            if reserved := _reserved_in(fields):
                problem = (
                    f"row {number} has a field {reserved!a} in it, a name by which Airflow's XCom marks its own objects"
                )
                raise ColumnError(name, problem)


def _reserved_in(fields: Row) -> str:
    return next((min(names) for names in _RESERVED if names <= fields.keys()), "")


def _objects_in(value: Any) -> Iterator[Row]:
    """Yield the objects in a value, itself included, without recursion: it may be deep."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case dict() as fields:
                yield fields
                waiting.extend(fields.values())
            case list() as items:
                waiting.extend(items)
