"""An HTTPS server on loopback, in a process of its own, for what a benchmark asks; what it answers is the benchmark's to say."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Protocol

LOOPBACK = "127.0.0.1"

Answer = Callable[[HTTPStatus, bytes], None]
"""Sends an answer, which is JSON."""


class Api(Protocol):
    """What answers."""

    def connected(self) -> None:
        """Note one more connection."""
        ...

    def disconnected(self) -> None:
        """Note one connection less."""
        ...

    def asked(self, request: bytes, answer: Answer) -> None:
        """Answer a request, now or later."""
        ...


async def serve(api: Api, folder: Path) -> None:
    """Serve until the process ends; the certificate of its authority goes to the folder, the address to stdout."""
    import trustme  # Here, since the processes that are measured import this module too.

    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(LOOPBACK).configure_cert(context)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(api), LOOPBACK, 0, ssl=context, backlog=10_000)
    print(f"https://{LOOPBACK}:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


class _Connection(asyncio.Protocol):
    """HTTP/1.1 as far as a benchmark needs it: one request after the other, with a length."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._received = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._api.connected()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._api.disconnected()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if end and len(body) >= _length(head):
            request, self._received = self._received, b""
            self._api.asked(request, self._answer)

    def _answer(self, status: HTTPStatus, body: bytes) -> None:
        head = f"HTTP/1.1 {status} {status.phrase}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._transport.write(head.encode() + body)


def _length(head: bytes) -> int:
    found = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
    return int(found[1]) if found else 0
