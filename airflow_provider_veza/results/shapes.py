"""Rows that go on as they began are decoded straight into columns, for less than half of what rows as objects cost; pure.

What becomes a column is decided in :mod:`.columns`, and whatever looks otherwise than expected is left to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from types import NoneType
from typing import Any, Self

from msgspec import DecodeError, defstruct
from msgspec.json import Decoder
from msgspec.structs import astuple

from airflow_provider_veza.async_query.rows import JsonRows
from airflow_provider_veza.results.columns import Cells, FieldOfRows, Flattener

_MOST_MISSES = 6
_DECODED_EXACTLY: Set[type | None] = frozenset({str, int, bool, list})
"""Types that a decoder gives for nothing else: as a fraction it would take whole numbers, too."""


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


class _Shape:
    """Fields that rows are expected to have: first each with the one type that it had, then with any, then none at all."""

    def __init__(self, fields: Sequence[FieldOfRows]) -> None:
        self.names: Set[str] = frozenset(_names(fields))
        self._fields = fields
        self._exact = _Decoding(fields) if any(map(_is_exact, fields)) else None
        self._any = _Decoding(_of_any_kind(fields))

    @classmethod
    def of(cls, fields: Sequence[FieldOfRows] | None) -> Self | None:
        if fields is None:
            return None
        try:
            return cls(fields)
        except ValueError:  # A name that no decoder's field can have.
            return None

    def cells(self, rows: JsonRows) -> dict[str, Cells] | None:
        lines = rows.lines
        found = self._exact.columns(lines, len(rows)) if self._exact is not None else None
        if found is None:
            found = self._any.columns(lines, len(rows))
            if found is None:
                return None
            self._expect_less(found)
        if any(field.splits and dict in cells.kinds for field, cells in found):
            return None
        return {field.column: cells for field, cells in found if field.column is not None}

    def _expect_less(self, found: Sequence[_Column]) -> None:
        """Expect no type of a field any more that had another one; each field costs one such miss at most."""
        if self._exact is not None:
            self._fields = _without_other_kinds(self._fields, (cells for _, cells in found))
            self._exact = _Decoding(self._fields) if any(map(_is_exact, self._fields)) else None


_Column = tuple[FieldOfRows, Cells]


class _Decoding:
    """Decodes rows with these fields into columns."""

    def __init__(self, fields: Sequence[FieldOfRows]) -> None:
        self._objects = _Objects(fields)
        self._decoder: Decoder[list[Any]] = Decoder(self._objects.type)

    def columns(self, lines: bytes, rows: int) -> Sequence[_Column] | None:
        """Return each field that is a value, in order; None where the rows are otherwise."""
        try:
            objects = self._decoder.decode_lines(lines)
        except (DecodeError, UnicodeDecodeError, RecursionError):
            return None
        return list(self._objects.columns(objects)) if objects and len(objects) == rows else None


class _Objects:
    """Decodes objects with the same fields; another field is an error, a missing one is null, or an error where it has a type."""

    def __init__(self, fields: Sequence[FieldOfRows]) -> None:
        self._members = [_Member(field) for field in fields]
        self.type: type[Any] = defstruct(
            "Object",
            [member.as_field(f"f{place}") for place, member in enumerate(self._members)],
            rename={f"f{place}": field.name for place, field in enumerate(fields)},
            kw_only=True,
            forbid_unknown_fields=True,
            gc=False,
        )
        self._places = [int(name.removeprefix("f")) for name in self.type.__struct_fields__]

    def columns(self, objects: Sequence[Any]) -> Iterator[_Column]:
        """Yield the values of each field that is no object."""
        in_place = dict(zip(self._places, zip(*map(astuple, objects), strict=True), strict=bool(self._members)))
        for place, member in enumerate(self._members):
            yield from member.columns(in_place[place])

    def whole(self, objects: Sequence[Any]) -> Sequence[Any]:
        """Return objects with an empty one for each that is missing; none of their fields may be exact."""
        if NoneType not in set(map(type, objects)):
            return objects
        empty = self.type()
        return [empty if one is None else one for one in objects]


class _Member:
    def __init__(self, field: FieldOfRows) -> None:
        self._field = field
        self._is_exact = _is_exact(field)
        self._inner = None if field.fields is None else _Objects(field.fields)
        self._kinds: frozenset[type] = frozenset() if field.kind is None else frozenset({field.kind})
        self._type: Any = self._inner.type if self._inner is not None else field.kind if self._is_exact else Any

    def as_field(self, name: str) -> tuple[str, Any] | tuple[str, Any, None]:
        """Return the field of a struct; one that is not exact may be missing, and a value may be null then."""
        return (name, self._type) if self._is_exact else (name, self._type, None)

    def columns(self, values: Sequence[Any]) -> Iterator[_Column]:
        if self._inner is not None:
            yield from self._inner.columns(values if self._is_exact else self._inner.whole(values))
        elif self._is_exact:
            yield self._field, Cells(values, self._kinds)
        else:
            yield self._field, Cells.of(values)


def _is_exact(field: FieldOfRows) -> bool:
    """Whether a row without this field, or with another type in it, is otherwise: so is an object that has such a field."""
    if field.fields is not None:
        return any(map(_is_exact, field.fields))
    return field.kind in _DECODED_EXACTLY


def _of_any_kind(fields: Sequence[FieldOfRows]) -> tuple[FieldOfRows, ...]:
    return tuple(
        replace(field, kind=None, fields=None if field.fields is None else _of_any_kind(field.fields))
        for field in fields
    )


def _without_other_kinds(fields: Sequence[FieldOfRows], seen: Iterator[Cells]) -> tuple[FieldOfRows, ...]:
    """Return the fields, without the types of those that had others.

    :param seen: the values of each field that is no object, in order.
    """
    return tuple(
        replace(field, kind=field.kind if next(seen).kinds == {field.kind} else None)
        if field.fields is None
        else replace(field, fields=_without_other_kinds(field.fields, seen))
        for field in fields
    )


def _names(fields: Sequence[FieldOfRows]) -> Iterator[str]:
    for field in fields:
        if field.fields is not None:
            yield from _names(field.fields)
        elif field.column is not None:
            yield field.column
