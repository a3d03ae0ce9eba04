"""Parquet files in bounded memory: batches in, batches and rows out.

Which columns there are is decided in :mod:`airflow_provider_veza.results.schema`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from typing import IO

import pyarrow as pa
from pyarrow import parquet

from airflow_provider_veza.async_query.layout import ColumnType
from airflow_provider_veza.async_query.rows import Row
from airflow_provider_veza.exceptions import ManifestError
from airflow_provider_veza.results.formats.arrow import SPELLINGS, Arrays, schema_of, values_of, widened
from airflow_provider_veza.results.formats.format import Group, OutputFile
from airflow_provider_veza.results.formats.moment_spelling import Remaining, Runs, Spellings, one_by_one, spellings_in
from airflow_provider_veza.results.formats.row_group import RowGroup
from airflow_provider_veza.results.manifest import Columns

_ROW_GROUP_ROWS = 64 * 1024
_ROW_GROUP_BYTES = 32 * 1024 * 1024
_ROWS_READ_AT_ONCE = 1_000
_ROWS_LOOKED_AT = 1_000
_WIDENED_AT_ONCE_BYTES = 8 * 1024 * 1024
_BYTES_A_CELL = 4
"""Of a null, for which the file itself has next to nothing."""
# Arrow would take gzip's level 9.
_LEVELS = {"gzip": 1}


class ParquetPart:
    """Gathers rows until they make a row group, and writes them. Until the first is written, columns may still come.

    :param codec: ``snappy``, ``gzip`` or ``zstd``.
    :param fits: whether a file with some columns is what it would be with others.
    """

    def __init__(
        self, file: OutputFile, columns: Columns, codec: str, fits: Callable[[Columns, Columns], bool]
    ) -> None:
        self.columns = columns
        self._file = file
        self._codec = codec
        self._fits = fits
        self._writer: parquet.ParquetWriter | None = None
        self._gathered = RowGroup()
        self._spellings = Spellings()

    def takes(self, columns: Columns) -> bool:
        """Whether rows with these columns can still go into the file."""
        return self._writer is None or self._fits(self.columns, columns)

    def write(self, group: Group) -> None:
        """Append rows."""
        self.write_arrays(group.data)

    def write_arrays(self, arrays: Arrays) -> None:
        """Append rows."""
        self.columns = arrays.columns
        self._gathered.add(arrays)
        self._spellings.add(arrays.rows, {arrays.columns[place].name: runs for place, runs in arrays.spellings.items()})
        if self._gathered.rows >= _ROW_GROUP_ROWS or self._gathered.bytes >= _ROW_GROUP_BYTES:
            self._write_row_group()

    def close(self) -> None:
        """Write what is left and the footer."""
        if self._gathered.rows:
            self._write_row_group()
        writer = self._writer or self._begun_writer(schema_of(self.columns).empty_table())
        if spellings := self._spellings.to_text(_moments(self.columns)):
            writer.add_key_value_metadata({SPELLINGS: spellings})
        writer.close()

    def _write_row_group(self) -> None:
        rows, self._gathered = self._gathered, RowGroup()
        table = rows.table(self.columns)
        if self._writer is None:
            self._writer = self._begun_writer(table)
        self._writer.write_table(table, rows.rows)

    def _begun_writer(self, first: pa.Table) -> parquet.ParquetWriter:
        return parquet.ParquetWriter(
            self._file,
            first.schema,
            compression=self._codec,
            compression_level=_LEVELS.get(self._codec),
            use_dictionary=_columns_that_repeat(first),
        )


def _columns_that_repeat(table: pa.Table) -> list[str]:
    """Return the columns whose first values are mostly there before: a dictionary of others costs a third of all writing."""
    first = table.slice(0, _ROWS_LOOKED_AT).combine_chunks()
    return [
        name
        for name, column in zip(table.column_names, first.columns, strict=True)
        if 2 * len(column.unique()) <= first.num_rows
    ]


def widen_part(source: IO[bytes], wider: ParquetPart, columns: Columns, to: Columns) -> None:
    """Write a part's rows once more, with more or wider columns.

    :raises ColumnError: when a value does not fit its wider column.
    """
    part = part_in(source, columns)
    runs_of_part = spellings_in((part.metadata.metadata or {}).get(SPELLINGS, b""))
    runs = {place: Remaining(runs_of_part.get(column.name, [])) for place, column in enumerate(columns)}
    for batch in part.iter_batches(_rows_widened_at_once(part.metadata)):
        wider.write_arrays(_widened(batch, columns, to, {p: left.take(batch.num_rows) for p, left in runs.items()}))
    wider.close()


def _widened(batch: pa.RecordBatch, columns: Columns, to: Columns, runs: Mapping[int, Runs]) -> Arrays:
    arrays = {
        place: widened(batch.column(place), column, to[place].type, one_by_one(runs[place]))
        for place, column in enumerate(columns)
    }
    moments = {place: of_column for place, of_column in runs.items() if to[place].type is ColumnType.TIMESTAMP}
    return Arrays(batch.num_rows, to, arrays, moments)


def _moments(columns: Columns) -> Set[str]:
    return {column.name for column in columns if column.type is ColumnType.TIMESTAMP}


def rows_of(file: IO[bytes], columns: Columns) -> Iterator[Row]:
    """Read a part's rows as flat objects."""
    names = [column.name for column in columns]
    for batch in part_in(file, columns).iter_batches(batch_size=_ROWS_READ_AT_ONCE):
        values = [values_of(batch.column(column.name), column.type) for column in columns]
        for row in zip(*values, strict=True):
            yield dict(zip(names, row, strict=True))


def part_in(file: IO[bytes], columns: Columns) -> parquet.ParquetFile:
    """Open a part for reading.

    :raises ManifestError: when it has other columns.
    """
    part = parquet.ParquetFile(file)
    if part.schema_arrow != schema_of(columns):
        raise ManifestError(
            f"A Parquet part has the columns {part.schema_arrow.to_string(show_schema_metadata=False)!r} and not those of its "
            f"manifest: {schema_of(columns).to_string()!r}."
        )
    return part


def _rows_widened_at_once(metadata: parquet.FileMetaData) -> int:
    """Return how many rows are in memory together: each call costs as much as hundreds of values that stay Arrow's."""
    size: int = sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))
    bytes_a_row: int = size // max(metadata.num_rows, 1) + _BYTES_A_CELL * metadata.num_columns
    return max(_WIDENED_AT_ONCE_BYTES // bytes_a_row, 1)
