"""A tenant over TLS, in a process of its own, that answers each POST a while later that the query runs; GET tells what it saw."""

from __future__ import annotations

import asyncio
import json
import random
import ssl
import sys
from pathlib import Path

ANSWER_AFTER = 0.1
RUNNING = {"query_result_id": "q", "status": "IN_PROGRESS", "values": [], "has_more": False}


def main() -> None:
    """Serve until whoever started this process ends it; the certificate goes to the folder that is named.

    The other two arguments are the seconds after which answers come, at the soonest and at the latest.
    """
    asyncio.run(_serve(Path(sys.argv[1]), *map(float, sys.argv[2:4])))


async def _serve(folder: Path, soonest: float, latest: float) -> None:
    import trustme

    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    seen = _Seen()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: _Connection(seen, soonest, latest), "127.0.0.1", 0, ssl=context, backlog=10_000
    )
    print(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


class _Seen:
    requests = connections = at_once = most_at_once = 0

    def shown(self) -> bytes:
        names = ("requests", "connections", "at_once", "most_at_once")
        return json.dumps({name: getattr(self, name) for name in names}).encode()


class _Connection(asyncio.Protocol):
    """HTTP/1.1 as far as a benchmark needs it: one request after the other, with a length."""

    def __init__(self, seen: _Seen, soonest: float, latest: float) -> None:
        self._seen = seen
        self._soonest, self._latest = soonest, latest
        self._received = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._seen.connections += 1
        self._seen.at_once += 1
        self._seen.most_at_once = max(self._seen.most_at_once, self._seen.at_once)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._seen.at_once -= 1

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return
        self._received = b""
        if head.startswith(b"GET"):
            self._answer(self._seen.shown())
        else:
            self._seen.requests += 1
            after = random.uniform(self._soonest, self._latest)
            asyncio.get_running_loop().call_later(after, self._answer, json.dumps(RUNNING).encode())

    def _answer(self, body: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._transport.write(head.encode() + body)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


if __name__ == "__main__":
    main()
