"""Parquet files in bounded memory: batches in, batches and rows out.

Which columns there are is decided in :mod:`airflow_provider_veza.results.schema`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import IO

import pyarrow as pa
from pyarrow import parquet

from airflow_provider_veza.async_query.layout import ColumnType
from airflow_provider_veza.async_query.rows import Row
from airflow_provider_veza.exceptions import ManifestError
from airflow_provider_veza.results.formats.arrow import SPELLINGS, schema_of, values_of, widened
from airflow_provider_veza.results.formats.format import Group, OutputFile
from airflow_provider_veza.results.formats.moment_spelling import Runs, Spellings, one_by_one, spellings_in
from airflow_provider_veza.results.manifest import Columns

_ROW_GROUP_ROWS = 64 * 1024
_ROW_GROUP_BYTES = 32 * 1024 * 1024
_ROWS_READ_AT_ONCE = 1_000
# Arrow would take gzip's level 9.
_LEVELS = {"gzip": 1}


class ParquetPart:
    """Gathers batches until they make a row group, and writes them.

    :param codec: ``snappy``, ``gzip`` or ``zstd``.
    """

    def __init__(self, file: OutputFile, columns: Columns, codec: str) -> None:
        self._spellings = Spellings()
        self._schema = schema_of(columns)
        self._writer = parquet.ParquetWriter(
            file, self._schema, compression=codec, compression_level=_LEVELS.get(codec)
        )
        self._batches: list[pa.RecordBatch] = []
        self._rows = self._bytes = 0

    def write(self, group: Group) -> None:
        """Append rows."""
        self.add_spellings(group.rows, _spellings_of(group.data.schema.metadata))
        self.write_batch(group.data)

    def add_spellings(self, rows: int, of_rows: Mapping[str, Runs]) -> None:
        """Take the spellings of the date-times of so many rows, to be kept in the file."""
        self._spellings.add(rows, of_rows)

    def write_batch(self, batch: pa.RecordBatch) -> None:
        """Append a batch."""
        self._batches.append(batch)
        self._rows += batch.num_rows
        self._bytes += batch.nbytes
        if self._rows >= _ROW_GROUP_ROWS or self._bytes >= _ROW_GROUP_BYTES:
            self._write_row_group()

    def close(self) -> None:
        """Write what is left and the footer."""
        self._write_row_group()
        if spellings := self._spellings.to_text():
            self._writer.add_key_value_metadata({SPELLINGS: spellings})
        self._writer.close()

    def _write_row_group(self) -> None:
        if self._rows:
            self._writer.write_table(pa.Table.from_batches(self._batches, self._schema), self._rows)
        self._batches = []
        self._rows = self._bytes = 0


def widen_part(source: IO[bytes], wider: ParquetPart, columns: Columns, to: Columns) -> None:
    """Write a part's rows once more, with more or wider columns.

    :raises ColumnError: when a value does not fit its wider column.
    """
    schema = schema_of(to)
    types = {column.name: column.type for column in to}
    part = _part_in(source, columns)
    spellings = _spellings_of(part.metadata.metadata)
    wider.add_spellings(
        part.metadata.num_rows, {n: r for n, r in spellings.items() if types[n] is ColumnType.TIMESTAMP}
    )
    one_each = {column.name: one_by_one(spellings.get(column.name, [])) for column in columns}
    for batch in part.iter_batches(batch_size=_ROWS_READ_AT_ONCE):
        ready = [widened(batch.column(c.name), c, types[c.name], one_each[c.name]) for c in columns]
        absent = [pa.nulls(batch.num_rows, field.type) for field in list(schema)[len(columns) :]]
        wider.write_batch(pa.RecordBatch.from_arrays(ready + absent, schema=schema))
    wider.close()


def rows_of(file: IO[bytes], columns: Columns) -> Iterator[Row]:
    """Read a part's rows as flat objects."""
    names = [column.name for column in columns]
    for batch in _part_in(file, columns).iter_batches(batch_size=_ROWS_READ_AT_ONCE):
        values = [values_of(batch.column(column.name), column.type) for column in columns]
        for row in zip(*values, strict=True):
            yield dict(zip(names, row, strict=True))


def _spellings_of(metadata: Mapping[bytes, bytes] | None) -> Mapping[str, Runs]:
    return spellings_in((metadata or {}).get(SPELLINGS, b""))


def _part_in(file: IO[bytes], columns: Columns) -> parquet.ParquetFile:
    part = parquet.ParquetFile(file)
    if part.schema_arrow != schema_of(columns):
        raise ManifestError(
            f"A Parquet part has the columns {part.schema_arrow.to_string(show_schema_metadata=False)!r} and not those of its "
            f"manifest: {schema_of(columns).to_string()!r}."
        )
    return part
