"""One client for all triggers of a triggerer with equal settings, closed when the last gives it back; no HTTP here."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from airflow_provider_veza.transport.settings import TransportSettings

if TYPE_CHECKING:
    from airflow_provider_veza.transport.aio import AsyncTransport


@dataclass
class _Lease:
    transport: AsyncTransport
    holders: int = 0


_Key = tuple[asyncio.AbstractEventLoop, TransportSettings]

_leases: dict[_Key, _Lease] = {}
# Event loops of several threads may share this dictionary. It is never held while something is awaited.
_lock = threading.Lock()


async def acquire(settings: TransportSettings) -> AsyncTransport:
    """Return the client of the running loop for these settings, to be given back with :func:`release`."""
    # Loaded only where a loop runs, since workers need no aiohttp, and in a thread, since it would block the loop.
    aio = await asyncio.to_thread(import_module, "airflow_provider_veza.transport.aio")
    for abandoned in _take_out_dead_loops():
        await abandoned.close()
    key = asyncio.get_running_loop(), settings
    with _lock:
        if key not in _leases:
            _leases[key] = _Lease(aio.AsyncTransport(settings))
        lease = _leases[key]
        lease.holders += 1
    return lease.transport


async def release(transport: AsyncTransport) -> None:
    """Give a client back; the last holder closes it."""
    key = asyncio.get_running_loop(), transport.settings
    with _lock:
        lease = _leases[key]
        lease.holders -= 1
        is_last = lease.holders == 0
        if is_last:
            del _leases[key]
    if is_last:
        await transport.close()


def _take_out_dead_loops() -> list[AsyncTransport]:
    """Forget the clients of closed loops: ``dag.test()`` makes one per trigger, and may end it without a release."""
    with _lock:
        dead = [key for key in _leases if key[0].is_closed()]
        return [_leases.pop(key).transport for key in dead]
