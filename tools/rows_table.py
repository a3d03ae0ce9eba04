"""Rows of a Veza result as a table of plain text, with the fields that a person looks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDEST_CELL = 48

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """A heading, and where in a row its value is."""

    heading: str
    path: tuple[str, ...]

    def cell(self, row: Row) -> str:
        """Return the text of one cell, empty where the row has no such field."""
        value: Any = row
        for key in self.path:
            value = value.get(key) if isinstance(value, Mapping) else None
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")
        return text if len(text) <= WIDEST_CELL else f"{text[: WIDEST_CELL - 3]}..."


# The first five are in rows of source and destination, the others in rows of single nodes.
COLUMNS = (
    Column("who", ("source", "properties", "name")),
    Column("is a", ("source", "type")),
    Column("may", ("concrete_permissions",)),
    Column("on", ("destination", "properties", "name")),
    Column("risk", ("destination", "risk_level")),
    Column("name", ("properties", "name")),
    Column("type", ("type",)),
    Column("id", ("id",)),
    Column("risk", ("risk_level",)),
)


def rows_table(rows: Sequence[Row], at_most: int) -> str:
    """Return the first rows under their headings, with the columns that these rows fill."""
    shown = rows[:at_most]
    columns = [column for column in COLUMNS if any(column.cell(row) for row in shown)]
    cells = [[column.heading for column in columns], *([column.cell(row) for column in columns] for row in shown)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in cells]
    lines.insert(1, "  ".join("-" * width for width in widths))
    if len(rows) > len(shown):
        lines.append(f"... and {len(rows) - len(shown)} more")
    return "\n".join(lines)
