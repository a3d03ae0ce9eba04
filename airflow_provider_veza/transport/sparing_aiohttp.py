"""Connections of aiohttp that are lent to looks and pages as far as they are needed; no decisions.

Those are in :mod:`.lending`. ES|QL has no use for this: each of its long polls needs a connection of its own.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from functools import partial
from typing import Any

from airflow_provider_veza.transport.bounded_aiohttp import NotingConnector
from airflow_provider_veza.transport.lending import Lending
from airflow_provider_veza.transport.sending import Sending

WATCHED_EVERY_SECONDS = 0.1


class SparingConnector(NotingConnector):
    """Lets what stands in line for its turn wait for a connection, too, rather than open one more than is needed."""

    def __init__(self, *, limit: int, **options: Any) -> None:
        super().__init__(limit=limit, **options)
        self._lending = Lending(limit)
        self._waiting: dict[int, _Waiting] = {}
        self._timer: asyncio.TimerHandle | None = None

    async def connect_for(self, current: Sending | None, req: Any, traces: Any, timeout: Any) -> Any:  # noqa: ASYNC109
        """Return a connection; a wait for one that others use lasts no longer than connecting may."""
        if current is None or not current.in_line:
            return await super().connect_for(current, req, traces, timeout)
        if not self._lending.start(time.monotonic()):
            await self._wait(timeout.connect)
        try:
            connection = await super().connect_for(current, req, traces, timeout)
        except BaseException:
            self._come_back(None)
            raise
        connection.add_callback(partial(self._come_back, time.monotonic()))
        return connection

    def _come_back(self, since: float | None) -> None:
        self._lending.come_back(None if since is None else time.monotonic() - since)
        if self._waiting:
            self._lend()

    async def _wait(self, seconds: float) -> None:
        loop, ticket = asyncio.get_running_loop(), self._lending.join()
        now, lent = loop.time(), loop.create_future()
        self._waiting[ticket] = _Waiting(lent, now + seconds / 2, now + seconds)
        try:
            self._lend()
            self._watch()
            await lent
        except BaseException:
            self._lending.leave(ticket)
            self._lend()
            raise
        finally:
            del self._waiting[ticket]

    def _lend(self) -> None:
        for ticket in self._lending.release():
            self._waiting[ticket].go_on()

    def _watch(self) -> None:
        """Let one timer look after all who wait: one for each would cost more than most of the waits."""
        if self._timer is None and self._waiting:
            self._timer = asyncio.get_running_loop().call_later(WATCHED_EVERY_SECONDS, self._look_after)

    def _look_after(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        for ticket, waiting in self._waiting.items():
            if now >= waiting.insists_at and self._lending.insist(ticket):
                waiting.go_on()
            elif now >= waiting.gives_up_at:
                waiting.give_up()
        self._watch()


@dataclass(frozen=True)
class _Waiting:
    """A request that waits for a connection; times are those of its loop.

    :param lent: set once it has one.
    :param insists_at: from when on it opens one of its own, if there may be one more at all.
    """

    lent: asyncio.Future[None]
    insists_at: float
    gives_up_at: float

    def go_on(self) -> None:
        """Let it go on; one that its caller has given up returns by itself what it was lent."""
        if not self.lent.done():
            self.lent.set_result(None)

    def give_up(self) -> None:
        if not self.lent.done():
            self.lent.set_exception(TimeoutError("no connection came back in time"))
