"""One query, bound once to the client that looks after it.

What a look means is decided in :mod:`airflow_provider_veza.async_query.watch`, when to cancel in
:mod:`airflow_provider_veza.async_query.service`.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, asynccontextmanager
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.layout import RowLayout
from airflow_provider_veza.async_query.message import Call
from airflow_provider_veza.async_query.pages import reading_end
from airflow_provider_veza.async_query.retry import ONE_ATTEMPT
from airflow_provider_veza.async_query.service import (
    AskWhetherCancelled,
    Cancellation,
    CancelStep,
    QueryService,
    cancel_flow,
    drive_flow,
    drive_flow_async,
)
from airflow_provider_veza.async_query.vocabulary import Page, Snapshot, Traits
from airflow_provider_veza.hooks.metrics import counted_beside_waits
from airflow_provider_veza.hooks.paging import AheadOfCaller, PageReader
from airflow_provider_veza.hooks.wall_clock import utc_now
from airflow_provider_veza.transport.clients import async_client_for, client_for
from airflow_provider_veza.transport.pacing import Turn
from airflow_provider_veza.transport.settings import TotalTimes
from airflow_provider_veza.transport.tokens import TOKENS

if TYPE_CHECKING:
    from airflow_provider_veza.hooks.base import AsyncQueryHook, HookSettings

BOUNDED_TIMEOUTS = (0.5, 1.0)
KILL_SECONDS = 1.75
"""For the look and the cancel of a process that is being killed, together: it waits two seconds for both to end."""
LAST_LOOK_SECONDS = 5.0
"""What a look has at least: one is made when the deadline has come, since the query may have ended in time."""


def countdown(seconds: float | None) -> Callable[[], float | None]:
    """Return what tells how many seconds are left from now on, never less than none; None where nothing is bounded."""
    if seconds is None:
        return lambda: None
    end = time.monotonic() + seconds
    return lambda: max(end - time.monotonic(), 0.0)


def nobody_knows() -> bool:
    """Tell that no confirmed cancel is known of."""
    return False


async def nobody_knows_async() -> bool:
    """Tell the same where it is awaited."""
    return False


class BoundQuery:
    """A query and its client. The first use of the service checks that both are of one tenant; until then nothing can fail.

    :param conn_id: the connection of the client.
    :param make_hook: returns the client; called at the first use, so that a connection that is gone fails there too.
    :param deadline: after which this caller wants no answer; None for one that may take as long as the connection allows.
    """

    def __init__(
        self,
        handle: QueryHandle,
        conn_id: str,
        make_hook: Callable[[], AsyncQueryHook],
        deadline: Deadline | None = None,
    ) -> None:
        self.handle = handle
        self.conn_id = conn_id
        self.deadline = deadline
        self._make_hook = make_hook
        self._looked_at: float | None = None
        self._last_look: tuple[HookSettings, float, Call[Snapshot]] | None = None

    def until(self, deadline: Deadline) -> BoundQuery:
        """Return the same query for a caller whose looks and pages end by the deadline."""
        return BoundQuery(self.handle, self.conn_id, lambda: self.hook, deadline)

    @cached_property
    def hook(self) -> AsyncQueryHook:
        """The client."""
        return self._make_hook()

    @cached_property
    def service(self) -> QueryService:
        """What the query's service says on the wire, as it must be to read answers about this query.

        :raises ForeignTenantError: when the handle is another tenant's.
        :raises HandleError: when the connection has no such service.
        """
        return self._service_by(self.hook.settings)

    @property
    def traits(self) -> Traits:
        """What the service can do."""
        return self.service.traits

    @property
    def layout(self) -> RowLayout:
        """How the rows become columns."""
        return self.service.layout

    def look(self, wait: float = 0.0) -> Snapshot:
        """Return how the query stands; a success that may still be an older result's counts as running.

        :param wait: seconds to wait on the server for its end, where the service can.
        :raises RequestError: when the look failed; this says nothing about the query.
        """
        began = utc_now()
        seen = self.hook.run(self.service.look(self.handle.id, wait), within=self._time_for_a_look(wait))
        return self.handle.as_seen(seen, began)

    def glance(self, seconds: float, most_bytes: int) -> Snapshot:
        """Look once, by a client of its own; nothing is repeated and nothing is waited for at the server.

        For a web server, which shows what it sees and decides nothing by it.

        :param seconds: for the look, and for the token that it may need.
        :param most_bytes: of the answer; no more is read.
        :raises AnswerTooLargeError: when the answer is longer, as that about an ended ES|QL query may be.
        :raises RequestError: when the look failed; this says nothing about the query.
        """
        look = self.service.look(self.handle.id, 0.0)
        with client_for(self.hook.settings.transport.bounded(most_bytes)) as client:
            return client.run(look, retry=ONE_ATTEMPT, within=seconds)

    def pages(self) -> Iterator[Page]:
        """Yield the pages of the succeeded query, one request each.

        :raises RepeatedPageTokenError: when a page leads back to an earlier one.
        :raises QueryGoneError: when the result vanishes in between.
        :raises ResultsDeadlineError: when the deadline comes in between.
        :raises EndlessPagesError: when page after page brings no rows.
        """
        return self._page_reader(self.service).pages(self.hook.run)

    @asynccontextmanager
    async def reading_ahead(self, first_token: str | None = None) -> AsyncIterator[AheadOfCaller]:
        """Read pages in a worker over a client of its own, the next one in flight while the caller works on this one.

        :param first_token: the token of the page to begin with; None for the first.
        """
        transport = await asyncio.to_thread(async_client_for, self.hook.settings.transport)
        transport.read_on_the_loop_bytes = math.inf  # This loop has nothing else to do.
        reader = self._page_reader(self.service, first_token)
        pages = reader.pages_ahead(lambda call, retry, within: transport.run(call, retry=retry, within=within))
        try:
            with counted_beside_waits():
                yield AheadOfCaller(reader, pages)
        finally:
            await pages.aclose()
            await transport.close()

    def cancel(self, is_cancelled: Callable[[], bool] = nobody_knows) -> Cancellation:
        """Look once, and cancel the query only if it still runs, is ours and can be cancelled.

        Both together have the connection's total time of a cancel.

        :param is_cancelled: asked in that time where the service does not know the query: whether somebody else's cancel is
            confirmed, so that none need be sent.
        :raises RequestError: when the look or the cancel failed: the query may still run.
        """
        left = countdown(self._total_times.cancel)
        return self._cancelled(lambda call: self.hook.run(call, within=left()), is_cancelled)

    def cancel_now(self, is_cancelled: Callable[[], bool] = nobody_knows) -> Cancellation:
        """Cancel as :meth:`cancel` does, in at most two seconds of network time: own session, short timeouts, nothing repeated.

        For a process that is being killed. The connection and the token must have been used before.

        :param is_cancelled: as for :meth:`cancel`.
        """
        with TOKENS.telling_nobody(), client_for(self.hook.settings.transport) as transport:
            send = partial(transport.run, retry=ONE_ATTEMPT, timeout=BOUNDED_TIMEOUTS, turn=Turn.AT_ONCE)
            left = countdown(min(KILL_SECONDS, self._total_times.cancel))
            return self._cancelled(lambda call: send(call, within=left()), is_cancelled)

    def _cancelled(self, send: Callable[[Call[Any]], Any], is_cancelled: Callable[[], bool]) -> Cancellation:
        def answer(step: CancelStep) -> Any:
            return is_cancelled() if isinstance(step, AskWhetherCancelled) else send(step)

        return drive_flow(cancel_flow(self.service, self.handle, utc_now()), answer)

    def release(self) -> None:
        """Let the service forget the result of the ended query, where it would keep it.

        :raises RequestError: when that failed: the service keeps the result until it expires.
        """
        if self.traits.keeps_result and self.handle.owned:
            self.hook.run(self.service.release(self.handle.id))

    async def aservice(self) -> QueryService:
        """Return the service; the async twin of :attr:`service`, by settings that may have changed since the last call."""
        return self._service_by(await self.hook.settings_about(self.handle, self._time_for_a_look(0.0)))

    async def alook(self, wait: float = 0.0) -> Snapshot:
        """Return how the query stands; the async twin of :meth:`look`."""
        began = utc_now()
        settings = await self.hook.settings_about(self.handle, self._time_for_a_look(wait))
        look = self._look_by(settings, wait)
        every = None if self._looked_at is None else time.monotonic() - self._looked_at
        try:
            seen = await self.hook.arun(look, within=self._time_for_a_look(wait), every=every, settings=settings)
            return self.handle.as_seen(seen, began)
        finally:
            self._looked_at = time.monotonic()

    def _look_by(self, settings: HookSettings, wait: float) -> Call[Snapshot]:
        """Return the call of a look, the same as long as nothing about it changes."""
        last = self._last_look
        if last is None or last[0] is not settings or last[1] != wait:
            last = self._last_look = settings, wait, self._service_by(settings).look(self.handle.id, wait)
        return last[2]

    def _service_by(self, settings: HookSettings) -> QueryService:
        self.handle.require_tenant(settings.tenant)
        return self.hook.service_for(self.handle, settings)

    async def apages(self) -> AsyncGenerator[Page]:
        """Yield the pages of the succeeded query; the async twin of :meth:`pages`."""
        reader = self._page_reader(await self.aservice())
        pages = reader.pages_ahead(lambda call, retry, within: self.hook.arun(call, retry=retry, within=within))
        async with aclosing(pages):
            async for page in pages:
                yield page

    async def acancel(self, is_cancelled: Callable[[], Awaitable[bool]] = nobody_knows_async) -> Cancellation:
        """Cancel what still runs, ahead of all looks; the async twin of :meth:`cancel`."""
        flow = cancel_flow(await self.aservice(), self.handle, utc_now())
        left = countdown(self._total_times.cancel)

        async def answer(step: CancelStep) -> Any:
            if isinstance(step, AskWhetherCancelled):
                return await is_cancelled()
            return await self.hook.arun(step, Turn.AT_ONCE, within=left())

        return await drive_flow_async(flow, answer)

    @property
    def _total_times(self) -> TotalTimes:
        return self.hook.settings.transport.total_times

    def _page_reader(self, service: QueryService, first_token: str | None = None) -> PageReader:
        end = None if self.deadline is None else reading_end(self.deadline, utc_now(), self._total_times.page)
        return PageReader(service, self.handle.id, self.hook.log, first_token, end)

    def _time_for_a_look(self, wait: float) -> float | None:
        if self.deadline is None:
            return None
        return max(self.deadline.remaining(utc_now()).total_seconds(), wait + LAST_LOOK_SECONDS)
