"""A landed result as Arrow batches, in bounded memory and with one schema, whatever format it was landed in."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

import pyarrow as pa

from airflow_provider_veza.async_query.layout import ColumnType, RowLayout
from airflow_provider_veza.async_query.rows import JsonRows
from airflow_provider_veza.exceptions import ColumnError
from airflow_provider_veza.results.formats.arrow import schema_of
from airflow_provider_veza.results.formats.known_formats import format_row, output_format
from airflow_provider_veza.results.formats.parquet_file import part_in
from airflow_provider_veza.results.manifest import Column, Columns
from airflow_provider_veza.results.schema import published

if TYPE_CHECKING:
    from airflow_provider_veza.results.reading import LandedResult

_BATCH_ROWS = 1_000


def table_of(result: LandedResult) -> pa.Table:
    """Return all rows as one table."""
    columns = _columns(result)
    return pa.Table.from_batches(_batches(result, columns), schema_of(columns))


def batches_of(result: LandedResult) -> Iterator[pa.RecordBatch]:
    """Yield the rows in batches."""
    return _batches(result, _columns(result))


def _columns(result: LandedResult) -> Columns:
    """Return the columns; rows that were landed as they were sent are read once for that."""
    columns = tuple(Column(column.name, column.type) for column in result.manifest.columns)
    if not format_row(result.manifest.format).has_columns:
        form = output_format("parquet", layout=result.layout)
        for rows in _groups(result):
            columns = form.group(rows, columns).columns
    return published(columns)


def _batches(result: LandedResult, columns: Columns) -> Iterator[pa.RecordBatch]:
    if format_row(result.manifest.format).is_arrow:
        yield from _parquet_batches(result)
        return
    form = output_format("parquet", layout=_layout(result, columns))
    for rows in _groups(result):
        group = form.group(rows, columns)
        for column, found in zip(columns, published(group.columns), strict=True):
            if column != found:
                raise ColumnError(column.name, f"{column.type} holds most values, but some fit {found.type} only")
        yield group.data.batch()


def _parquet_batches(result: LandedResult) -> Iterator[pa.RecordBatch]:
    for part in result.manifest.parts:
        with result.opened(part) as file:
            for batch in part_in(file, result.manifest.columns).iter_batches(_BATCH_ROWS):
                yield batch.replace_schema_metadata(None)


def _groups(result: LandedResult) -> Iterator[JsonRows]:
    rows = iter(result)
    while some := list(islice(rows, _BATCH_ROWS)):
        yield JsonRows.of(some)


def _layout(result: LandedResult, columns: Columns) -> RowLayout:
    """Return the layout with which these columns come out again: a row of a table is flat, and an object in it is a value."""
    if not format_row(result.manifest.format).has_columns:
        return result.layout
    types = {column.name: column.type for column in columns if column.type is not ColumnType.NULL}
    return RowLayout(types=types, depth=1)
