"""JSON Lines: each row's text goes through as the service sent it; no row is decoded for writing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from typing import IO

from airflow_provider_veza.async_query.layout import ColumnType
from airflow_provider_veza.async_query.rows import JsonRows, Row, rows_in
from airflow_provider_veza.results.formats.compressing import Compression, Sink, compressed, lines
from airflow_provider_veza.results.formats.format import Group, OutputFile
from airflow_provider_veza.results.manifest import Columns

# Written while it is still in the processor's cache, where 2 MiB are not: that cost a tenth more.
_PLAIN_BYTES = 256 * 1024
# Goes to another thread and back, which costs as much as copying a page of 1,000 rows.
_COMPRESSED_BYTES = 2 * 1024 * 1024


class LineWriter:
    """Writes a part whose groups are lines already."""

    columns: Columns = ()

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def takes(self, _columns: Columns) -> bool:
        """Return True: lines have no columns."""
        return True

    def write(self, group: Group) -> None:
        """Append rows."""
        self._sink.write(group.data)

    def close(self) -> None:
        """End the compressed stream."""
        self._sink.close()


class JsonLines:
    """One JSON object a line, in UTF-8, ended by a line feed; there are no columns."""

    name = "jsonl"
    builds_objects = False

    def __init__(self, codec: Compression) -> None:
        self._codec = codec

    @property
    def group_bytes(self) -> int:
        """How much JSON text makes a good group."""
        return _PLAIN_BYTES if self._codec is Compression.NONE else _COMPRESSED_BYTES

    @property
    def compression(self) -> str | None:
        """``gzip``, ``zstd`` or None."""
        return self._codec or None

    @property
    def suffix(self) -> str:
        """How a part's name ends."""
        return f".jsonl{self._codec.suffix}"

    def declare(self, _types: Mapping[str, ColumnType]) -> None:
        """Take nothing: lines have no columns."""

    def group(self, rows: JsonRows, columns: Columns) -> Group:
        """Return the rows as lines."""
        return Group(len(rows), columns, rows.lines)

    def open(self, file: OutputFile, _columns: Columns) -> LineWriter:
        """Begin a part."""
        return LineWriter(compressed(file, self._codec))

    def fits(self, _columns: Columns, _to: Columns) -> bool:
        """Return True: lines have no columns."""
        return True

    def widen(self, source: IO[bytes], file: OutputFile, _columns: Columns, _to: Columns) -> None:
        """Copy: where there are no columns, there are no wider ones."""
        shutil.copyfileobj(source, file)

    def rows(self, file: IO[bytes], _columns: Columns) -> Iterator[Row]:
        """Read the rows as they were sent."""
        for block in lines(file, self._codec, b"\n"):
            yield from rows_in(block)
