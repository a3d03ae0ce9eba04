"""Serves one tenant on a socket, in a thread of this process; the flags of the command are in `__main__`."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from veza_emulator import __version__
from veza_emulator.http.app import build_app
from veza_emulator.http.connections import Client
from veza_emulator.tenant.tenant import Tenant

LOOPBACK = "127.0.0.1"

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""The value of SO_LINGER that makes a close reset the connection."""


@dataclass(frozen=True)
class RunningTenant:
    """A tenant that accepts connections."""

    url: str
    tenant: Tenant

    @property
    def api_key(self) -> str:
        """The key that may run queries."""
        return self.tenant.settings.api_key

    @property
    def connection_uri(self) -> str:
        """The Airflow connection to the tenant, as a URI.

        It waits for nothing: no older result is looked for behind an immediate run, and requests are not spaced.
        """
        scheme, _, address = self.url.partition("://")
        plain = "/http" if scheme == "http" else ""
        return f"veza://:{quote(self.api_key, safe='')}@{address}{plain}?stale_grace=0&rate_limit=10000"


@dataclass(frozen=True)
class Certificate:
    """The PEM files of a certificate and its private key, with which a tenant is served over https."""

    certificate: Path
    private_key: Path


@contextmanager
def running_tenant(
    tenant: Tenant | None = None,
    *,
    host: str = LOOPBACK,
    port: int = 0,
    certificate: Certificate | None = None,
    known_hosts: Collection[str] = (),
) -> Iterator[RunningTenant]:
    """Serve a tenant (by default the demo tenant) until the block ends.

    :param port: 0 takes any free port.
    :param known_hosts: names by which callers may call it, beside localhost, its addresses and `host`.
    """
    tenant = tenant or Tenant()
    scheme = "https" if certificate else "http"
    with _bound_socket(host, port) as listener:
        listener.listen()
        server = _Server(tenant, listener, certificate, [host, *known_hosts])
        thread = threading.Thread(target=server.serve_until_end, name="veza-emulator", daemon=True)
        thread.start()
        server.wait_until_ready()
        try:
            yield RunningTenant(f"{scheme}://{_bracketed(host)}:{listener.getsockname()[1]}", tenant)
        finally:
            server.end()
            thread.join()


class _Server(uvicorn.Server):
    """A uvicorn server that tells when it is ready, ends at once, and has its connections in hand."""

    def __init__(
        self, tenant: Tenant, listener: socket.socket, certificate: Certificate | None, known_hosts: Collection[str]
    ) -> None:
        super().__init__(
            uvicorn.Config(
                build_app(tenant, self, known_hosts),
                access_log=False,
                headers=[("Server", f"veza-emulator/{__version__}")],
                http="h11",
                lifespan="off",
                # The logging of the process that this thread runs in is not the emulator's to configure.
                log_config=None,
                log_level="warning",
                loop="asyncio",
                proxy_headers=False,
                server_header=False,
                ssl_certfile=certificate.certificate if certificate else None,
                ssl_keyfile=certificate.private_key if certificate else None,
                ws="none",
            )
        )
        # Here, so that a certificate that cannot be read fails where the caller sees it.
        self.config.load()
        self._listener = listener
        self._outage: asyncio.Task[None] | None = None
        self._settled = threading.Event()

    def serve_until_end(self) -> None:
        """Serve until told to end."""
        try:
            self.run(sockets=[self._listener])
        finally:
            self._settled.set()

    def wait_until_ready(self) -> None:
        """Return once connections are accepted."""
        self._settled.wait()
        if not self.started:
            raise OSError("the emulator's server ended before it accepted a connection; its log says why")

    def end(self) -> None:
        """End the server from another thread."""
        self._loop.call_soon_threadsafe(self._ending.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to serve, and say so."""
        self._loop, self._ending = asyncio.get_running_loop(), asyncio.Event()
        await super().startup(sockets)
        self._settled.set()

    async def main_loop(self) -> None:
        """Serve until the end, which is noticed at once; uvicorn's own loop looks ten times a second."""
        while not self._ending.is_set():
            await self.on_tick(0)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), timeout=1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drop every connection: a tenant that tests start and stop owes nobody a grace."""
        for server in self.servers:
            server.close()
        for listener in (*(sockets or ()), self._listener):
            listener.close()
        for connection in self._connections():
            connection.transport.abort()

    def write(self, client: Client, data: bytes) -> None:
        """Send bytes on a connection as they are."""
        for transport in self._transports(client):
            transport.write(data)

    def reset(self, client: Client) -> None:
        """Break a connection at once."""
        for transport in self._transports(client):
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            transport.abort()

    def close(self, client: Client) -> None:
        """End a connection after what was sent on it."""
        for transport in self._transports(client):
            transport.close()

    def refuse_new(self, seconds: float, *, spared: Client) -> None:
        """Refuse every new connection for so many seconds; one outage at a time, the first counts."""
        if self._outage is not None and not self._outage.done():
            return
        host, port = self._listener.getsockname()[:2]
        for server in self.servers:
            server.close()
        # A socket that is bound and does not listen keeps the port, and makes the system refuse every connection.
        self._listener = _bound_socket(host, port)
        for connection in self._connections():
            if connection.client != spared:
                connection.transport.close()
        self._outage = asyncio.create_task(self._listen_again_after(seconds))

    async def _listen_again_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await super().startup([self._listener])

    def _transports(self, client: Client) -> list[asyncio.Transport]:
        return [connection.transport for connection in self._connections() if connection.client == client]

    def _connections(self) -> list[H11Protocol]:
        return [connection for connection in self.server_state.connections if isinstance(connection, H11Protocol)]


def _bound_socket(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is named; else each answer waits 40 ms.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
