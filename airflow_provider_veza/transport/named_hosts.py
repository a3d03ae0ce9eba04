"""Connects to hosts by name within a time: the system's look-up of a name has none of its own; no decisions.

aiohttp looks names up in threads by itself and counts that as connecting; this is for urllib3.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread


def connected_within(seconds: float, host: str, connect: Callable[[], socket.socket]) -> socket.socket:
    """Connect in a thread and wait so long; what comes later is closed. An address needs no look-up, and no thread.

    :raises TimeoutError: when there is no connection in time.
    """
    if _is_address(host):
        return connect()
    came: SimpleQueue[socket.socket | BaseException] = SimpleQueue()
    attempt = _Attempt(connect, came)
    attempt.start()
    try:
        found = came.get(timeout=seconds)
    except Empty:
        attempt.is_wanted = False
        raise TimeoutError(f"no connection within {seconds:g} s, the look-up of the name included") from None
    if isinstance(found, BaseException):
        raise found
    return found


class _Attempt(Thread):
    """One attempt to connect.

    :ivar is_wanted: whether somebody still waits for it.
    """

    def __init__(self, connect: Callable[[], socket.socket], came: SimpleQueue[socket.socket | BaseException]) -> None:
        super().__init__(daemon=True, name="veza-connect")
        self.is_wanted = True
        self._connect = connect
        self._came = came

    def run(self) -> None:
        """Connect and hand over, or close."""
        try:
            connection = self._connect()
        except BaseException as e:
            self._came.put(e)
            return
        if self.is_wanted:
            self._came.put(connection)
        else:
            connection.close()


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
