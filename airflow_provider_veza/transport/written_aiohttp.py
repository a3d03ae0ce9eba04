"""Sends what is written already over connections of aiohttp, without its session; no decisions.

For each sending, a session makes a request, an answer, a timer and (before Python 3.12) a task, which costs more than all else
of a look. Here aiohttp finds the connection and reads the answer. What goes through a proxy, and what is long, is sent by the
session of :mod:`.bounded_aiohttp`.
"""

from __future__ import annotations

import asyncio

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.http import RawResponseMessage
from yarl import URL

from airflow_provider_veza.async_query.message import Response
from airflow_provider_veza.transport.bounded_aiohttp import (
    READ_AHEAD_BYTES,
    AnswerHeaders,
    NotingConnector,
    client_timeout,
    read_whole,
)
from airflow_provider_veza.transport.final_answer import is_final
from airflow_provider_veza.transport.origin import Origin
from airflow_provider_veza.transport.sending import Sending
from airflow_provider_veza.transport.steps import WireRequest

MOST_BYTES_AT_ONCE = 64 * 1024
"""What a connection of asyncio takes without a pause; the silence after it is the server's, and not that of a slow line."""


class WrittenSender:
    """Sends requests to servers that no proxy stands before."""

    def __init__(self, connector: NotingConnector) -> None:
        self._connector = connector
        self._destinations: dict[Origin, aiohttp.ClientRequest] = {}

    async def send(self, wire: WireRequest, origin: Origin, current: Sending) -> Response:
        """Send a request, and read its answer; raises what aiohttp and :func:`.read_whole` raise.

        :raises RuntimeError: when the connector is closed, as aiohttp's session does.
        """
        if self._connector.closed:
            raise RuntimeError("The client is closed")
        timeout = client_timeout(current)
        async with asyncio.timeout(timeout.total):
            connection = await self._connector.connect_for(current, self._destination(origin), [], timeout)
            try:
                answer = await _exchanged(connection.protocol, wire, timeout.sock_read, current.max_bytes)
            except BaseException:
                connection.close()
                raise
            connection.release()
            return answer

    def _destination(self, origin: Origin) -> aiohttp.ClientRequest:
        """Return what tells the connector where to; nothing else of it is used."""
        destination = self._destinations.get(origin)
        if destination is None:
            url = URL(str(origin), encoded=True)
            destination = aiohttp.ClientRequest("GET", url, loop=asyncio.get_running_loop())
            self._destinations[origin] = destination
        return destination


async def _exchanged(
    protocol: ResponseHandler | None, wire: WireRequest, silence: float | None, most_bytes: int
) -> Response:
    if protocol is None or protocol.transport is None:
        raise aiohttp.ServerDisconnectedError
    protocol.set_response_params(
        read_until_eof=True, auto_decompress=False, read_timeout=silence, read_bufsize=READ_AHEAD_BYTES
    )
    protocol.transport.write(wire.as_text)
    protocol.start_timeout()
    head, body = await _final(protocol)
    return Response(head.code, AnswerHeaders(head.headers), await read_whole(head.headers, body, most_bytes))


async def _final(protocol: ResponseHandler) -> tuple[RawResponseMessage, aiohttp.StreamReader]:
    """Read past interim answers; the silence after one is bounded as that before it."""
    while True:
        head, body = await protocol.read()
        if is_final(head.code):
            return head, body
        protocol.start_timeout()
