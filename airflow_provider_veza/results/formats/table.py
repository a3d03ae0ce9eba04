"""A group of rows as typed columns, the same for all formats that write tables.

The rules of columns and types are in :mod:`airflow_provider_veza.results.columns` and
:mod:`airflow_provider_veza.results.schema`.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import itemgetter

from airflow_provider_veza.async_query.layout import ColumnType, RowLayout
from airflow_provider_veza.async_query.rows import JsonRows
from airflow_provider_veza.exceptions import BadTextError, ColumnError
from airflow_provider_veza.results.bad_text import first_half, has_halves
from airflow_provider_veza.results.columns import Cells, Flattener
from airflow_provider_veza.results.manifest import Column, Columns
from airflow_provider_veza.results.schema import KnownColumns, are_timestamps, without_integer_texts
from airflow_provider_veza.results.shapes import ShapedRows
from airflow_provider_veza.results.table_options import NO_OPTIONS, TableOptions

# Rows as objects are several times the size of their text: beyond this they leave the processor's cache, and each row costs
# up to three times as much.
GROUP_BYTES = 384 * 1024


@dataclass(frozen=True)
class Table:
    """A group of rows as columns.

    :param present: the columns that these rows have, by their places, in order; the others are null throughout.
    """

    rows: int
    columns: Columns
    present: Sequence[tuple[int, Cells]]


class Tabulator:
    """Makes tables of one result's rows.

    :param select: names of the columns to write, in this order; None for all, in the order in which they appear.
    """

    def __init__(self, layout: RowLayout, select: Sequence[str] | None, options: TableOptions = NO_OPTIONS) -> None:
        self._declared: Mapping[str, ColumnType] = layout.types
        self._flatten = Flattener(layout, None if select is None else frozenset(select), options)
        self._shaped = ShapedRows(self._flatten)
        self._known = KnownColumns()
        self._options = options
        self._select = select
        self._at_first = _columns_asked_for(select or (), layout.types, options)
        self._answered: dict[str, ColumnType] = {}

    def declare(self, types: Mapping[str, ColumnType]) -> None:
        """Take the types that an answer itself declares for its columns; they go before the layout's."""
        self._answered.update(types)
        declared = {**self._declared, **types}
        if declared != self._declared:
            self._declared = declared
            self._flatten.declare(types)
            self._shaped.forget()

    def table(self, rows: JsonRows, columns: Columns, are_moments: Callable[[Cells], bool] = are_timestamps) -> Table:
        """Return the rows as columns.

        :param columns: known so far.
        :param are_moments: says what :func:`~airflow_provider_veza.results.schema.are_timestamps` says.
        :raises ColumnError: when two fields would become one column (or one but for case, see
            :attr:`~.table_options.TableOptions.ignores_case`), or no row has any column.
        :raises BadTextError: with a row of this group, where a text has half of a character.
        :raises MalformedResponseError: when a row is not JSON that can be read.
        """
        known = self._known_as(columns or (self._at_first if rows else self._of_no_row))
        found = self._shaped.cells(rows, known.names)
        if found is None:
            found = self._cells_of_objects(rows)
        fields = {name: self._flatten.dotted_name(name) for name in found}
        _require_same_fields(known, fields)
        declared = {name: self._declared[field] for name, field in fields.items() if field in self._declared}
        cells = {name: without_integer_texts(column, declared.get(name)) for name, column in found.items()}
        known.widen(cells, declared, {name: field for name, field in fields.items() if name != field}, are_moments)
        if self._options.ignores_case:
            _require_none_alike(known)
        if rows and not known.columns:
            raise ColumnError("", "the rows have no fields, so that a table would lose even how many they are")
        present = sorted(((known.place(name), column) for name, column in cells.items()), key=itemgetter(0))
        return Table(len(rows), known.columns, present)

    @property
    def _of_no_row(self) -> Columns:
        """The columns of a table that has no row: those that are asked for, or else those that the answer itself declares."""
        fields = self._answered if self._select is None else self._select
        columns = _columns_asked_for(tuple(fields), self._declared, self._options)
        by_name: dict[str, Column] = {}
        for column in columns:
            _require_one_field(by_name.setdefault(column.name, column), column.dotted_name)
        return columns

    def _cells_of_objects(self, rows: JsonRows) -> dict[str, Cells]:
        objects = rows[:]
        cells = self._flatten(objects)
        if has_halves(rows):
            _require_whole(cells, self._flatten)
        self._shaped.learn(objects)
        return cells

    def _known_as(self, columns: Columns) -> KnownColumns:
        """Return what is known of the columns; almost always they are those of the group before."""
        if columns is not self._known.columns:
            self._known = KnownColumns(columns)
        return self._known


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Switch off the search for garbage meanwhile: decoded rows have no cycles, and the search doubles what they cost."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _columns_asked_for(select: Sequence[str], types: Mapping[str, ColumnType], options: TableOptions) -> Columns:
    """Return the columns that are there before a row has come."""
    names = {field: options.name_of(field) for field in select}
    return tuple(
        Column(name, types.get(field, ColumnType.NULL), field if field != name else "") for field, name in names.items()
    )


def _require_none_alike(known: KnownColumns) -> None:
    """Refuse two columns whose names differ only in case."""
    for one, other in known.alike:
        raise ColumnError(
            other.name,
            f"the fields {one.dotted_name!r} and {other.dotted_name!r} would become columns that differ only in case, "
            f"{one.name!r} and {other.name!r}, and are one where underscored names are wanted. Name columns yourself, with "
            "column_names={...}",
        )


def _require_same_fields(known: KnownColumns, fields: Mapping[str, str]) -> None:
    """Refuse a field whose column an earlier attempt made of another field."""
    for name, field in fields.items():
        if (column := known.column(name)) is not None:
            _require_one_field(column, field)


def _require_one_field(column: Column, field: str) -> None:
    if column.dotted_name != field:
        raise ColumnError(column.name, f"the fields {column.dotted_name!r} and {field!r} would both become this column")


def _require_whole(cells: Mapping[str, Cells], flatten: Flattener) -> None:
    """Refuse half of a character, also in a name that the table does not have: the manifest has it."""
    for name, column in cells.items():
        field = flatten.dotted_name(name)
        place = first_half([field, *column.values])
        if place is not None:
            raise BadTextError(field, max(place, 1))
