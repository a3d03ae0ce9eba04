"""Small real servers on loopback that do exactly what a test tells them, badly behaved ones included."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Seen:
    """A request as a server saw it; header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Visit:
    """One request and the connection it came on; ``closing`` is set when the server goes down."""

    request: Seen
    connection: socket.socket
    closing: threading.Event


Reply = Callable[[Visit], None]


def answer(status: int = 200, body: bytes | Any = b"{}", **headers: str) -> Reply:
    """Answer properly; a header named ``retry_after`` goes out as ``retry-after``."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"content-length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return raw("\r\n".join([*lines, "", ""]).encode() + content)


def raw(data: bytes) -> Reply:
    """Send these bytes."""
    return lambda visit: visit.connection.sendall(data)


def then(*replies: Reply) -> Reply:
    """Do one thing after another on the same request."""

    def reply(visit: Visit) -> None:
        for each in replies:
            each(visit)

    return reply


def hang_up(visit: Visit) -> None:
    """Close the connection without a word."""
    visit.connection.shutdown(socket.SHUT_RDWR)


def reset(visit: Visit) -> None:
    """Break the connection with a TCP reset."""
    reset_when_closed(visit.connection)
    raise ConnectionAbortedError("the server closes it")


def stall(visit: Visit) -> None:
    """Say nothing until the test is over."""
    visit.closing.wait()


def reset_when_closed(connection: socket.socket) -> None:
    """Make its close a TCP reset instead of an orderly end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


CUT_SHORT = then(raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"), hang_up)
CUT_SHORT_CHUNK = then(raw(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n40\r\n{"), hang_up)
HALF_OF_THE_HEADERS = then(raw(b"HTTP/1.1 200 OK\r\ncontent-le"), stall)


class LoopbackServer:
    """Accepts connections on a free port; each is served in a thread of its own."""

    def __init__(self) -> None:
        self.connections = 0
        self.closing = threading.Event()
        self._listener = socket.create_server((LOOPBACK, 0))
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        self._thread.join()

    def serve(self, connection: socket.socket) -> None:
        """Talk to one client until it is gone."""
        raise NotImplementedError

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while not self.closing.is_set():
                connection, _ = self._listener.accept()
                self.connections += 1
                self._open.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            self.serve(connection)


class HttpServer(LoopbackServer):
    """Gives its replies in order, one per request; what comes after the last one gets a 501 that no test expects."""

    def __init__(self, *replies: Reply, tls: ssl.SSLContext | None = None) -> None:
        super().__init__()
        self.seen: list[Seen] = []
        self.replies = list(replies)
        self._tls = tls

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://{self.address}"

    def serve(self, connection: socket.socket) -> None:
        if self._tls:
            connection = self._tls.wrap_socket(connection, server_side=True)
            self._open.append(connection)
        with connection, connection.makefile("rb") as stream:
            while (request := read_request(stream)) is not None:
                self.seen.append(request)
                reply = self.replies.pop(0) if self.replies else answer(501)
                reply(Visit(request, connection, self.closing))
                if request.headers.get("connection") == "close":
                    return


class DroppingServer(LoopbackServer):
    """Takes the first byte of a request and breaks the connection off."""

    def serve(self, connection: socket.socket) -> None:
        connection.recv(1)
        reset_when_closed(connection)
        connection.close()


class SilentServer(LoopbackServer):
    """Takes connections and never says a word."""

    def serve(self, connection: socket.socket) -> None:
        self.closing.wait()


class HandshakeBreaker(LoopbackServer):
    """Reads the client's first TLS message and breaks the connection off."""

    def serve(self, connection: socket.socket) -> None:
        connection.recv(4096)
        reset_when_closed(connection)
        connection.close()


class PlainTextServer(LoopbackServer):
    """Answers whatever comes, a TLS message too, in plain HTTP."""

    def serve(self, connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")


@dataclass
class Proxy(LoopbackServer):
    """A forward proxy: tunnels CONNECT, forwards plain HTTP.

    :param refusal: status of its answer to everything; None lets everything through.
    :param page: its answer then, also said beside the status; ``{login}`` stands for the login that it was shown.
    """

    refusal: int | None = None
    page: str = ""
    seen: list[Seen] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def serve(self, connection: socket.socket) -> None:
        stream = connection.makefile("rb", buffering=0)
        request = read_request(stream)
        if request is None:
            return
        self.seen.append(request)
        if self.refusal:
            page = self.page.format(login=request.headers.get("proxy-authorization"))
            head = f"HTTP/1.1 {self.refusal} Refused {page}\r\ncontent-type: text/html\r\ncontent-length: {len(page)}"
            connection.sendall(f"{head}\r\n\r\n{page}".encode())
        elif request.method == "CONNECT":
            self._tunnel(connection, request)
        else:
            self._forward(connection, request)

    def _tunnel(self, connection: socket.socket, request: Seen) -> None:
        host, _, port = request.target.rpartition(":")
        with socket.create_connection((host, int(port))) as upstream:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            threading.Thread(target=_relay, args=(upstream, connection), daemon=True).start()
            _relay(connection, upstream)

    def _forward(self, connection: socket.socket, request: Seen) -> None:
        target = urlsplit(request.target)
        kept = {name: value for name, value in request.headers.items() if not name.startswith("proxy-")}
        head = "".join(f"{name}: {value}\r\n" for name, value in {**kept, "connection": "close"}.items())
        with socket.create_connection((target.hostname, target.port)) as upstream:
            upstream.sendall(f"{request.method} {target.path} HTTP/1.1\r\n{head}\r\n".encode() + request.body)
            _relay(upstream, connection)


def read_request(stream: Any) -> Seen | None:
    """Read one request; None when the client has gone."""
    first = stream.readline().decode("latin-1").split()
    if len(first) != 3:
        return None
    headers: dict[str, str] = {}
    while (line := stream.readline().decode("latin-1").strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", "0")))
    return Seen(first[0], first[1], headers, body)


def free_port() -> int:
    """Return a port of loopback where nobody listens."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        return int(listener.getsockname()[1])


def _relay(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
