"""An SFTP server on loopback that takes everybody, and shows one folder of this machine as its root."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import asyncssh


class OpenToAll(asyncssh.SSHServer):
    """Asks nobody for a password, and remembers who came."""

    def __init__(self, connections: list[asyncssh.SSHServerConnection]) -> None:
        self._connections = connections

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connections.append(conn)

    def begin_auth(self, username: str) -> bool:
        return False


@contextmanager
def serving_sftp(root: Path) -> Iterator[int]:
    """Serve a folder, and give the port."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    connections: list[asyncssh.SSHServerConnection] = []
    server = asyncio.run_coroutine_threadsafe(_listen(root, connections), loop).result(60)
    yield server.get_port()
    asyncio.run_coroutine_threadsafe(_close(server, connections), loop).result(60)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


async def _listen(root: Path, connections: list[asyncssh.SSHServerConnection]) -> asyncssh.SSHAcceptor:
    return await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=lambda: OpenToAll(connections),
        server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
        sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(root).encode()),
    )


async def _close(server: asyncssh.SSHAcceptor, connections: list[asyncssh.SSHServerConnection]) -> None:
    server.close()
    await server.wait_closed()
    for connection in connections:
        connection.abort()
        await connection.wait_closed()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        await asyncio.wait(others, timeout=5)
