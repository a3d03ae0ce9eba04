"""Connections of urllib3 that look names up and read answers in time, and note whether a request has left; no decisions.

requests and the synchronous Elasticsearch client both send over them. The twin for aiohttp is :mod:`.bounded_aiohttp`.
"""

from __future__ import annotations

import errno
import io
import socket
import ssl
import time
from typing import Any

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from airflow_provider_veza.transport.answer_body import AnswerBody
from airflow_provider_veza.transport.named_hosts import connected_within
from airflow_provider_veza.transport.sending import current_sending
from airflow_provider_veza.transport.strict_answer import StrictAnswer

CHUNK_BYTES = 64 * 1024


def read_whole(answer: BaseHTTPResponse, limit: int) -> bytes:
    """Read a body to its end, or to its bound.

    :raises TooLargeError: when there is more than ``limit``.
    :raises UnreadableBodyError: when it cannot be decompressed.
    """
    body = AnswerBody(answer.headers.get("content-encoding"), limit)
    if body.fits(answer.headers.get("content-length")):
        return body.whole(answer.read(decode_content=False))
    for chunk in answer.stream(CHUNK_BYTES, decode_content=False):
        body.take(chunk)
    return body.whole()


class _TimedStream(io.RawIOBase):
    """Reads from a socket until a point in time; a socket's own timeout begins anew with each byte."""

    def __init__(self, sock: Any, until: float) -> None:
        self._sock = sock
        self._until = until
        self._stream = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return int(self._stream.fileno())

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for all of the answer is over")
        silence = self._sock.gettimeout()
        if silence is None or left < silence:
            self._sock.settimeout(left)
        read: int | None = self._stream.readinto(buffer)
        return read

    def close(self) -> None:
        self._stream.close()
        super().close()


class _TimedSocket:
    """What an answer asks of its socket."""

    def __init__(self, sock: Any, until: float) -> None:
        self._sock = sock
        self._until = until

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedStream(self._sock, self._until))


class _TimedResponse(StrictAnswer):
    """An answer whose head and body, and whose proxy's head, have to come in time."""

    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        current = current_sending()
        super().__init__(sock if current is None else _TimedSocket(sock, current.until), *args, **kwargs)  # type: ignore[arg-type]


def _note_begun() -> None:
    current = current_sending()
    if current is not None:
        current.begun = True


class _Bounded(HTTPConnection):
    """What both kinds of connections do: note when a request begins to leave, and read answers in time."""

    response_class = _TimedResponse
    _is_connecting = False

    def connect(self) -> None:
        """Connect, with a proxy's tunnel if there is one, and agree on TLS where that is spoken."""
        self._is_connecting = True
        super().connect()
        self._is_connecting = False

    def _new_conn(self) -> socket.socket:
        current, connect = current_sending(), super()._new_conn
        return connect() if current is None else connected_within(current.timeouts_left[0], self.host, connect)

    def send(self, data: Any) -> None:
        """Send a part of a request, or of what a proxy is asked."""
        if self.sock is None:
            self.connect()
        if not self._is_connecting:
            _note_begun()
        try:
            super().send(data)
        except ssl.SSLEOFError as e:
            # What a connection without TLS calls so: then urllib3 reads what the server said before it hung up.
            raise BrokenPipeError(errno.EPIPE, "the server has ended TLS") from e


class BoundedHTTPConnection(_Bounded):
    """A connection for plain HTTP."""


class BoundedHTTPSConnection(_Bounded, HTTPSConnection):
    """A connection for HTTPS."""


class BoundedHTTPPool(HTTPConnectionPool):
    """Such connections for plain HTTP."""

    ConnectionCls = BoundedHTTPConnection


class BoundedHTTPSPool(HTTPSConnectionPool):
    """Such connections for HTTPS."""

    ConnectionCls = BoundedHTTPSConnection


POOLS: dict[str, type[HTTPConnectionPool]] = {"http": BoundedHTTPPool, "https": BoundedHTTPSPool}
