"""Collects the body of an answer while it comes, decompressed and within a bound; no I/O."""

from __future__ import annotations

import zlib
from typing import Any

from airflow_provider_veza.transport.settings import MAX_ANSWER_BYTES

_GZIP = 16 + zlib.MAX_WBITS
_GZIP_BEGINS = b"\x1f\x8b"
_GZIP_NAMES = frozenset({"gzip", "x-gzip"})
_MOST_DIGITS = 20
"""Of a length; no more are read as a number, since reading thousands of digits takes long."""
_PLAIN = frozenset({"", "identity"})


class TooLargeError(Exception):
    """More came than may be kept."""


class UnreadableBodyError(Exception):
    """The body is in an encoding that was not asked for, or it is broken."""


BODY_ERRORS = (TooLargeError, UnreadableBodyError)


class AnswerBody:
    """One body. What is given to it may be cut anywhere; a bomb ends at the bound, and not after it was blown up.

    :param encoding: the header ``Content-Encoding``, in which only ``gzip`` or ``deflate`` may stand, once.
    :param limit: bytes, both as they come and decompressed.
    :raises UnreadableBodyError: for another encoding.
    """

    def __init__(self, encoding: str | None = None, limit: int = MAX_ANSWER_BYTES) -> None:
        self._encoding = (encoding or "").strip().lower()
        self._limit = limit
        self._came = 0
        self._text = bytearray()
        self._decoder: Any = None
        if self._encoding not in _PLAIN and self._encoding not in _GZIP_NAMES and self._encoding != "deflate":
            raise UnreadableBodyError(f"it is in the encoding {self._encoding[:40]!a}, which was not asked for")

    def fits(self, announced: str | None) -> bool:
        """Whether all of it may come at once, by its header ``Content-Length``.

        :raises TooLargeError: when the header announces too much.
        """
        if not announced or not announced.isascii() or not announced.isdigit():
            return False
        if len(announced) > _MOST_DIGITS or int(announced) > self._limit:
            raise TooLargeError
        return True

    def take(self, chunk: bytes) -> None:
        """Take what came next.

        :raises TooLargeError: when that is too much.
        :raises UnreadableBodyError: when it cannot be decompressed.
        """
        self._came += len(chunk)
        if self._encoding in _PLAIN:
            self._text += chunk
        else:
            self._decompress(chunk)
        if self._came > self._limit or len(self._text) > self._limit:
            raise TooLargeError

    def whole(self, last: bytes = b"") -> bytes:
        """Return the body, now that ``last`` was the last of it; raises what :meth:`take` does."""
        if self._encoding in _PLAIN and not self._text and len(last) <= self._limit:
            return last
        if last:
            self.take(last)
        if self._decoder is not None and not self._decoder.eof:
            raise UnreadableBodyError("its compressed text ends too early")
        return bytes(self._text)

    def _decompress(self, chunk: bytes) -> None:
        try:
            while chunk:
                self._decoder = self._decoder or self._new_decoder(chunk)
                self._text += self._decoder.decompress(chunk, self._limit + 1 - len(self._text))
                if len(self._text) > self._limit or not self._decoder.eof:
                    return
                chunk = self._next_member()
        except zlib.error as e:
            raise UnreadableBodyError(f"it cannot be decompressed ({e})") from e

    def _next_member(self) -> bytes:
        """Return what follows the end of a gzip member, if that is another one; anything else is padding."""
        rest: bytes = self._decoder.unused_data
        if self._encoding not in _GZIP_NAMES or not rest.startswith(_GZIP_BEGINS):
            return b""
        self._decoder = None
        return rest

    def _new_decoder(self, chunk: bytes) -> Any:
        """``deflate`` is zlib's format by the standard, and bare deflate by the habit of some servers."""
        if self._encoding in _GZIP_NAMES:
            return zlib.decompressobj(_GZIP)
        is_zlib = chunk[0] & 0x0F == zlib.DEFLATED
        return zlib.decompressobj(zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)
