"""How nested rows become columns, by one rule for all tables; pure.

The types of columns are decided in :mod:`.schema`.

The rule:

- A field of the row is a column under its own name. The fields of an object become columns with a dotted name, such as
  ``properties.name``; where the layout gives the object a prefix, the prefix replaces the first name and its dot
  (``source_id``, ``source_properties.name``).
- A list is one column. So is an object below three names, such as ``source.properties.tags`` (a layout may say another
  depth), one that the layout declares as JSON, and one that is asked for by its own name.
- An object without fields gives no column. A missing field and a null are both null; a column that only ever was null is
  a column all the same, so that a table does not lose it on a day without values.
- A value and an object under one name are two columns (``owner`` and ``owner.id``).
- A task may choose other names (:mod:`.table_options`); the rule and the layout speak of the dotted ones.
- Two fields that would become one column (``{"a.b": 1}`` and ``{"a": {"b": 2}}``) are an error.
- Columns are in the order in which they first appear, row by row, whichever rows are looked at together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import methodcaller
from types import NoneType
from typing import Any

from airflow_provider_veza.async_query.layout import ColumnType, RowLayout
from airflow_provider_veza.async_query.rows import Row
from airflow_provider_veza.exceptions import ColumnError
from airflow_provider_veza.results.table_options import NO_OPTIONS, TableOptions

_Path = tuple[str, ...]
_NO_FIELDS: Row = {}


@dataclass(frozen=True)
class Cells:
    """What a group of rows has in one column.

    :param values: one for each row, as JSON gave them; None where there is none.
    :param kinds: the Python types of all values.
    """

    values: Sequence[Any]
    kinds: frozenset[type]

    @classmethod
    def of(cls, values: Sequence[Any]) -> Cells:
        """Return the cells of these values."""
        return cls(values, frozenset(map(type, values)))

    @property
    def only_kind(self) -> type | None:
        """The Python type of all values; None where there are several, or a null."""
        return next(iter(self.kinds)) if len(self.kinds) == 1 and NoneType not in self.kinds else None

    @property
    def present(self) -> Sequence[Any]:
        """The values that are not null."""
        return [value for value in self.values if value is not None] if NoneType in self.kinds else self.values


@dataclass(frozen=True)
class FieldOfRows:
    """A field that rows have, and what becomes of its values.

    :param column: that they become; None where it is not wanted.
    :param splits: whether an object among them would become columns of its own.
    :param fields: of the objects that all of its values are; None for other values.
    :param kind: the Python type of all of its values; None where they have several, or one is null or missing.
    """

    name: str
    column: str | None = None
    splits: bool = False
    fields: tuple[FieldOfRows, ...] | None = None
    kind: type | None = None


class Flattener:
    """Flattens the rows of one result, a group at a time, and remembers which field each column came from.

    :param only: names of the columns that are wanted, as the rule makes them; None for all.
    :param options: what columns are called in the end.

    >>> flatten = Flattener(RowLayout(prefixes={"source": "source_"}))
    >>> columns = flatten([{"source": {"id": "u1", "properties": {"name": "Ana"}}}, {"source": {"id": "u2"}, "tags": []}])
    >>> {name: cells.values for name, cells in columns.items()}
    {'source_id': ['u1', 'u2'], 'source_properties.name': ['Ana', None], 'tags': [None, []]}
    """

    def __init__(
        self, layout: RowLayout, only: Collection[str] | None = None, options: TableOptions = NO_OPTIONS
    ) -> None:
        self._layout = layout
        self._options = options
        self._types: Mapping[str, ColumnType] = layout.types
        self._only = only
        self._fields: dict[str, _Path] = {}

    def declare(self, types: Mapping[str, ColumnType]) -> None:
        """Take the types that an answer itself declares for its columns."""
        self._types = {**self._types, **types}

    def dotted_name(self, column: str) -> str:
        """Return how the rule calls a column that came, whatever it is called in the end."""
        return self._column_name(self._fields[column])

    def __call__(self, rows: Sequence[Row]) -> dict[str, Cells]:
        """Return the columns of these rows.

        :raises ColumnError: when two fields would become one column.
        """
        known = len(self._fields)
        columns: dict[str, Cells] = {}
        self._add_fields(columns, rows, ())
        new = [name for name in list(self._fields)[known:] if name in columns]
        for name in self._as_they_appear(new, rows):
            columns[name] = columns.pop(name)
        return columns

    def fields(self, objects: Sequence[Row], above: _Path = ()) -> tuple[FieldOfRows, ...] | None:
        """Return what becomes of the fields of these rows; None where most rows lack most of them."""
        values_of = _by_field(objects)
        if sum(map(len, objects)) * 2 < len(objects) * len(values_of):
            return None
        found = [self._field((*above, name), Cells.of(values)) for name, values in values_of.items()]
        return tuple(found)

    def _field(self, path: _Path, cells: Cells) -> FieldOfRows:
        name = self._column_name(path)
        inner = None
        if self._is_opened(path) and cells.kinds - {NoneType} == {dict}:
            inner = self.fields(_only_objects(cells), path)
        is_wanted = self._only is None or self._is_asked_for(name)
        column = self._options.name_of(name) if is_wanted else None
        return FieldOfRows(path[-1], column, self._is_split(name, path), inner, cells.only_kind)

    def _as_they_appear(self, new: Sequence[str], rows: Sequence[Row]) -> Sequence[str]:
        """Return new columns in the order of the rows that bring them, and of the fields in such a row."""
        if len(new) < 2 or len(rows) < 2:
            return new
        bringers = {name: self._first_row_with(self._fields[name], rows) for name in new}
        places: dict[tuple[int, str], int] = {}
        for row in set(bringers.values()):
            of_row: dict[str, Cells] = {}
            self._add_fields(of_row, rows[row : row + 1], ())
            places |= {(row, name): place for place, name in enumerate(of_row)}
        return sorted(new, key=lambda name: (bringers[name], places[bringers[name], name]))

    def _first_row_with(self, path: _Path, rows: Sequence[Row]) -> int:
        return next(place for place, row in enumerate(rows) if self._makes_column(row, path))

    def _makes_column(self, row: Row, path: _Path) -> bool:
        value: Any = row
        for field in path:
            if type(value) is not dict or field not in value:
                return False
            value = value[field]
        return type(value) is not dict or not self._is_opened(path)

    def _is_opened(self, path: _Path) -> bool:
        name = self._column_name(path)
        return self._is_split(name, path) and not self._is_asked_for(name)

    def _add_fields(self, columns: dict[str, Cells], objects: Sequence[Row], above: _Path) -> None:
        for field, values in _by_field(objects).items():
            self._add(columns, objects, (*above, field), Cells.of(values))

    def _add(self, columns: dict[str, Cells], objects: Sequence[Row], path: _Path, cells: Cells) -> None:
        name = self._column_name(path)
        is_split = dict in cells.kinds and self._is_split(name, path)
        if not is_split or self._is_asked_for(name):
            self._add_column(columns, name, path, cells)
        elif _has_other_than_objects(cells, objects, path[-1]):
            self._add_column(columns, name, path, _without_objects(cells))
        if is_split:
            self._add_fields(columns, _only_objects(cells), path)

    def _add_column(self, columns: dict[str, Cells], name: str, path: _Path, cells: Cells) -> None:
        if self._only is not None and not self._is_asked_for(name):
            return
        name = self._options.name_of(name)
        known = self._fields.setdefault(name, path)
        if known != path:
            raise ColumnError(name, f"the fields {_spelled(known)} and {_spelled(path)} would both become this column")
        columns[name] = cells

    def _is_split(self, name: str, path: _Path) -> bool:
        return len(path) < self._layout.depth and self._types.get(name) is not ColumnType.JSON

    def _is_asked_for(self, name: str) -> bool:
        return self._only is not None and name in self._only

    def _column_name(self, path: _Path) -> str:
        if len(path) > 1 and path[0] in self._layout.prefixes:
            return self._layout.prefixes[path[0]] + ".".join(path[1:])
        return ".".join(path)


def _by_field(objects: Sequence[Row]) -> dict[str, Sequence[Any]]:
    """Return the values of each field; objects that all have the same fields in one order cost half as much."""
    names = list(chain.from_iterable(objects))
    shape = list(objects[0]) if objects else []
    if names == shape * len(objects):
        values = list(chain.from_iterable(map(methodcaller("values"), objects)))
        return {name: values[place :: len(shape)] for place, name in enumerate(shape)}
    return {name: [row.get(name) for row in objects] for name in dict.fromkeys(names)}


def _has_other_than_objects(cells: Cells, objects: Iterable[Mapping[str, Any]], field: str) -> bool:
    """Whether some row has a value or a null that it was sent; a field that was not sent is neither."""
    if cells.kinds - {dict, NoneType}:
        return True
    return NoneType in cells.kinds and any(field in row and row[field] is None for row in objects)


def _without_objects(cells: Cells) -> Cells:
    return Cells.of([None if type(value) is dict else value for value in cells.values])


def _only_objects(cells: Cells) -> Sequence[Row]:
    if len(cells.kinds) == 1:
        return cells.values
    return [value if type(value) is dict else _NO_FIELDS for value in cells.values]


def _spelled(path: _Path) -> str:
    return " > ".join(repr(name) for name in path)
