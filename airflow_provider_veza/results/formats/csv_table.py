"""CSV as RFC 4180 has it, in UTF-8: flat columns under a header, a null apart from an empty text.

Every part has a header. A null is an empty field, an empty text is ``""``; booleans are ``true`` and ``false``; texts and
timestamps are as they were sent, and numbers are the shortest text that reads as the same number. A value's text does not
depend on its column's type, so that widening adds columns and changes nothing else. In a table of one column a null is an
empty line, which most readers skip, unless a ``null_value`` is chosen. A field that a spreadsheet would take for a formula is
**not** altered unless that is asked for: these files are for machines, and an altered value would be a wrong one.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain, islice
from typing import IO, Any

from airflow_provider_veza.async_query.json_value import value_of
from airflow_provider_veza.async_query.layout import ColumnType, RowLayout
from airflow_provider_veza.async_query.rows import JsonRows, Row
from airflow_provider_veza.exceptions import ManifestError
from airflow_provider_veza.results.formats.compressing import Compression, Sink, compressed, lines
from airflow_provider_veza.results.formats.csv_text import (
    LINE_END,
    body,
    fields_in,
    fields_of,
    header,
    padded,
    records_in,
)
from airflow_provider_veza.results.formats.format import Group, OutputFile
from airflow_provider_veza.results.formats.table import GROUP_BYTES, Table, Tabulator, without_garbage_collection
from airflow_provider_veza.results.manifest import Columns
from airflow_provider_veza.results.table_options import NO_OPTIONS, TableOptions

_RECORDS_AT_ONCE = 1_000

_VALUE_OF: dict[ColumnType, Callable[[str], Any]] = {
    ColumnType.BOOLEAN: "true".__eq__,
    ColumnType.INT64: int,
    ColumnType.LARGE_INT64: int,
    ColumnType.DOUBLE: float,
    ColumnType.TIMESTAMP: lambda text: datetime.fromisoformat(text).astimezone(UTC),
    ColumnType.JSON: value_of,
}


class CsvPart:
    """Writes a part whose groups are CSV already.

    Later records may have more fields than the header: :meth:`CsvTable.widen` makes all of them equal.
    """

    def __init__(self, sink: Sink, columns: Columns, header_line: str) -> None:
        self.columns = columns
        self._sink = sink
        self._sink.write(header_line.encode())

    def takes(self, columns: Columns) -> bool:
        """Whether there is a header that can be lengthened when the part ends: without columns there is none."""
        return bool(self.columns) or not columns

    def write(self, group: Group) -> None:
        """Append rows."""
        self._sink.write(group.data)

    def close(self) -> None:
        """End the compressed stream."""
        self._sink.close()


class CsvTable:
    """CSV, plain or compressed.

    :param select: names of the columns to write, in this order; None for all.
    :param options: what columns are called, and how nulls and formulas are written.
    """

    name = "csv"
    builds_objects = True
    group_bytes = GROUP_BYTES

    def __init__(
        self,
        codec: Compression,
        layout: RowLayout,
        select: tuple[str, ...] | None,
        options: TableOptions = NO_OPTIONS,
    ) -> None:
        self._codec = codec
        self._options = options
        self._tabulator = Tabulator(layout, select, options)

    @property
    def compression(self) -> str | None:
        """``gzip``, ``zstd`` or None."""
        return self._codec or None

    @property
    def suffix(self) -> str:
        """How a part's name ends."""
        return f".csv{self._codec.suffix}"

    def declare(self, types: Mapping[str, ColumnType]) -> None:
        """Take the types that an answer itself declares for its columns."""
        self._tabulator.declare(types)

    def group(self, rows: JsonRows, columns: Columns) -> Group:
        """Return the rows as lines."""
        with without_garbage_collection():
            return _group_of(self._tabulator.table(rows, columns), self._options)

    def open(self, file: OutputFile, columns: Columns) -> CsvPart:
        """Begin a part with its header."""
        return CsvPart(compressed(file, self._codec), columns, self._header(columns))

    def fits(self, columns: Columns, to: Columns) -> bool:
        """Whether the header is the same; a value's text does not depend on its column's type."""
        return columns is to or self._header(columns) == self._header(to)

    def widen(self, source: IO[bytes], file: OutputFile, columns: Columns, to: Columns) -> None:
        """Write the part once more with nulls for the columns that a record lacks."""
        if self.fits(columns, to):
            shutil.copyfileobj(source, file)
            return
        sink = compressed(file, self._codec)
        sink.write(self._header(to).encode())
        null = self._options.null_value
        records = self._records(source, columns)
        while some := list(islice(records, _RECORDS_AT_ONCE)):
            sink.write("".join(padded(record, len(to), null) + LINE_END for record in some).encode())
        sink.close()

    def rows(self, file: IO[bytes], columns: Columns) -> Iterator[Row]:
        """Read the rows as flat objects, values by their columns' types."""
        names = [column.name for column in columns]
        readers = [(column.name, _VALUE_OF[column.type]) for column in columns if column.type in _VALUE_OF]
        for record in self._records(file, columns):
            fields = fields_in(record, self._options)
            if len(fields) != len(names):
                raise ManifestError(f"A CSV record has {len(fields)} fields and not {len(names)}: {record[:200]!r}")
            row: dict[str, Any] = dict(zip(names, fields, strict=True))
            for name, read in readers:
                if row[name] is not None:
                    row[name] = read(row[name])
            yield row

    def _records(self, file: IO[bytes], columns: Columns) -> Iterator[str]:
        """Yield the records without the header."""
        end = LINE_END.encode()
        texts = map(bytes.decode, chain.from_iterable(lines(file, self._codec, end)))
        records = records_in(texts)
        found, expected = next(records, "") + LINE_END, self._header(columns) or LINE_END
        if found != expected:
            raise ManifestError(f"A CSV part begins with {found[:200]!r} and not with its header {expected[:200]!r}.")
        return records

    def _header(self, columns: Columns) -> str:
        return header((column.name for column in columns), self._options)


def _group_of(table: Table, options: TableOptions) -> Group:
    return Group(table.rows, table.columns, _lines_of(table, options).encode())


def _lines_of(table: Table, options: TableOptions) -> str:
    return body(list(_fields_of(table, options)), table.rows)


def _fields_of(table: Table, options: TableOptions) -> Iterator[Sequence[str]]:
    """Yield the fields of each column that the rows have; those of all that they lack in between, or at the end, in one."""
    following = 0
    for place, cells in table.present:
        if place > following:
            yield _nulls(table.rows, place - following, options)
        yield fields_of(cells, table.columns[place].type, options)
        following = place + 1
    if following < len(table.columns):
        yield _nulls(table.rows, len(table.columns) - following, options)


def _nulls(rows: int, columns: int, options: TableOptions) -> Sequence[str]:
    return [",".join([options.null_value] * columns)] * rows
