"""A session of aiohttp that sends each request once, notes whether it has left, and answers within bounds; no decisions.

Both asynchronous drivers send over it. The twin for urllib3 is :mod:`.bounded_urllib3`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache, partial
from typing import Any
from weakref import WeakSet

import aiohttp
from aiohttp import hdrs
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from urllib3.util import wait_for_read

from airflow_provider_veza.transport.answer_body import AnswerBody
from airflow_provider_veza.transport.sending import Sending, current_sending
from airflow_provider_veza.transport.settings import Timeouts
from airflow_provider_veza.transport.tls_buffer import spare_buffer

READ_AHEAD_BYTES = 1024 * 1024
"""Answers are read whole in any case: with aiohttp's 64 KiB, the socket of a large one is paused and resumed many times."""

MILLISECONDS = 1_000
"""In a second."""


class NotingConnector(aiohttp.TCPConnector):
    """Notes that a request has a connection: whatever fails before has not sent it. What is open holds little.

    A kept connection over which something came since its last answer is not used: aiohttp itself would take what came unasked for
    the answer to the next request. What may go only once goes over none that has ended while the loop stood still either; for all
    else the look at the socket costs more than to send again.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._used: WeakSet[ResponseHandler] = WeakSet()

    async def connect(self, req: Any, traces: Any, timeout: Any) -> Any:  # noqa: ASYNC109  # aiohttp's own signature
        """Return a connection, with a proxy's tunnel if there is one, and TLS agreed on."""
        return await self.connect_for(current_sending(), req, traces, timeout)

    async def connect_for(self, current: Sending | None, req: Any, traces: Any, timeout: Any) -> Any:  # noqa: ASYNC109
        """Return a connection for what is sent; None for a request of the user's own."""
        connection = await super().connect(req, traces, timeout)
        while self._is_over(connection.protocol, current):
            connection.close()
            connection = await super().connect(req, traces, timeout)
        self._hand_out(connection)
        spare_buffer(connection.transport)
        if current is not None:
            current.begun = True
        return connection

    def _is_over(self, protocol: ResponseHandler | None, current: Sending | None) -> bool:
        if protocol is None or protocol not in self._used:
            return False
        return protocol.should_close or (current is not None and current.only_once and not _is_quiet(protocol))

    def _hand_out(self, connection: Connection) -> None:
        protocol = connection.protocol
        if protocol is not None:
            self._used.add(protocol)
            connection.add_callback(partial(_read_no_more, protocol))


def _read_no_more(answered: ResponseHandler) -> None:
    """Leave what comes from now on unread, so that ``should_close`` tells of it; the next request brings a parser of its own."""
    answered._parser = None  # noqa: SLF001  # no public way


def _is_quiet(kept: ResponseHandler) -> bool:
    """Whether the loop has nothing more to read of a kept connection, not even its end."""
    sock = None if kept.transport is None else kept.transport.get_extra_info("socket")
    return sock is not None and sock.fileno() >= 0 and not wait_for_read(sock, timeout=0)


def new_session(connector: aiohttp.BaseConnector, **options: Any) -> aiohttp.ClientSession:
    """Return a session that keeps no cookies and leaves bodies as they come, see :func:`read_whole`."""
    session = aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        read_bufsize=READ_AHEAD_BYTES,
        **options,
    )
    # aiohttp has no public switch for its own second sending of GET, PUT and DELETE, which no policy would see.
    session._retry_connection = False  # noqa: SLF001
    return session


def client_timeout(current: Sending) -> aiohttp.ClientTimeout:
    """Return the timeouts of one sending, exact to a millisecond, where aiohttp alone would round them to seconds."""
    return _timeout_of(math.ceil(current.left * MILLISECONDS), current.timeouts)


@lru_cache(maxsize=256)
def _timeout_of(milliseconds: int, timeouts: Timeouts) -> aiohttp.ClientTimeout:
    left, (connect, silence) = milliseconds / MILLISECONDS, timeouts
    # A silence as long as all that is left needs no timer of its own.
    sock_read = None if silence >= left else silence
    return aiohttp.ClientTimeout(left, min(connect, left), sock_read, ceil_threshold=left + 1.0)


async def read_whole(headers: Mapping[str, str], content: aiohttp.StreamReader, limit: int) -> bytes:
    """Read a body to its end, or to its bound.

    :raises TooLargeError: when there is more than ``limit``.
    :raises UnreadableBodyError: when it cannot be decompressed.
    """
    body = AnswerBody(headers.get(hdrs.CONTENT_ENCODING), limit)
    if body.fits(headers.get(hdrs.CONTENT_LENGTH)):
        return body.whole(await content.read())
    async for chunk in content.iter_any():
        body.take(chunk)
    return body.whole()


class AnswerHeaders(Mapping[str, str]):
    """The headers of an answer by their names in lower case, read when somebody asks; almost nobody does.

    One that came twice is one with commas between. Source: RFC 9110, 5.3. Other libraries do so by themselves.
    """

    def __init__(self, came: Mapping[str, str]) -> None:
        self._came = came

    def __getitem__(self, name: str) -> str:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def __repr__(self) -> str:
        return repr(self._by_name)

    @cached_property
    def _by_name(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        for name, value in self._came.items():
            key = name.lower()
            headers[key] = f"{headers[key]}, {value}" if key in headers else value
        return headers
