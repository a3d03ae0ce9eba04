"""Serves one tenant on a socket, in a thread of this process; the flags of the command are elsewhere."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from airflow_provider_veza import __version__
from airflow_provider_veza.emulator.app import build_app
from airflow_provider_veza.emulator.tenant import Tenant

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class RunningTenant:
    """A tenant that accepts connections."""

    url: str
    tenant: Tenant

    @property
    def api_key(self) -> str:
        """The key that may run queries."""
        return self.tenant.settings.api_key


@contextmanager
def running_tenant(tenant: Tenant | None = None, *, host: str = LOOPBACK, port: int = 0) -> Iterator[RunningTenant]:
    """Serve a tenant (by default the demo tenant) until the block ends; port 0 takes any free port."""
    tenant = tenant or Tenant()
    with _listening_socket(host, port) as listener:
        server = _Server(tenant)
        thread = threading.Thread(target=server.serve_on, args=(listener,), name="veza-emulator", daemon=True)
        thread.start()
        server.wait_until_ready()
        try:
            yield RunningTenant(f"http://{_bracketed(host)}:{listener.getsockname()[1]}", tenant)
        finally:
            server.end()
            thread.join()


def is_loopback(host: str) -> bool:
    """Tell whether a host can only be reached from this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Server(uvicorn.Server):
    """A uvicorn server that tells when it is ready, ends at once, and can drop a connection without an answer."""

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(
            uvicorn.Config(
                build_app(tenant, self._drop_connection),
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
                ws="none",
            )
        )
        self._settled = threading.Event()

    def serve_on(self, listener: socket.socket) -> None:
        """Serve until told to exit."""
        try:
            self.run(sockets=[listener])
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
        for listener in sockets or []:
            listener.close()
        for connection in self._connections():
            connection.transport.abort()

    def _drop_connection(self, client: tuple[str, int]) -> None:
        for connection in self._connections():
            if connection.client == client:
                connection.transport.abort()

    def _connections(self) -> list[H11Protocol]:
        return [connection for connection in self.server_state.connections if isinstance(connection, H11Protocol)]


def _listening_socket(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is named; else each answer waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
