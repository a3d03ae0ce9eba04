"""What every hook of an asynchronous query can do, sync and async: look, pages, cancel; no service's own words may enter.

One query and its client are bound in :mod:`.bound`.
"""

from __future__ import annotations

import asyncio
import os
from abc import abstractmethod
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from functools import cached_property
from typing import Any, Protocol, TypeVar, cast

from airflow.providers.common.compat.sdk import AirflowNotFoundException, BaseHook

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.message import Call
from airflow_provider_veza.async_query.retry import RetryPolicy
from airflow_provider_veza.async_query.service import Cancellation, Flow, QueryService, drive_flow, drive_flow_async
from airflow_provider_veza.async_query.vocabulary import Page, Snapshot
from airflow_provider_veza.exceptions import (
    ConnectionSettingsError,
    ForbiddenError,
    MalformedResponseError,
    NotSentError,
    RedirectRefusedError,
    RefusedError,
    UnauthorizedError,
)
from airflow_provider_veza.hooks import masking  # noqa: F401  # From here on Airflow masks what is fetched.
from airflow_provider_veza.hooks.airflow_connections import aconnection_of, connection_of, why_not_found
from airflow_provider_veza.hooks.bound import BoundQuery
from airflow_provider_veza.hooks.metrics import counted_beside_waits
from airflow_provider_veza.hooks.settings_cache import SETTINGS_CACHE
from airflow_provider_veza.transport import shared
from airflow_provider_veza.transport.client import AsyncClient, Client, ClientSettings
from airflow_provider_veza.transport.clients import client_for
from airflow_provider_veza.transport.pacing import Turn

T = TypeVar("T")


class HookSettings(Protocol):
    """What a connection of any service says, as far as the lifecycle cares."""

    @property
    def transport(self) -> ClientSettings:
        """How to reach the tenant."""
        ...

    @property
    def tenant(self) -> str:
        """Base URL of the tenant."""
        ...

    def ui_url(self, query_id: str) -> str:
        """Where people can look at the query."""
        ...


_MENDED_BY_CONNECTION = (
    UnauthorizedError,
    ForbiddenError,
    NotSentError,
    RedirectRefusedError,
    MalformedResponseError,
)


class _Naming:
    """Lets errors that an edit of the connection mends say which one it is; a context for any number of calls at once."""

    def __init__(self, conn_id: str) -> None:
        self._conn_id = conn_id

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, _MENDED_BY_CONNECTION) or (isinstance(error, RefusedError) and not error.of_service):
            error.also_about(f"Airflow connection {self._conn_id!r}")


class AsyncQueryHook(BaseHook):
    """A client of the services behind one Airflow connection.

    Sync methods are for workers. Their async twins are for triggers and must run inside ``async with hook.connected()``:
    there, all triggers of one process share one HTTP client per connection, and the connection is looked up afresh every
    minute and after a 401, so that a rotated key reaches tasks that have waited for hours.
    """

    conn_name_attr: str
    conn_type: str

    def __init__(self, *, logger_name: str | None = None) -> None:
        super().__init__(logger_name=logger_name)
        self._settings: HookSettings | None = None
        self._transport: Client | None = None
        self._shared: AsyncClient | None = None

    @property
    def conn_id(self) -> str:
        """The Airflow connection."""
        return str(getattr(self, self.conn_name_attr))

    @abstractmethod
    def submit(self, query: Any, *, deadline: Deadline) -> QueryHandle:
        """Submit a query and return its handle.

        :param deadline: after which nobody wants the answer; the handle carries it.
        """

    @abstractmethod
    def read_settings(self, conn: Any) -> HookSettings:
        """Check an Airflow connection and return what it says.

        :raises ConnectionSettingsError: naming the connection, the field and what to put there.
        """

    @abstractmethod
    def service_for(self, handle: QueryHandle, settings: HookSettings) -> QueryService:
        """Return the service as it must be to read answers about this query; :meth:`query` is the way to it.

        :raises HandleError: when this connection has no such service.
        """

    def query(self, handle: QueryHandle) -> BoundQuery:
        """Return a query bound to this client."""
        return BoundQuery(handle, self.conn_id, lambda: self)

    @property
    def settings(self) -> HookSettings:
        """What the connection says; looked up once for this hook.

        :raises ConnectionSettingsError: when the connection is not defined or malformed.
        """
        if self._settings is None:
            with self._naming_what_is_missing():
                conn = connection_of(type(self), self.conn_id)
            self._settings = self.read_settings(conn)
        return self._settings

    @property
    def tenant(self) -> str:
        """Base URL of the tenant."""
        return self.settings.tenant

    def run(self, call: Call[T], retry: RetryPolicy | None = None, within: float | None = None) -> T:
        """Send one call and return what it read.

        :param retry: instead of the usual repetitions.
        :param within: seconds after which nobody wants the answer, if that is sooner than the connection's total times.
        :raises RequestError: when the request failed, after the repetitions that may heal it.
        """
        if self._transport is None:
            self._transport = client_for(self.settings.transport)
        with self._naming_itself, counted_beside_waits():
            return self._transport.run(call, retry=retry, within=within)

    def run_flow(self, flow: Flow[T]) -> T:
        """Send one call after the other, as the flow decides, and return its result."""
        return drive_flow(flow, self.run)

    def look(self, handle: QueryHandle, wait: float = 0.0) -> Snapshot:
        """Return how the query stands; a success that may still be an older result's counts as running.

        :param wait: seconds to wait on the server for its end, where the service can.
        :raises ForeignTenantError: when the handle is another tenant's.
        :raises RequestError: when the look failed; this says nothing about the query.
        """
        return self.query(handle).look(wait)

    def pages(self, handle: QueryHandle) -> Iterator[Page]:
        """Yield the pages of a succeeded query, one request each.

        :raises RepeatedPageTokenError: when a page leads back to an earlier one.
        :raises QueryGoneError: when the result vanishes in between.
        """
        return self.query(handle).pages()

    def cancel(self, handle: QueryHandle) -> Cancellation:
        """Look once, and cancel the query only if it still runs, is ours and can be cancelled.

        :raises RequestError: when the look or the cancel failed: the query may still run.
        """
        return self.query(handle).cancel()

    def release(self, handle: QueryHandle) -> None:
        """Let the service forget the result of an ended query, where it would keep it.

        :raises RequestError: when that failed: the service keeps the result until it expires.
        """
        self.query(handle).release()

    def cancel_now(self, handle: QueryHandle) -> Cancellation:
        """Cancel as :meth:`cancel` does, in at most two seconds of network time: own session, short timeouts, nothing repeated.

        For a process that is being killed. The connection and the token must have been used before.
        """
        return self.query(handle).cancel_now()

    def close(self) -> None:
        """Close the sync client; it opens again when needed."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[AsyncQueryHook]:
        """Hold a share of this process's client for the connection; the last holder's exit closes it."""
        try:
            yield self
        finally:
            await self._release()

    async def arun(
        self,
        call: Call[T],
        turn: Turn = Turn.IN_LINE,
        retry: RetryPolicy | None = None,
        within: float | None = None,
        every: float | None = None,
        settings: HookSettings | None = None,
    ) -> T:
        """Send one call; the async twin of :meth:`run`.

        :param turn: whether it waits behind the other requests of this process when they come too fast.
        :param every: seconds between two such calls of the caller, by which that wait is measured.
        :param settings: what the connection says, where the caller has just asked.
        """
        used = settings or await self._asettings()
        with self._naming_itself:
            try:
                return await (await self._shared_transport(used)).run(
                    call, turn=turn, retry=retry, within=within, every=every
                )
            except UnauthorizedError:
                renewed = await self._arenewed_settings(used)
                if renewed == used:
                    raise
                return await (await self._shared_transport(renewed)).run(
                    call, turn=turn, retry=retry, within=within, every=every
                )

    async def arun_flow(self, flow: Flow[T]) -> T:
        """Send one call after the other; the async twin of :meth:`run_flow`."""
        return await drive_flow_async(flow, self.arun)

    async def alook(self, handle: QueryHandle, wait: float = 0.0) -> Snapshot:
        """Return how the query stands; the async twin of :meth:`look`."""
        return await self.query(handle).alook(wait)

    async def apages(self, handle: QueryHandle) -> AsyncIterator[Page]:
        """Yield the pages of a succeeded query; the async twin of :meth:`pages`."""
        async with aclosing(self.query(handle).apages()) as pages:
            async for page in pages:
                yield page

    async def acancel(self, handle: QueryHandle) -> Cancellation:
        """Cancel what still runs, ahead of all looks; the async twin of :meth:`cancel`."""
        return await self.query(handle).acancel()

    async def settings_about(self, handle: QueryHandle, within: float | None = None) -> HookSettings:
        """Return what the connection says, looked up anew where it leads to another tenant than the handle's.

        :param within: seconds after which nobody waits for it any more; None where nothing bounds the wait.
        :raises NotSentError: when Airflow has not said it by then.
        """
        settings = await self._asettings(within)
        return settings if settings.tenant == handle.tenant else await self._arenewed_settings(settings)

    @cached_property
    def _cache_key(self) -> tuple[str, str]:
        return type(self).__qualname__, self.conn_id

    async def _asettings(self, within: float | None = None) -> HookSettings:
        settings: HookSettings = SETTINGS_CACHE.fresh(self._cache_key) or await self._cached_settings(within)
        self._settings = settings
        return settings

    async def _cached_settings(self, within: float | None) -> HookSettings:
        try:
            async with asyncio.timeout(within):
                settings: HookSettings = await SETTINGS_CACHE.get(self._cache_key, self._look_up_settings)
                return settings
        except TimeoutError:
            raise NotSentError(
                "Airflow did not say in time what the connection holds, so nothing was sent. The query is as it was; the next "
                "look asks again.",
                about=f"Airflow connection {self.conn_id!r}",
            ) from None

    async def _arenewed_settings(self, outdated: HookSettings) -> HookSettings:
        SETTINGS_CACHE.forget(self._cache_key, outdated)
        return await self._asettings()

    async def _look_up_settings(self) -> HookSettings:
        with self._naming_what_is_missing():
            conn = await aconnection_of(type(self), self.conn_id)
        return self.read_settings(conn)

    @cached_property
    def _naming_itself(self) -> _Naming:
        return _Naming(self.conn_id)

    @contextmanager
    def _naming_what_is_missing(self) -> Iterator[None]:
        try:
            yield
        except AirflowNotFoundException as e:
            problem = why_not_found(self.conn_id, self.conn_type, os.environ)
            error = ConnectionSettingsError(f"Airflow connection {self.conn_id!r} {problem}. Nothing was sent.")
            # Airflow says the same while a secrets backend cannot be reached, and that may heal.
            error.heals = True
            raise error from e

    async def _shared_transport(self, settings: HookSettings) -> AsyncClient:
        wanted = settings.transport
        if self._shared is not None and self._shared.settings is wanted:
            return self._shared
        if self._shared is not None and self._shared.settings != wanted:
            await self._release()
        if self._shared is None:
            await self._keep(await shared.acquire(wanted))
        return cast("AsyncClient", self._shared)

    async def _keep(self, acquired: AsyncClient) -> None:
        """Keep one share, however many calls of this hook began at once."""
        if self._shared is None:
            self._shared = acquired
        else:
            await shared.release(acquired)

    async def _release(self) -> None:
        if self._shared is not None:
            transport, self._shared = self._shared, None
            await shared.release(transport)
