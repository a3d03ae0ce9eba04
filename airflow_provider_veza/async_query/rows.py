"""The rows of a page as the JSON texts that the service sent, decoded only when somebody reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from operator import le
from typing import Any, overload

from airflow_provider_veza.async_query.json_value import text_of_value, value_of
from airflow_provider_veza.exceptions import MalformedResponseError

Row = Mapping[str, Any]
_OPENING_BRACE = bytearray(b"{")
"""No JSON value begins with a byte beyond it, and only an object with itself. A bytearray compares with any bytes-like object."""


class JsonRows(Sequence[Row]):
    r"""Rows that stay JSON text until somebody reads them as objects; most rows of a large result are never read so.

    :param texts: one JSON object each; any bytes-like objects. They are let go once their lines are made.
    :param unbroken: whether no text has a line break in it; asked of the texts themselves where it is not known.

    >>> rows = JsonRows([b'{"id": "a"}', b'{"id": "b"}'])
    >>> rows[1], len(rows), rows.lines
    ({'id': 'b'}, 2, b'{"id": "a"}\n{"id": "b"}\n')
    """

    def __init__(self, texts: Sequence[Any], *, unbroken: bool | None = None) -> None:
        self._texts = texts
        self._count = len(texts)
        self._unbroken = unbroken
        self._lines: bytes | None = None

    @classmethod
    def of(cls, rows: Iterable[Row]) -> JsonRows:
        """Return rows as texts; those that are texts already stay the same bytes."""
        if isinstance(rows, cls):
            return rows
        return cls([text_of_value(row) for row in rows])

    @classmethod
    def of_lines(cls, lines: bytes, count: int) -> JsonRows:
        """Return that many rows, one a line, each ended by a line feed."""
        rows = cls(())
        rows._lines, rows._count = lines, count
        return rows

    @property
    def lines(self) -> bytes:
        """The rows as JSON Lines, each ended by a line feed; made once.

        A line break in a text can only stand between tokens, since JSON escapes it in strings; there a blank does the same.
        """
        if self._lines is None:
            self._lines, self._texts = self._joined(), ()
        return self._lines

    @property
    def texts(self) -> Sequence[Any]:
        """Each row's text: a bytes-like object."""
        return self._texts if self._lines is None else self._lines.split(b"\n")[:-1]

    @property
    def size(self) -> int:
        """Bytes of all lines."""
        return len(self.lines)

    @property
    def are_objects(self) -> bool:
        """Whether every text is a JSON object, and not another value."""
        return all(map(le, repeat(_OPENING_BRACE), self.texts))

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Row]:
        return iter(self._decoded)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        return self._decoded[index]

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, (JsonRows, tuple, list)) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # equal to lists, which have none

    def __repr__(self) -> str:
        return f"JsonRows({len(self)} rows)"

    def _joined(self) -> bytes:
        if self._unbroken if self._unbroken is not None else is_unbroken(b"".join(self._texts)):
            return b"\n".join((*self._texts, b""))
        return b"".join(bytes(text).replace(b"\n", b" ").replace(b"\r", b" ") + b"\n" for text in self._texts)

    @property
    def _decoded(self) -> list[Row]:
        return rows_in(self.texts)


def rows_in(texts: Sequence[Any]) -> list[Row]:
    """Return rows as objects; a number that no double holds is a :class:`~decimal.Decimal`, and half a character stays.

    :param texts: one JSON object each; any bytes-like objects.
    :raises MalformedResponseError: when one cannot be read.
    """
    from msgspec import DecodeError, json

    try:
        rows: list[Row] = json.decode(b"[" + b",".join(texts) + b"]")
    except (DecodeError, RecursionError, UnicodeDecodeError):
        return [_row_in(bytes(text)) for text in texts]
    return rows


def _row_in(text: bytes) -> Row:
    try:
        row: Row = value_of(text.decode())
    except ValueError as e:
        raise MalformedResponseError(
            f"A row cannot be read as an object ({e}). Land as 'jsonl', which takes rows as they are. The query itself succeeded."
        ) from e
    return row


def is_unbroken(text: bytes) -> bool:
    """Whether a text is one line."""
    return b"\n" not in text and b"\r" not in text


def concatenated(pages: Sequence[JsonRows]) -> JsonRows:
    """Return the rows of all pages in order."""
    if len(pages) == 1:
        return pages[0]
    return JsonRows.of_lines(b"".join(page.lines for page in pages), sum(map(len, pages)))
