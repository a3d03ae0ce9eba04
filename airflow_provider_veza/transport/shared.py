"""One client for all triggers of a triggerer with equal settings, closed when the last one gives it back."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass

from airflow_provider_veza.transport.client import AsyncClient, ClientSettings
from airflow_provider_veza.transport.clients import async_client_for


@dataclass
class _Lease:
    client: AsyncClient
    holders: int = 0


_Key = tuple[asyncio.AbstractEventLoop, ClientSettings]

_leases: dict[_Key, _Lease] = {}
# Event loops of several threads may share this dictionary. It is never held while something is awaited.
_lock = threading.Lock()


async def acquire(settings: ClientSettings) -> AsyncClient:
    """Return the client of the running loop for these settings, to be given back with :func:`release`."""
    for abandoned in _take_out_dead_loops():
        await abandoned.close()
    key = asyncio.get_running_loop(), settings
    if (client := _held(key)) is not None:
        return client
    # In a thread, since loading a library and reading trusted authorities would block the loop.
    fresh = await asyncio.to_thread(async_client_for, settings)
    with _lock:
        lease = _leases.setdefault(key, _Lease(fresh))
        lease.holders += 1
    if lease.client is not fresh:
        await fresh.close()
    return lease.client


async def release(client: AsyncClient) -> None:
    """Give a client back; the last holder closes it."""
    key = asyncio.get_running_loop(), client.settings
    with _lock:
        lease = _leases[key]
        lease.holders -= 1
        is_last = lease.holders == 0
        if is_last:
            del _leases[key]
    if is_last:
        await client.close()


def _held(key: _Key) -> AsyncClient | None:
    """Hold one more share of a client that is there."""
    with _lock:
        if key not in _leases:
            return None
        _leases[key].holders += 1
        return _leases[key].client


def _take_out_dead_loops() -> list[AsyncClient]:
    """Forget the clients of closed loops: ``dag.test()`` makes one per trigger, and may end it without a release."""
    with _lock:
        dead = [key for key in _leases if key[0].is_closed()]
        return [_leases.pop(key).client for key in dead]
