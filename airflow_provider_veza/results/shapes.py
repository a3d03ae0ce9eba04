"""Rows that go on as they began are decoded straight into columns, for less than half of what rows as objects cost; pure.

What becomes a column is decided in :mod:`.columns`, and whatever looks otherwise than expected is left to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from types import NoneType
from typing import Any, Self

from msgspec import DecodeError, defstruct
from msgspec.json import Decoder
from msgspec.structs import astuple

from airflow_provider_veza.async_query.rows import JsonRows
from airflow_provider_veza.results.columns import Cells, FieldOfRows, Flattener

_MOST_MISSES = 6


class ShapedRows:
    """Expects that rows have the fields that those before had; where they have not, looks again after some groups.

    :param flatten: that says what becomes of the fields.
    """

    def __init__(self, flatten: Flattener) -> None:
        self._flatten = flatten
        self._shape: _Shape | None = None
        self._misses = 0
        self._groups_to_wait = 0

    @property
    def expects(self) -> bool:
        """Whether more rows like those before are expected."""
        return self._shape is not None

    def forget(self) -> None:
        """Expect nothing: what becomes of the fields has changed."""
        self._shape = None

    def cells(self, rows: JsonRows, known: Set[str]) -> dict[str, Cells] | None:
        """Return the columns, or None where these rows are not as expected.

        :param known: names of the columns of the table, which have a place and an order already.
        """
        if self._shape is None or not self._shape.names <= known:
            return None
        cells = self._shape.cells(rows)
        if cells is not None:
            self._misses = 0
            return cells
        self._shape = None
        self._misses = min(self._misses + 1, _MOST_MISSES)
        self._groups_to_wait = 2**self._misses
        return None

    def learn(self, objects: Sequence[Any]) -> None:
        """Expect more rows like these, unless that was wrong a moment ago."""
        if self._groups_to_wait > 0:
            self._groups_to_wait -= 1
        else:
            self._shape = _Shape.of(self._flatten.fields(objects))


@dataclass(frozen=True)
class _Shape:
    names: Set[str]
    objects: _Objects
    decoder: Decoder[list[Any]]

    @classmethod
    def of(cls, fields: Sequence[FieldOfRows] | None) -> Self | None:
        if fields is None:
            return None
        try:
            objects = _Objects(fields)
        except ValueError:  # A name that no decoder's field can have.
            return None
        return cls(frozenset(_names(fields)), objects, Decoder(objects.type))

    def cells(self, rows: JsonRows) -> dict[str, Cells] | None:
        try:
            objects = self.decoder.decode_lines(rows.lines)
        except (DecodeError, UnicodeDecodeError, RecursionError):
            return None
        if not objects or len(objects) != len(rows):
            return None
        columns: dict[str, Cells] = {}
        for field, values in self.objects.columns(objects):
            cells = Cells.of(values)
            if field.splits and dict in cells.kinds:
                return None
            if field.column is not None:
                columns[field.column] = cells
        return columns


class _Objects:
    """Decodes objects with the same fields; another field is an error, a missing one is null."""

    def __init__(self, fields: Sequence[FieldOfRows]) -> None:
        self._members = [(field, None if field.fields is None else _Objects(field.fields)) for field in fields]
        self.type: type[Any] = defstruct(
            "Object",
            [(f"f{place}", inner.type if inner else Any, None) for place, (_, inner) in enumerate(self._members)],
            rename={f"f{place}": field.name for place, field in enumerate(fields)},
            forbid_unknown_fields=True,
            gc=False,
        )
        self._empty = self.type()

    def columns(self, objects: Sequence[Any]) -> Iterator[tuple[FieldOfRows, Sequence[Any]]]:
        """Yield the values of each field that is a column."""
        for (field, inner), values in zip(
            self._members, zip(*map(astuple, objects), strict=True), strict=bool(self._members)
        ):
            if inner is None:
                yield field, values
            else:
                yield from inner.columns(inner.whole(values))

    def whole(self, objects: Sequence[Any]) -> Sequence[Any]:
        """Return objects with an empty one for each that is missing."""
        if NoneType not in set(map(type, objects)):
            return objects
        return [self._empty if one is None else one for one in objects]


def _names(fields: Sequence[FieldOfRows]) -> Iterator[str]:
    for field in fields:
        if field.fields is not None:
            yield from _names(field.fields)
        elif field.column is not None:
            yield field.column
