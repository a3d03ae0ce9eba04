"""The rows of a page as the JSON texts that the service sent, decoded only when somebody looks; nothing here knows a service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from operator import itemgetter
from typing import Any, overload

Row = Mapping[str, Any]
_FIRST_BYTE = itemgetter(0)


class JsonRows(Sequence[Row]):
    r"""Rows that stay JSON text until they are read as objects, which most rows of a large result never are.

    :param texts: one JSON object each; any bytes-like objects.

    >>> rows = JsonRows([b'{"id": "a"}', b'{"id": "b"}'])
    >>> rows[1], len(rows), rows.lines
    ({'id': 'b'}, 2, b'{"id": "a"}\n{"id": "b"}')
    """

    def __init__(self, texts: Sequence[Any]) -> None:
        self.texts = texts

    @classmethod
    def of(cls, rows: Iterable[Row]) -> JsonRows:
        """Return rows as texts; those that are texts already stay the same bytes."""
        if isinstance(rows, cls):
            return rows
        from msgspec import json

        return cls([json.encode(row) for row in rows])

    @cached_property
    def lines(self) -> bytes:
        """The rows as JSON Lines, without a newline at the end.

        A line break inside a text stands between tokens, since JSON escapes those in strings; a blank does the same.
        """
        unbroken = b"".join(self.texts)
        if b"\n" not in unbroken and b"\r" not in unbroken:
            return b"\n".join(self.texts)
        return b"\n".join(bytes(text).replace(b"\n", b" ").replace(b"\r", b" ") for text in self.texts)

    @property
    def size(self) -> int:
        """Bytes of all texts, with one each for what separates them."""
        return len(self.lines) + 1 if self.texts else 0

    @property
    def are_objects(self) -> bool:
        """Whether every text is a JSON object, and not another value."""
        return set(map(_FIRST_BYTE, map(memoryview, self.texts))) <= {ord("{")}

    def __len__(self) -> int:
        return len(self.texts)

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

    @property
    def _decoded(self) -> list[Row]:
        from msgspec import json

        rows: list[Row] = json.decode(b"[" + b",".join(self.texts) + b"]")
        return rows


def concatenated(pages: Sequence[JsonRows]) -> JsonRows:
    """Return the rows of all pages in order."""
    return pages[0] if len(pages) == 1 else JsonRows([text for page in pages for text in page.texts])
