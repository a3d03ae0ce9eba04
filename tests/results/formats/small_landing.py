"""Lands groups of rows in memory as the landing does it: a part ends where it takes no other columns, and all get the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from airflow_provider_veza.async_query.rows import JsonRows
from airflow_provider_veza.results.formats.format import Format, PartWriter
from airflow_provider_veza.results.manifest import Columns

Row = dict[str, Any]


@dataclass
class MemoryPart:
    """A part in the making."""

    file: BytesIO
    writer: PartWriter


@dataclass(frozen=True)
class Landed:
    """Whole parts with the same columns."""

    format: Format
    columns: Columns
    parts: tuple[bytes, ...]

    @property
    def rows(self) -> list[Row]:
        """What reading all parts gives."""
        return [dict(row) for part in self.parts for row in self.format.rows(BytesIO(part), self.columns)]


def landed(form: Format, *groups: Iterable[Row]) -> Landed:
    """Land groups of rows."""
    parts: list[MemoryPart] = []
    columns: Columns = ()
    for rows in groups:
        group = form.group(JsonRows.of(rows), columns)
        columns = group.columns
        if not parts or not parts[-1].writer.takes(columns):
            file = BytesIO()
            parts.append(MemoryPart(file, form.open(file, columns)))
        parts[-1].writer.write(group)
    for part in parts:
        part.writer.close()
    return Landed(form, columns, tuple(widened(form, part, columns) for part in parts))


def widened(form: Format, part: MemoryPart, to: Columns) -> bytes:
    """Return the bytes of a part with other columns."""
    if form.fits(part.writer.columns, to):
        return part.file.getvalue()
    part.file.seek(0)
    wider = BytesIO()
    form.widen(part.file, wider, part.writer.columns, to)
    return wider.getvalue()


def part_of(form: Format, rows: Sequence[Row]) -> bytes:
    """Return the one part of these rows."""
    (part,) = landed(form, rows).parts
    return part
