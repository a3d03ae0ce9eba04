"""Puts rows in the order that a query wants; makes no rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from veza_emulator.graph.tenant_graph import Node, RiskLevel
from veza_emulator.query.ordering import COUNT, RISK_SCORE, OrderTerm
from veza_emulator.query.rows import LazyRows, PathRow, Row, SourceRow

_RISK_LEVELS = {level: place for place, level in enumerate(RiskLevel)}
_PROPERTIES = "properties."

SortKey = tuple[bool, bool, Any]
"""Unpopulated last; numbers before texts; the value."""


def ordered(rows: Sequence[Row], order: Sequence[OrderTerm]) -> Sequence[Row]:
    """Return the rows in an order, of which the first term counts most; equal rows stay as they are."""
    if not order:
        return rows
    drawn = list(rows)
    places = list(range(len(drawn)))
    for term in reversed(order):
        keys = [_key(row, term) for row in drawn]
        places.sort(key=keys.__getitem__, reverse=term.descending)
    return LazyRows(len(places), lambda place: rows[places[place]])


def _key(row: Row, term: OrderTerm) -> SortKey:
    value = _value(row, term.field)
    if value is None or isinstance(value, int | float):
        return value is None, False, value or 0
    return False, True, str(value)


def _value(row: Row, field: str) -> object:
    if field == COUNT:
        return row.destination_count
    if isinstance(row, SourceRow):
        return _value_of_node(row.source, field)
    end, _, name = field.partition(".")
    return _value_of_node(_end_of(row, end), name)


def _end_of(row: PathRow, end: str) -> Node:
    return row.source if end == "source" else row.destination


def _value_of_node(node: Node, field: str) -> object:
    if field.startswith(_PROPERTIES):
        return node.properties.get(field.removeprefix(_PROPERTIES))
    return _READ[field](node)


_READ: dict[str, Callable[[Node], object]] = {
    "id": lambda node: node.id,
    "type": lambda node: node.type,
    "risk_level": lambda node: _RISK_LEVELS[node.risk_level],
    RISK_SCORE: lambda node: node.properties.get(RISK_SCORE),
}
