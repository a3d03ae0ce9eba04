"""Parquet as a format of landed results: flat, typed columns; pyarrow is imported when the first rows are at hand.

Numbers, booleans and timestamps (UTC, microseconds) have their own types; text, JSON, and columns in which no value was seen
are strings. Parts have row groups of at most 64 Ki rows, which bounds the memory of writers and readers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import IO

from airflow_provider_veza.async_query.layout import ColumnType, RowLayout
from airflow_provider_veza.async_query.rows import JsonRows, Row
from airflow_provider_veza.results.formats.format import Group, OutputFile, PartWriter
from airflow_provider_veza.results.formats.table import GROUP_BYTES, Tabulator, without_garbage_collection
from airflow_provider_veza.results.manifest import Column, Columns
from airflow_provider_veza.results.schema import are_timestamps
from airflow_provider_veza.results.table_options import NO_OPTIONS, TableOptions

_STORED_AS = {
    ColumnType.NULL: ColumnType.STRING,
    ColumnType.JSON: ColumnType.STRING,
    ColumnType.LARGE_INT64: ColumnType.INT64,
}


class ParquetTable:
    """Parquet.

    :param compression: ``gzip``, ``zstd``, or None for snappy, which all readers have.
    :param select: names of the columns to write, in this order; None for all.
    :param options: what columns are called.
    """

    name = "parquet"
    builds_objects = True
    suffix = ".parquet"
    group_bytes = GROUP_BYTES

    def __init__(
        self,
        compression: str | None,
        layout: RowLayout,
        select: tuple[str, ...] | None,
        options: TableOptions = NO_OPTIONS,
    ) -> None:
        self.compression = compression
        self._tabulator = Tabulator(layout, select, options)

    def declare(self, types: Mapping[str, ColumnType]) -> None:
        """Take the types that an answer itself declares for its columns."""
        self._tabulator.declare(types)

    def group(self, rows: JsonRows, columns: Columns) -> Group:
        """Return the rows as Arrow arrays."""
        from airflow_provider_veza.results.formats.arrow import group_of
        from airflow_provider_veza.results.formats.arrow_moments import SeenMoments

        seen = SeenMoments(are_timestamps)
        with without_garbage_collection():
            return group_of(self._tabulator.table(rows, columns, seen.are_moments), seen)

    def open(self, file: OutputFile, columns: Columns) -> PartWriter:
        """Begin a part."""
        from airflow_provider_veza.results.formats.parquet_file import ParquetPart

        return ParquetPart(file, columns, self.compression or "snappy", self.fits)

    def fits(self, columns: Columns, to: Columns) -> bool:
        """Whether the file's columns are the same; text, JSON and columns without values are all strings there."""
        return columns is to or _stored(columns) == _stored(to)

    def widen(self, source: IO[bytes], file: OutputFile, columns: Columns, to: Columns) -> None:
        """Write the part once more with the wider types and the columns that it lacks."""
        from airflow_provider_veza.results.formats.parquet_file import ParquetPart, widen_part

        widen_part(source, ParquetPart(file, to, self.compression or "snappy", self.fits), columns, to)

    def rows(self, file: IO[bytes], columns: Columns) -> Iterator[Row]:
        """Read the rows as flat objects."""
        from airflow_provider_veza.results.formats.parquet_file import rows_of

        return rows_of(file, columns)


def _stored(columns: Columns) -> Columns:
    return tuple(Column(column.name, _STORED_AS.get(column.type, column.type)) for column in columns)
