"""What every played server serves: one answer, made by the query of its address; for ASGI and for WSGI, with no library.

The servers run it in an environment of their own, so nothing of this project may be imported here.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl

NOTES = Path(os.environ.get("NOTES", "notes"))
CHUNK = 16 * 1024


@dataclass
class Wish:
    """What an answer is to be like, as the address says it."""

    status: int = 200
    size: int = 0
    kind: str = "application/json"
    encoding: str = ""
    framing: str = "length"
    seconds: float = 0.0
    fails: int = 0
    tag: str = ""
    cut: bool = False
    close: bool = False
    early: bool = False
    headers: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, query: str) -> Wish:
        wish = cls()
        for name, value in parse_qsl(query):
            if name == "header":
                key, _, text = value.partition(":")
                wish.headers.append((key, text))
            elif hasattr(wish, name):
                setattr(
                    wish, name, type(getattr(wish, name))(float(value) if name != "tag" and value.isdigit() else value)
                )
        return wish


@dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


def note(method: str, tag: str) -> int:
    """Note that a request came; return how often one of this tag has."""
    if not tag:
        return 0
    path = NOTES / tag
    with path.open("ab") as notes:
        notes.write(f"{method}\n".encode())
    return len(path.read_bytes().splitlines())


def answer_to(wish: Wish, times: int, asked: dict[str, str], body: bytes) -> Answer:
    told = {"length": len(body), "sha": hashlib.sha256(body).hexdigest(), "cookie": asked.get("cookie", "")}
    content = json.dumps(told | {"host": asked.get("host", ""), "filling": "x" * wish.size}).encode()
    status = wish.status if not wish.fails or times <= wish.fails else 200
    kind = wish.kind if status >= 400 else "application/json"
    if kind == "text/html":
        content = b"<html><body><h1>Something went wrong</h1></body></html>"
    if status in {204, 304}:
        content = b""
    headers = [("Content-Type", kind), ("X-Elastic-Product", "Elasticsearch"), *wish.headers]
    if wish.encoding == "gzip":
        content = gzip.compress(content)
        headers.append(("Content-Encoding", "gzip"))
    if wish.framing == "length" and status not in {204, 304}:
        headers.append(("Content-Length", str(len(content))))
    if wish.close:
        headers.append(("Connection", "close"))
    return Answer(status, headers, content)


def pieces(body: bytes, wish: Wish) -> Iterator[bytes]:
    if wish.framing == "length" and not wish.cut:
        yield body
        return
    for start in range(0, len(body), CHUNK):
        yield body[start : start + CHUNK]
        if wish.cut:
            raise ConnectionAbortedError("as was wished")


async def asgi(scope, receive, send) -> None:
    if scope["type"] != "http":
        return
    wish = Wish.of(scope["query_string"].decode())
    body, more = b"", not wish.early
    while more:
        event = await receive()
        body, more = body + event.get("body", b""), event.get("more_body", False)
    asked = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
    answer = answer_to(wish, note(scope["method"], wish.tag), asked, body)
    await asyncio.sleep(wish.seconds)
    headers = [(name.lower().encode(), value.encode()) for name, value in answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    for piece in pieces(answer.body, wish):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        if wish.cut:
            await asyncio.sleep(0.1)
    await send({"type": "http.response.body", "body": b""})


def wsgi(environ, start_response) -> Iterator[bytes]:
    wish = Wish.of(environ.get("QUERY_STRING", ""))
    asked = {
        name[5:].lower().replace("_", "-"): str(value) for name, value in environ.items() if name.startswith("HTTP_")
    }
    body = b"" if wish.early else environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    answer = answer_to(wish, note(environ["REQUEST_METHOD"], wish.tag), asked, body)
    time.sleep(wish.seconds)
    # By the standard, only a server may speak of the connection.
    headers = [(name, value) for name, value in answer.headers if name != "Connection"]
    start_response(f"{answer.status} Status", headers)
    return pieces(answer.body, wish)
