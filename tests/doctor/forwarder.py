"""A process that forwards to a tenant and hides what an emulator is known by, so that the doctor can only go by answers.

Run as a script it is that process: it prints its port, reads the tenant's from its input, and says each time that it has.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any, Self

LOOPBACK = "127.0.0.1"
PIECE = 65_536
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Forwarder:
    """The process, from its start to its end."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._port = self._said()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate(timeout=30)

    def leading_to(self, port: int) -> str:
        """Forward from now on to this port; return the URL to ask."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{port}\n")
        self._process.stdin.flush()
        assert self._said() == str(port)
        return f"http://{LOOPBACK}:{self._port}"

    def _said(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def forward(connection: socket.socket, port: int) -> None:
    """Carry one request there and its answer back, as they come."""
    with contextlib.suppress(OSError), connection, socket.create_connection((LOOPBACK, port)) as tenant:
        for end in (connection, tenant):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = connection.makefile("rb")
        lines = list(iter(stream.readline, b"\r\n"))
        if b" /_emulator" in lines[0]:
            connection.sendall(NOT_FOUND)
            return
        tenant.sendall(
            b"".join((lines[0], b"connection: close\r\n", *lines_without(lines[1:], b"connection"), b"\r\n"))
        )
        tenant.sendall(stream.read(length_of(lines)))
        for piece in without_server(tenant):
            connection.sendall(piece)


def lines_without(lines: list[bytes], name: bytes) -> list[bytes]:
    return [line for line in lines if line.partition(b":")[0].lower() != name]


def length_of(lines: list[bytes]) -> int:
    return next((int(line.partition(b":")[2]) for line in lines if line.lower().startswith(b"content-length:")), 0)


def without_server(tenant: socket.socket) -> Iterator[bytes]:
    """Yield an answer without its header `server`; nothing is held back that cannot be that header."""
    line, is_head = b"", True
    while piece := tenant.recv(PIECE):
        if not is_head:
            yield piece
            continue
        line += piece
        while is_head and b"\n" in line:
            whole, _, line = line.partition(b"\n")
            is_head = bool(whole.strip())
            if not whole.lower().startswith(b"server:"):
                yield whole + b"\n"
        if not is_head or not b"server:".startswith(line[:7].lower()):
            yield line
            line = b""


def serve(tenant: Any, listener: socket.socket) -> None:
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=forward, args=(connection, tenant[0]), daemon=True).start()


if __name__ == "__main__":
    upstream = [0]
    with socket.create_server((LOOPBACK, 0)) as listening:
        print(listening.getsockname()[1], flush=True)
        threading.Thread(target=serve, args=(upstream, listening), daemon=True).start()
        for text in sys.stdin:
            upstream[0] = int(text)
            print(upstream[0], flush=True)
