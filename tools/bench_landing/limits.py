"""What no way of landing can beat: the pages' bytes off a bare socket, not parsed, or parsed once by each parser."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from tools.bench_landing.tenant import GET_PATH, PAGE_ROWS, QUERY_ID, Tenant, page_token

_BUFFER_BYTES = 4 * 1024 * 1024


class _TextPage(msgspec.Struct):
    values: list[msgspec.Raw]


# Parsers that only this benchmark needs are imported where they are used: without them the others are still measured.


def unparsed(tenant: Tenant, _folder: Path) -> int:
    """Take the bytes and drop them: the server's ceiling."""
    return sum(PAGE_ROWS for body in _bodies(tenant) if body)


def parsed_by_simdjson(tenant: Tenant, _folder: Path) -> int:
    """Parse without building objects."""
    import simdjson

    parser = simdjson.Parser()

    def rows(body: memoryview) -> int:
        # A parser takes no second document while the first is referenced.
        document: Any = parser.parse(body)
        return len(document["values"])

    return _count(tenant, rows)


def parsed_by_msgspec_to_texts(tenant: Tenant, _folder: Path) -> int:
    """Parse into each row's own bytes."""
    decode = msgspec.json.Decoder(_TextPage).decode
    return _count(tenant, lambda body: len(decode(body).values))


def parsed_by_msgspec(tenant: Tenant, _folder: Path) -> int:
    """Parse into Python objects."""
    decode: Callable[[memoryview], Any] = msgspec.json.Decoder().decode
    return _count(tenant, lambda body: len(decode(body)["values"]))


def parsed_by_orjson(tenant: Tenant, _folder: Path) -> int:
    """Parse into Python objects."""
    import orjson

    return _count(tenant, lambda body: len(orjson.loads(body)["values"]))


def sliced_to_jsonl(tenant: Tenant, folder: Path) -> int:
    """Write each row's own bytes as a line: the floor of landing JSONL."""
    decode = msgspec.json.Decoder(_TextPage).decode
    with (folder / "rows.jsonl").open("wb") as file:

        def rows(body: memoryview) -> int:
            texts = decode(body).values
            file.writelines((b"\n".join(texts), b"\n"))
            return len(texts)

        return _count(tenant, rows)


def _count(tenant: Tenant, rows: Callable[[memoryview], int]) -> int:
    return sum(rows(body) for body in _bodies(tenant))


def _bodies(tenant: Tenant) -> Iterator[memoryview]:
    """Yield the pages, each valid until the next. Tokens are counted, so that the bytes need not be parsed for them."""
    buffer = memoryview(bytearray(_BUFFER_BYTES))
    with socket.create_connection(("127.0.0.1", tenant.port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for page in range(tenant.pages):
            connection.sendall(_request(page))
            yield _body(connection, buffer)


def _request(page: int) -> bytes:
    fields = {"query_result_id": QUERY_ID, "page_size": PAGE_ROWS, "page_token": page_token(page)}
    body = json.dumps(fields).encode()
    return f"POST {GET_PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def _body(connection: socket.socket, buffer: memoryview) -> memoryview:
    received = connection.recv_into(buffer)
    head, _, _ = bytes(buffer[:1024]).partition(b"\r\n\r\n")
    start = len(head) + 4
    end = start + int(head.rpartition(b"Content-Length: ")[2])
    while received < end:
        received += connection.recv_into(buffer[received:])
    return buffer[start:end]
