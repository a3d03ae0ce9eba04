"""The one trigger of all services: waits for a query and cancels it when Airflow says that nobody waits any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from datetime import datetime
from functools import partial
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_provider_veza.async_query.deadline import Deadline, utc_from_iso
from airflow_provider_veza.async_query.declared_types import mistyped_field
from airflow_provider_veza.async_query.event import WaitEvent
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.inquiries import Waiter
from airflow_provider_veza.async_query.polling import PollSchedule
from airflow_provider_veza.async_query.progress import ProgressLog
from airflow_provider_veza.async_query.vocabulary import Snapshot
from airflow_provider_veza.async_query.watch import Ended, Outcome, Watch
from airflow_provider_veza.exceptions import AsyncQueryError, HandleError
from airflow_provider_veza.hooks.airflow_connections import WHY_IS_LOST
from airflow_provider_veza.hooks.bound import BoundQuery
from airflow_provider_veza.hooks.of_service import hook_of
from airflow_provider_veza.hooks.waiting import wait_async
from airflow_provider_veza.hooks.wall_clock import utc_now
from airflow_provider_veza.ownership.airflow_versions import CALLS_TRIGGER_ON_KILL
from airflow_provider_veza.ownership.deferred_kill import DeferredKill
from airflow_provider_veza.ownership.inquirer import Doubt, inquirer

TRIGGER_VERSION = 1


class AsyncQueryTrigger(BaseTrigger):
    """Fires once, with a :class:`~airflow_provider_veza.async_query.event.WaitEvent`, when the wait has ended.

    Its arguments are stored in plain text by Airflow 3.3, so only names, times and the handle are among them, no credential;
    the connection is looked up where it runs. It never raises: a failure is an outcome.

    A kill is told apart from a restart or a move to another triggerer by asking Airflow about the task instance, see
    :func:`~airflow_provider_veza.async_query.standing.task_standing`. No query is cancelled if the task is killed while no
    triggerer runs: nobody is there to do it.

    :param handle: of the query, as plain JSON.
    :param conn_id: the waiter's connection; by default the handle's.
    :param deadline: ISO 8601, UTC; by default the handle's.
    :param cancel_on_kill: whether the query ends with the wait; false for a waiter that does not own it.
    :param not_before: ISO 8601, UTC; the event is held back until then, for a query that ends sooner than Airflow can bear.
    :param later: arguments of a later version of this class, ignored: deferred tasks outlive upgrades and downgrades.
    """

    def __init__(
        self,
        handle: dict[str, Any],
        conn_id: str = "",
        deadline: str = "",
        min_interval: float = 1.0,
        max_interval: float = 30.0,
        fixed_interval: float | None = None,
        cancel_on_kill: bool = False,
        not_before: str = "",
        doubles_from: float | None = None,
        v: int = TRIGGER_VERSION,
        **later: Any,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # untyped on Airflow 3.2 and 3.3
        del later
        self.v = v
        self.handle = QueryHandle.from_json(handle)
        self.conn_id = conn_id or self.handle.conn_id
        self.cancel_on_kill = cancel_on_kill
        try:
            self.deadline = Deadline(utc_from_iso(deadline)) if deadline else self.handle.deadline
            self.schedule = _of_numbers(PollSchedule(min_interval, max_interval, fixed_interval, doubles_from))
            self.not_before = utc_from_iso(not_before) if not_before else self.handle.submitted_at
        except (TypeError, ValueError, OverflowError) as e:
            raise HandleError(
                f"The stored arguments of a wait cannot be read ({e}). The query is as it was; a retry goes on waiting for it."
            ) from e
        self._fired = False

    @classmethod
    def of(cls, watch: Watch, *, conn_id: str, cancel_on_kill: bool, not_before: datetime) -> AsyncQueryTrigger:
        """Return the trigger that goes on with ``watch``."""
        return cls(
            watch.handle.to_json(),
            conn_id,
            watch.deadline.at.isoformat(),
            watch.schedule.min_interval,
            watch.schedule.max_interval,
            watch.schedule.fixed_interval,
            cancel_on_kill,
            not_before.isoformat(),
            watch.schedule.doubles_from,
        )

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what rebuilds this trigger in any triggerer, as plain JSON types."""
        return (
            "airflow_provider_veza.triggers.async_query.AsyncQueryTrigger",
            {
                "v": TRIGGER_VERSION,
                "handle": self.handle.to_json(),
                "conn_id": self.conn_id,
                "deadline": self.deadline.at.isoformat(),
                "min_interval": self.schedule.min_interval,
                "max_interval": self.schedule.max_interval,
                "fixed_interval": self.schedule.fixed_interval,
                "cancel_on_kill": self.cancel_on_kill,
                "not_before": self.not_before.isoformat(),
                "doubles_from": self.schedule.doubles_from,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait, and fire. Nothing follows the event: an await there would look like a kill to Airflow."""
        try:
            ended = await self._wait()
            await asyncio.sleep((self.not_before - utc_now()).total_seconds())
        except asyncio.CancelledError as e:
            # Airflow calls on_kill by what it cancelled with, unless that is lost.
            if not CALLS_TRIGGER_ON_KILL or e.args == (WHY_IS_LOST,):
                await self._settle_kill()
            raise
        self._fired = True
        yield TriggerEvent(WaitEvent(self.handle, ended).to_json())

    async def on_kill(self) -> None:
        """Cancel the query, if Airflow confirms that nobody waits for it (Airflow 3.3 and later call this)."""
        await self._settle_kill()

    async def _settle_kill(self) -> None:
        if self.cancel_on_kill and not self._fired:
            await self._deferred_kill().settle()

    async def _wait(self) -> Ended:
        try:
            hook = hook_of(self.handle.service, self.conn_id)
            async with hook.connected():
                with inquirer().about(self._waiter if self.cancel_on_kill else None) as doubt:
                    query = BoundQuery(self.handle, hook.conn_id, lambda: hook, self.deadline)
                    look = partial(self._look, query, doubt)
                    return await wait_async(await self._watch(query), look, self.log)
        except _NobodyWaitsError:
            await self._deferred_kill().cancel()
            return Ended(Outcome.CANCELED, "its task was cleared, or is over")
        except AsyncQueryError as e:
            return Ended(Outcome.UNREACHABLE if e.heals else Outcome.REFUSED, f"{type(e).__name__}: {e}")
        except Exception as e:
            self.log.exception("The trigger could not go on waiting for query %s.", self.handle.shown_id)
            return Ended(Outcome.UNREACHABLE, f"{type(e).__name__}: {e}")

    def _look(self, query: BoundQuery, doubt: Doubt, wait: float) -> Awaitable[Snapshot]:
        """Look, unless Airflow, asked beside all looks, said that nobody waits."""
        return self._look_in_doubt(query, doubt, wait) if doubt.is_there else query.alook(wait)

    async def _look_in_doubt(self, query: BoundQuery, doubt: Doubt, wait: float) -> Snapshot:
        """Look, unless Airflow says again that nobody waits.

        It does not end the trigger of a task that is cleared while its DAG is paused or no slot is free.
        """
        doubt.is_there = False
        if await self._deferred_kill().nobody_waits():
            raise _NobodyWaitsError
        return await query.alook(wait)

    async def _watch(self, query: BoundQuery) -> Watch:
        traits = (await query.aservice()).traits
        return Watch(self.handle, traits, self.schedule, self.deadline, progress=ProgressLog(is_taken_up=True))

    @property
    def _waiter(self) -> Waiter | None:
        return Waiter.of(getattr(self, "task_instance", None))

    def _deferred_kill(self) -> DeferredKill:
        return DeferredKill(self.handle, self.conn_id, self._waiter, self.log)


class _NobodyWaitsError(Exception):
    """Ends the wait of a trigger that Airflow has forgotten."""


def _of_numbers(stored: PollSchedule) -> PollSchedule:
    """Return a stored schedule.

    :raises TypeError: when it holds what is no number.
    """
    if mistyped := mistyped_field(stored):
        raise TypeError(f"{mistyped} is no number")
    return stored
