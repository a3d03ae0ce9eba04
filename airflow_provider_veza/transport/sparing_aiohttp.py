"""Connections of aiohttp that are lent to looks and pages as far as they are needed; no decisions.

Those are in :mod:`.lending`. ES|QL has no use for this: each of its long polls needs a connection of its own.
"""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import Any

from airflow_provider_veza.transport.bounded_aiohttp import NotingConnector
from airflow_provider_veza.transport.lending import Lending
from airflow_provider_veza.transport.sending import current_sending

LONGEST_WAIT_SECONDS = 2.0
"""Then a request opens a connection of its own, if there may be one more at all."""


class SparingConnector(NotingConnector):
    """Lets what stands in line for its turn wait for a connection, too, rather than open one more than is needed."""

    def __init__(self, *, limit: int, **options: Any) -> None:
        super().__init__(limit=limit, **options)
        self._lending = Lending(limit)
        self._wakers: dict[int, asyncio.Future[None]] = {}

    async def connect(self, req: Any, traces: Any, timeout: Any) -> Any:  # noqa: ASYNC109  # aiohttp's own signature
        """Return a connection; a wait for one that others use counts as connecting."""
        current = current_sending()
        if current is None or not current.in_line:
            return await super().connect(req, traces, timeout)
        if self._lending.start(time.monotonic()):
            return await self._lent(req, traces, timeout)
        async with asyncio.timeout(timeout.connect):
            await self._wait(min(LONGEST_WAIT_SECONDS, timeout.connect / 2))
            return await self._lent(req, traces, timeout)

    async def _lent(self, *request: Any) -> Any:
        try:
            connection = await super().connect(*request)
        except BaseException:
            self._come_back(None)
            raise
        connection.add_callback(partial(self._come_back, time.monotonic()))
        return connection

    def _come_back(self, since: float | None) -> None:
        self._lending.come_back(None if since is None else time.monotonic() - since)
        if self._wakers:
            self._wake()

    async def _wait(self, seconds: float) -> None:
        released: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        ticket = self._lending.join()
        self._wakers[ticket] = released
        try:
            self._wake()
            await asyncio.wait([released], timeout=seconds)
            if not self._lending.insist(ticket):
                await asyncio.wait([released])
        except BaseException:
            self._lending.leave(ticket)
            self._wake()
            raise
        finally:
            del self._wakers[ticket]

    def _wake(self) -> None:
        for ticket in self._lending.release():
            self._wakers[ticket].set_result(None)
