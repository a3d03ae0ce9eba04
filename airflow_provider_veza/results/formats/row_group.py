"""Gathers arrays until they make one row group of a Parquet file; columns may still come, and widen, meanwhile.

How it is written is in :mod:`.parquet_file`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from airflow_provider_veza.async_query.layout import ColumnType
from airflow_provider_veza.results.formats.arrow import Arrays, arrow_type, schema_of, widened
from airflow_provider_veza.results.formats.moment_spelling import Runs, one_by_one
from airflow_provider_veza.results.manifest import Column, Columns


@dataclass(frozen=True)
class _Chunk:
    """The values of one column in some rows.

    :param first: the first of its rows.
    :param type: of the column when they came.
    :param spellings: of date-times.
    """

    first: int
    type: ColumnType
    values: pa.Array
    spellings: Runs


class RowGroup:
    """Rows in memory. A column costs nothing where it has no value."""

    def __init__(self) -> None:
        self.rows = 0
        self.bytes = 0
        self._chunks: dict[int, list[_Chunk]] = {}

    def add(self, arrays: Arrays) -> None:
        """Append rows; their columns are those of the rows before, wider ones, and new ones."""
        for place, values in arrays.present.items():
            if values.null_count < len(values):
                self._chunks.setdefault(place, []).append(
                    _Chunk(self.rows, arrays.columns[place].type, values, arrays.spellings.get(place, []))
                )
                self.bytes += values.nbytes
        self.rows += arrays.rows

    def table(self, columns: Columns) -> pa.Table:
        """Return all rows with these columns.

        :raises ColumnError: when a value does not fit its wider column.
        """
        nothing = {type_: pa.nulls(self.rows, type_) for type_ in {arrow_type(column.type) for column in columns}}
        schema = schema_of(columns)
        ready = [
            pa.chunked_array(list(self._values(place, column, nothing[field.type])), field.type)
            for place, (column, field) in enumerate(zip(columns, schema, strict=True))
        ]
        return pa.Table.from_arrays(ready, schema=schema)

    def _values(self, place: int, column: Column, nothing: pa.Array) -> Iterator[pa.Array]:
        following = 0
        for chunk in self._chunks.get(place, ()):
            if chunk.first > following:
                yield nothing[: chunk.first - following]
            yield _as(column, chunk)
            following = chunk.first + len(chunk.values)
        if following < self.rows:
            yield nothing[: self.rows - following]


def _as(column: Column, chunk: _Chunk) -> pa.Array:
    if chunk.type is column.type:
        return chunk.values
    return widened(chunk.values, Column(column.name, chunk.type), column.type, one_by_one(chunk.spellings))
