"""The double of four APIs, over TLS in a process of its own: whatever is asked runs, says each answer, 100 ms after its question.

`GET /_seen` tells what came since it was last cleared: requests, looks that were late by more than an interval, new connections.
`GET /_seen/clear` clears that, too, and `GET /_seen/forget` also who was asked for.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import ssl
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import trustme

ANSWER_AFTER = 0.1
LOOPBACK = "127.0.0.1"
SEEN, CLEAR, FORGET = "/_seen", "/_seen/clear", "/_seen/forget"
NUMBER_OF_QUERY = re.compile(rb'(?:number-|/runs/|/number/|"run_id": ?)(\d+)')


@dataclass(frozen=True)
class Running:
    """How an API says that something runs."""

    path: str
    status: HTTPStatus
    body: bytes


def _json(**fields: object) -> bytes:
    return json.dumps(fields).encode()


APIS = (
    Running("/api/v1/", HTTPStatus.OK, _json(query_result_id="q", status="IN_PROGRESS", values=[], has_more=False)),
    Running("/api/v2/accounts/", HTTPStatus.OK, _json(data={"status": 3})),
    Running("/api/2.", HTTPStatus.OK, _json(state={"life_cycle_state": "RUNNING", "state_message": ""})),
    Running("/number/", HTTPStatus.NOT_FOUND, _json()),
)


@dataclass
class Seen:
    """What came, since it was told last; who was asked for, and when last."""

    interval: float
    requests: int = 0
    late: int = 0
    connections: int = 0
    unknown: int = 0
    at_once: int = 0
    last: dict[bytes, float] = field(default_factory=dict)

    def note(self, request: bytes, now: float) -> None:
        """Note one request."""
        found = NUMBER_OF_QUERY.search(request)
        if found is None:
            self.unknown += 1
            return
        before = self.last.get(found[1], now)
        self.requests += 1
        self.late += now - before > 2 * self.interval
        self.last[found[1]] = now

    def told(self, path: str, now: float) -> bytes:
        """Tell, and clear what the path says; `silent` are the queries that are late now. Who asks this is not counted."""
        self.connections -= 1
        silent = sum(now - last > 2 * self.interval for last in self.last.values())
        shown = {name: getattr(self, name) for name in ("requests", "late", "connections", "unknown")}
        told = _json(**shown, silent=silent, asked_for=len(self.last), at_once=self.at_once - 1)
        if path in {CLEAR, FORGET}:
            self.requests = self.late = self.connections = self.unknown = 0
        if path == FORGET:
            self.last.clear()
        return told


class _Connection(asyncio.Protocol):
    """HTTP/1.1 as far as a benchmark needs it: one request after the other, with a length."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        self._received = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._seen.connections += 1
        self._seen.at_once += 1

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._seen.at_once -= 1

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return
        request, self._received = self._received, b""
        path = head.split(b" ", 2)[1].decode()
        if path.startswith(SEEN):
            self._answer(HTTPStatus.OK, self._seen.told(path, time.monotonic()))
            return
        self._seen.note(request, time.monotonic())
        api = next(api for api in APIS if path.startswith(api.path))
        asyncio.get_running_loop().call_later(ANSWER_AFTER, self._answer, api.status, api.body)

    def _answer(self, status: HTTPStatus, body: bytes) -> None:
        head = f"HTTP/1.1 {status} {status.phrase}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._transport.write(head.encode() + body)


def _length(head: bytes) -> int:
    found = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
    return int(found[1]) if found else 0


async def serve(folder: Path, interval: float) -> None:
    """Serve until the process ends; the certificate of its authority goes to the folder, the address to stdout."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(LOOPBACK).configure_cert(context)
    seen = Seen(interval)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(seen), LOOPBACK, 0, ssl=context, backlog=10_000)
    print(f"https://{LOOPBACK}:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


def main() -> None:
    """Serve until whoever started this process ends it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--interval", type=float, required=True)
    options = parser.parse_args()
    asyncio.run(serve(options.folder, options.interval))


if __name__ == "__main__":
    main()
