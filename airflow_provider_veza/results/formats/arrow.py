"""Columns as Arrow arrays: the Arrow type of each column type, and values to arrays and back.

How an array is built is in :mod:`.arrow_arrays`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from types import NoneType
from typing import Any

import pyarrow as pa

from airflow_provider_veza.async_query.json_value import value_of
from airflow_provider_veza.async_query.layout import ColumnType
from airflow_provider_veza.exceptions import ColumnError
from airflow_provider_veza.results.columns import Cells
from airflow_provider_veza.results.formats.arrow_arrays import (
    boolean_array,
    double_array,
    integer_array,
    repeated_text,
    text_array,
)
from airflow_provider_veza.results.formats.arrow_moments import MOMENT, SeenMoments
from airflow_provider_veza.results.formats.format import Group
from airflow_provider_veza.results.formats.moment_spelling import Runs, runs_of, spelled
from airflow_provider_veza.results.formats.table import Table
from airflow_provider_veza.results.formats.text import are_empty_lists, texts_of
from airflow_provider_veza.results.manifest import Column, Columns
from airflow_provider_veza.results.schema import EXACT_IN_DOUBLE

# A column without any value is text: readers disagree on what a column without a type is.
_ARROW_TYPE = {
    ColumnType.NULL: pa.string(),
    ColumnType.BOOLEAN: pa.bool_(),
    ColumnType.INT64: pa.int64(),
    ColumnType.LARGE_INT64: pa.int64(),
    ColumnType.DOUBLE: pa.float64(),
    ColumnType.TIMESTAMP: MOMENT,
    ColumnType.STRING: pa.string(),
    ColumnType.JSON: pa.string(),
}
_NOTHING = frozenset({NoneType})
SPELLINGS = b"airflow_provider_veza.date_time_spellings"
"""Under this name the metadata of a part have the spellings of its date-times."""


def schema_of(columns: Columns) -> pa.Schema:
    """Return the schema of a table."""
    return pa.schema([(column.name, _ARROW_TYPE[column.type]) for column in columns])


@dataclass(frozen=True)
class Arrays:
    """The columns of some rows.

    :param present: those that the rows have, by their places; the others are null throughout.
    :param spellings: of the date-times among them, by the same places.
    """

    rows: int
    columns: Columns
    present: Mapping[int, pa.Array]
    spellings: Mapping[int, Runs]

    def batch(self) -> pa.RecordBatch:
        """Return the rows as a record batch with all columns."""
        arrays = [
            self.present[place] if place in self.present else pa.nulls(self.rows, arrow_type(column.type))
            for place, column in enumerate(self.columns)
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=schema_of(self.columns))


def group_of(table: Table, seen: SeenMoments) -> Group:
    """Return a group of rows as arrays.

    :param seen: of the date-times among them.
    """
    present: dict[int, pa.Array] = {}
    spellings: dict[int, Runs] = {}
    for place, cells in table.present:
        type_ = table.columns[place].type
        moments = seen.of(cells) if type_ is ColumnType.TIMESTAMP else None
        present[place] = array_of(cells, type_) if moments is None else moments.array
        if type_ is ColumnType.TIMESTAMP:
            spellings[place] = runs_of(cells.values) if moments is None else [(table.rows, moments.spelling)]
    return Group(table.rows, table.columns, Arrays(table.rows, table.columns, present, spellings))


def arrow_type(column: ColumnType) -> pa.DataType:
    """Return the type in which the values of a column are stored."""
    return _ARROW_TYPE[column]


def array_of(cells: Cells, column: ColumnType) -> pa.Array:
    """Return the values of a column."""
    if cells.kinds == _NOTHING:
        return pa.nulls(len(cells.values), _ARROW_TYPE[column])
    match column:
        case ColumnType.BOOLEAN:
            return boolean_array(cells)
        case ColumnType.INT64 | ColumnType.LARGE_INT64:
            return integer_array(cells)
        case ColumnType.DOUBLE:
            return double_array(cells)
        case ColumnType.TIMESTAMP:
            return text_array(cells).cast(_ARROW_TYPE[column])
        case ColumnType.JSON:
            return _json_array(cells)
        case _:
            return text_array(texts_of(_with_integers(cells), column))


def _json_array(cells: Cells) -> pa.Array:
    if are_empty_lists(cells):
        return repeated_text("[]", len(cells.values))
    return text_array(texts_of(cells, ColumnType.JSON))


def _with_integers(cells: Cells) -> Cells:
    """Return whole numbers as integers: in a column of doubles that is text now, nothing tells which of them came as such."""
    if float not in cells.kinds:
        return cells
    return Cells.of(
        [int(v) if type(v) is float and v.is_integer() and abs(v) <= EXACT_IN_DOUBLE else v for v in cells.values]
    )


def widened(array: pa.Array, column: Column, to: ColumnType, spellings: Iterator[str]) -> pa.Array:
    """Return the values of a column in a wider type.

    :param spellings: of its date-times; one is taken for each value.
    :raises ColumnError: when a value does not fit.
    """
    if _ARROW_TYPE[to] == _ARROW_TYPE[column.type]:
        return array
    if column.type is ColumnType.TIMESTAMP:
        moments = values_of(array, column.type)
        texts = [
            None if moment is None else spelled(moment, how) for moment, how in zip(moments, spellings, strict=False)
        ]
        return text_array(Cells.of(texts))
    if column.type is not ColumnType.INT64 or to is not ColumnType.DOUBLE:
        return array_of(Cells.of(values_of(array, column.type)), to)
    try:
        return array.cast(_ARROW_TYPE[to])
    except pa.ArrowInvalid as e:
        raise ColumnError(
            column.name, f"values that were landed as {column.type} do not fit {to}, which later values need ({e})"
        ) from e


def values_of(array: pa.Array, column: ColumnType) -> list[Any]:
    """Return the values of a column as Python has them; timestamps with their offset, JSON decoded."""
    if column is ColumnType.TIMESTAMP:
        naive = array.cast(pa.timestamp("us")).to_pylist()
        return [None if value is None else value.replace(tzinfo=UTC) for value in naive]
    values: list[Any] = array.to_pylist()
    if column is ColumnType.JSON:
        return [None if value is None else value_of(value) for value in values]
    return values
