"""Refuses an answer whose head breaks HTTP's rules, for whatever reads answers by ``http.client``; no decision may enter.

``http.client`` reads on where a head breaks off, drops what follows a line that is no header, and takes a length that it cannot
read for none: half an answer would be a whole one without a body, and a cancel would look accepted. The parser of aiohttp
refuses all that; with this, every driver reads the same answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import Any

from urllib3.exceptions import HeaderParsingError
from urllib3.util.response import assert_header_parsing

from airflow_provider_veza.transport.final_answer import FinalAnswer

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LENGTH = re.compile(r"[0-9]+")
_ENDS_OF_LINE = (b"\r\n", b"\n")


class BrokenHeadError(HTTPException):
    """The head of an answer that cannot be relied on."""


class StrictAnswer(FinalAnswer):
    """An answer whose head is whole, and says how long the body is once, or not at all.

    Sources: RFC 9112, 5 and 6.3; RFC 9110, 8.6, which lets a recipient refuse a length that is said twice.

    :raises BrokenHeadError: otherwise.
    """

    def begin(self) -> None:
        """Read the head."""
        with _noted_lines(self) as last_line:
            super().begin()
        if last_line() not in _ENDS_OF_LINE:
            raise BrokenHeadError("its head breaks off")
        try:
            assert_header_parsing(self.headers)
        except HeaderParsingError:
            raise BrokenHeadError("a line of its head is no header") from None
        for name, value in self.headers.raw_items():
            if not _NAME.fullmatch(name) or "\0" in value:
                raise BrokenHeadError("a header of it has no name, or a value that no header can carry")
        lengths = self.headers.get_all("content-length", [])
        if len(lengths) + self.chunked > 1 or not all(_LENGTH.fullmatch(length.strip()) for length in lengths):
            raise BrokenHeadError("it does not say once, by a plain number, how long it is")


class _NotingStream:
    """A stream of which the last line that was read is known."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.last = b""

    def readline(self, *args: Any) -> bytes:
        self.last = self.stream.readline(*args)
        return self.last

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


@contextmanager
def _noted_lines(answer: Any) -> Iterator[Callable[[], bytes]]:
    noting = _NotingStream(answer.fp)
    answer.fp = noting
    try:
        yield lambda: noting.last
    finally:
        if answer.fp is noting:
            answer.fp = noting.stream
