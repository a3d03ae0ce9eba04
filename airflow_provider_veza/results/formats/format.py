"""What a format of landed results can do, as the landing sees it.

Which formats there are is in :mod:`.known_formats`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any, Protocol

from airflow_provider_veza.async_query.layout import ColumnType
from airflow_provider_veza.async_query.rows import JsonRows, Row
from airflow_provider_veza.results.manifest import Columns

OutputFile = IO[bytes] | io.RawIOBase
"""What a part is written to."""


@dataclass(frozen=True)
class Group:
    """Rows that are ready to be written.

    :param columns: all that are known after these rows: those known before, in their order, and then new ones.
    :param data: the rows in the format's own shape.
    """

    rows: int
    columns: Columns
    data: Any


class PartWriter(Protocol):
    """Writes one part."""

    @property
    def columns(self) -> Columns:
        """With which the file was begun: where rows that came later have others, it has to be written once more."""

    def takes(self, columns: Columns, /) -> bool:
        """Whether rows with these columns can still go into the part; they are those of the part, wider ones, and new ones."""

    def write(self, group: Group) -> None:
        """Append rows with columns that the part takes."""

    def close(self) -> None:
        """Write what the format needs at its end; the file object stays open."""


class Format(Protocol):
    """One format with its settings, for one landing: it remembers which field each column came from."""

    @property
    def name(self) -> str:
        """``jsonl``, ``csv`` or ``parquet``."""

    @property
    def compression(self) -> str | None:
        """``gzip``, ``zstd`` or None."""

    @property
    def suffix(self) -> str:
        """How a part's name ends, such as ``.csv.gz``."""

    @property
    def group_bytes(self) -> int:
        """How much JSON text makes a good group: less costs calls, more costs memory and the processor's cache."""

    @property
    def builds_objects(self) -> bool:
        """Whether :meth:`group` builds Python objects: in another thread it would only compete with the reader."""

    def declare(self, types: Mapping[str, ColumnType], /) -> None:
        """Take the types that an answer itself declares for its columns; they go before the layout's."""

    def group(self, rows: JsonRows, columns: Columns, /) -> Group:
        """Turn rows into what the format writes.

        :param columns: known so far.
        :raises ColumnError: when a column cannot hold what came, or two fields would become one column.
        :raises MalformedResponseError: when a row is not JSON that can be read.
        """

    def open(self, file: OutputFile, columns: Columns, /) -> PartWriter:
        """Begin a part with these columns."""

    def fits(self, columns: Columns, to: Columns, /) -> bool:
        """Whether a part that was written with some columns is what it would be with others, later ones."""

    def widen(self, source: IO[bytes], file: OutputFile, columns: Columns, to: Columns, /) -> None:
        """Write a part once more with more or wider columns, in bounded memory.

        :param columns: of its first rows; later ones may have some of those in ``to`` already.
        :raises ColumnError: when a value does not fit its wider column.
        """

    def rows(self, file: IO[bytes], columns: Columns, /) -> Iterator[Row]:
        """Read a part's rows again, in bounded memory."""
