"""The types of columns: what values show, and how a type widens when later values do not fit; pure.

Types widen by one table. ``NULL`` gives way to any type, ``INT64`` to ``LARGE_INT64``; ``INT64`` and ``DOUBLE`` are ``DOUBLE``
together, since every integer is exact in it; any other two are ``STRING`` together, where each value is its text
(:mod:`~.formats.text`). Neither the order in which values come nor the groups that they come in matter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from types import NoneType
from typing import Any

from airflow_provider_veza.async_query.layout import ColumnType
from airflow_provider_veza.results.columns import Cells
from airflow_provider_veza.results.manifest import Column, Columns

EXACT_IN_DOUBLE = 2**53
_INT64 = range(-(2**63), 2**63)

_OF_KIND: Mapping[type, ColumnType] = {
    NoneType: ColumnType.NULL,
    bool: ColumnType.BOOLEAN,
    float: ColumnType.DOUBLE,
    str: ColumnType.STRING,
    Decimal: ColumnType.STRING,  # No type of column holds such a number; its text is exact.
    list: ColumnType.JSON,
    dict: ColumnType.JSON,
}
_TOGETHER: Mapping[frozenset[ColumnType], ColumnType] = {
    frozenset({ColumnType.INT64, ColumnType.LARGE_INT64}): ColumnType.LARGE_INT64,
    frozenset({ColumnType.INT64, ColumnType.DOUBLE}): ColumnType.DOUBLE,
}

_TIMESTAMP = re.compile(
    r"(?!(?:0001-01-01|9999-12-31)T[^Z\n]*+$)"  # an offset could lead out of the years 1 to 9999
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII | re.MULTILINE,
)
_TIMESTAMPS = re.compile(rf"(?:{_TIMESTAMP.pattern}\n)*+", re.ASCII | re.MULTILINE)
_SECONDS_IN_UTC = "0000-00-00T00:00:00Z"
_SIGNS = {place: sign for place, sign in enumerate(_SECONDS_IN_UTC) if sign != "0"}
_HOUR_24 = "T24:"
"""Python 3.14 and later read it as the next day's first hour; RFC 3339 has none."""
_INTEGER = re.compile(r"0|-?[1-9]\d{0,18}", re.ASCII)


def wider(one: ColumnType, other: ColumnType) -> ColumnType:
    """Return the narrowest type that holds the values of both.

    >>> wider(ColumnType.INT64, ColumnType.DOUBLE), wider(ColumnType.NULL, ColumnType.JSON)
    (<ColumnType.DOUBLE: 'double'>, <ColumnType.JSON: 'json'>)
    """
    both = frozenset({one, other} - {ColumnType.NULL})
    if len(both) < 2:
        return next(iter(both), ColumnType.NULL)
    return _TOGETHER.get(both, ColumnType.STRING)


def are_timestamps(cells: Cells) -> bool:
    """Whether all values are RFC 3339 date-times with an offset, in digits that microseconds hold.

    One expression over all values at once costs half of one match each.
    """
    texts = cells.present
    if not cells.kinds <= {str, NoneType} or not _TIMESTAMP.fullmatch(texts[0]):
        return False
    are_like = _are_seconds_in_utc(texts) or _TIMESTAMPS.fullmatch("\n".join(texts) + "\n") is not None
    return are_like and _are_in_calendar(texts)


def widened_type(
    known: ColumnType,
    cells: Cells,
    declared: ColumnType | None = None,
    are_moments: Callable[[Cells], bool] = are_timestamps,
) -> ColumnType:
    """Return the type that a column has with these values too.

    :param known: its type so far.
    :param declared: by the layout; as text and as JSON every value can be written, so these two are final.
    :param are_moments: says what :func:`are_timestamps` says.
    """
    if declared in (ColumnType.STRING, ColumnType.JSON):
        return declared
    widened: ColumnType = wider(known, declared or ColumnType.NULL)
    if widened is ColumnType.STRING:
        return widened
    may_be_timestamp = widened in (ColumnType.NULL, ColumnType.TIMESTAMP)
    for kind in cells.kinds:
        widened = wider(widened, _integer_type(cells) if kind is int else _OF_KIND[kind])
    if widened is ColumnType.STRING and may_be_timestamp and are_moments(cells):
        return ColumnType.TIMESTAMP
    return widened


class KnownColumns:
    """The columns of a table, found by name: to take a group of rows costs what the group has, however many are known.

    >>> known = KnownColumns((Column("id", ColumnType.STRING), Column("ID", ColumnType.STRING)))
    >>> [(one.name, other.name) for one, other in known.alike]
    [('id', 'ID')]
    """

    def __init__(self, columns: Columns = ()) -> None:
        self.columns = columns
        self._places = {column.name: place for place, column in enumerate(columns)}
        self._in_lower_case: dict[str, Column] = {}
        self.alike: list[tuple[Column, Column]] = []
        """The columns whose names differ only in case from one that was there before them, each behind that one."""
        for column in columns:
            self._compare(column)

    @property
    def names(self) -> Set[str]:
        """The names of all."""
        return self._places.keys()

    def place(self, name: str) -> int:
        """Return where a column stands."""
        return self._places[name]

    def column(self, name: str) -> Column | None:
        """Return the column of that name, if it is known."""
        place = self._places.get(name)
        return None if place is None else self.columns[place]

    def widen(
        self,
        group: Mapping[str, Cells],
        declared: Mapping[str, ColumnType],
        fields: Mapping[str, str] | None = None,
        are_moments: Callable[[Cells], bool] = are_timestamps,
    ) -> None:
        """Take a group of rows: columns become wider where need be, and new ones follow.

        Where nothing changes, the tuple stays the very same.

        :param fields: dotted names of the columns that are called otherwise.
        :param are_moments: says what :func:`are_timestamps` says.

        >>> known = KnownColumns((Column("id", ColumnType.STRING),))
        >>> known.widen({"count": Cells.of([6])}, {})
        >>> [str(column.type) for column in known.columns]
        ['string', 'int64']
        """
        changed = []
        for name, cells in group.items():
            known = self.column(name)
            of_before = known.type if known else ColumnType.NULL
            type_ = widened_type(of_before, cells, declared.get(name), are_moments)
            if known is None or type_ is not known.type:
                changed.append(
                    replace(known, type=type_) if known else Column(name, type_, (fields or {}).get(name, ""))
                )
        if changed:
            self._put(changed)

    def _put(self, changed: Sequence[Column]) -> None:
        columns = list(self.columns)
        for column in changed:
            if column.name not in self._places:
                self._compare(column)
            place = self._places.setdefault(column.name, len(columns))
            columns[place : place + 1] = [column]
        self.columns = tuple(columns)

    def _compare(self, new: Column) -> None:
        first = self._in_lower_case.setdefault(new.name.lower(), new)
        if first is not new:
            self.alike.append((first, new))


def published(columns: Columns) -> Columns:
    """Return the columns as a manifest names them: what only a landing tells apart is one type.

    >>> published((Column("id", ColumnType.LARGE_INT64),))
    (Column(name='id', type=<ColumnType.INT64: 'int64'>, field=''),)
    """
    return tuple(
        replace(column, type=ColumnType.INT64) if column.type is ColumnType.LARGE_INT64 else column
        for column in columns
    )


def without_integer_texts(cells: Cells, declared: ColumnType | None) -> Cells:
    """Return integers for texts such as ``"6"`` where the layout declares integers, provided that every text is one.

    Services send 64-bit integers as text, as protobuf's JSON mapping does, since not all readers of JSON have so many bits.
    """
    if str not in cells.kinds or declared is not ColumnType.INT64:
        return cells
    if not all(_INTEGER.fullmatch(value) for value in cells.values if type(value) is str):
        return cells
    return Cells.of([int(value) if type(value) is str else value for value in cells.values])


def _integer_type(cells: Cells) -> ColumnType:
    integers = cells.present if cells.kinds <= {int, NoneType} else [v for v in cells.values if type(v) is int]
    low, high = min(integers), max(integers)
    if low >= -EXACT_IN_DOUBLE and high <= EXACT_IN_DOUBLE:
        return ColumnType.INT64
    return ColumnType.LARGE_INT64 if low in _INT64 and high in _INT64 else ColumnType.STRING


def _are_seconds_in_utc(texts: Sequence[Any]) -> bool:
    """Whether all are as ``2026-01-31T12:00:00Z``, as far as signs go that are no digits; the calendar refuses the rest."""
    length = len(_SECONDS_IN_UTC)
    if set(map(len, texts)) != {length}:
        return False
    whole = "".join(texts)
    return all(whole[place::length] == sign * len(texts) for place, sign in _SIGNS.items())


def _are_in_calendar(texts: Sequence[Any]) -> bool:
    if _HOUR_24 in "\n".join(texts):
        return False
    try:
        return all(map(datetime.fromisoformat, texts))  # Every moment counts as true.
    except ValueError:
        return False
