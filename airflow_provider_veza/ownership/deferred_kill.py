"""What becomes of a trigger's query when its wait is broken off: Airflow is asked, what nobody waits for is cancelled.

The wait itself is in :mod:`airflow_provider_veza.triggers.async_query`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from asgiref.sync import sync_to_async

from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.inquiries import Waiter
from airflow_provider_veza.async_query.standing import Answer, Standing, task_standing
from airflow_provider_veza.async_query.task_log import TaskLog
from airflow_provider_veza.exceptions import RecordError
from airflow_provider_veza.hooks.of_service import hook_of
from airflow_provider_veza.ownership.cancelling import CancelOutcome, cancel_command, try_to_cancel_async
from airflow_provider_veza.ownership.inquirer import answer_about
from airflow_provider_veza.ownership.noted_cancel import NotedCancel
from airflow_provider_veza.ownership.records.record_path import RecordPathStore, configured_record_path
from airflow_provider_veza.ownership.records.registry import RecordRegistry

T = TypeVar("T")

TOLD_AFTER_SECONDS = 25.0
"""Airflow 3.3 closes the log of a killed trigger after 30 s, by its default."""
KILL_BUDGET_SECONDS = 300.0
"""A triggerer that has just begun, on a busy machine, was seen to have no answer from Airflow for 51 s."""
ANSWER_SECONDS = 10.0
"""For Airflow to say once more that nobody waits, before a wait goes on that nobody ended."""
NOTE_PATIENCE_SECONDS = 2.0
"""Part of the budget of a kill: how long the record of a query is waited for that the service does not know."""
_under_way: set[asyncio.Task[Any]] = set()
"""What outlives its trigger; the loop alone would not keep it from being collected."""


@dataclass(frozen=True)
class DeferredKill:
    """The query of one trigger and the task instance that deferred on it.

    All it does is done in a task of its own, shielded: the triggerer cancels a killed trigger again every second, and a trigger
    that is cancelled meanwhile must end at once and by the word that it was cancelled with, which asgiref would lose.

    :param waiter: None where Airflow does not say whose trigger it is; then nothing is ever cancelled.
    """

    handle: QueryHandle
    conn_id: str
    waiter: Waiter | None
    log: TaskLog

    async def settle(self) -> None:
        """Ask Airflow whether anybody waits, and cancel the query if it says that nobody does."""
        await _apart(self._settle_and_tell())

    async def nobody_waits(self) -> bool:
        """Ask Airflow; no answer, or none in time, means that somebody may: the looks of this wait stand still meanwhile."""
        return await _apart(self._nobody_waits_in_time())

    async def cancel(self) -> None:
        """Cancel over a client of its own, and note a confirmed cancel where later attempts can read it."""
        await _apart(self._cancel())

    async def _nobody_waits_in_time(self) -> bool:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return (await self._standing()).nobody_waits
        except TimeoutError:
            return False

    async def _cancel(self) -> None:
        hook = hook_of(self.handle.service, self.conn_id)
        identity = None if self.waiter is None else self.waiter.identity
        others = NotedCancel(identity, self.handle, self.log, NOTE_PATIENCE_SECONDS)
        async with hook.connected():
            outcome = await try_to_cancel_async(hook.query(self.handle), self.log, others.is_there_async)
        if outcome is CancelOutcome.CANCELLED:
            await self._note_cancel()

    async def _settle_and_tell(self) -> None:
        telling = asyncio.get_running_loop().call_later(TOLD_AFTER_SECONDS, self._tell_of_delay)
        try:
            await self._settle_in_time()
        finally:
            telling.cancel()

    async def _settle_in_time(self) -> None:
        try:
            async with asyncio.timeout(KILL_BUDGET_SECONDS):
                standing = await self._standing()
                if standing.nobody_waits:
                    await self._cancel()
                else:
                    self.log.info(
                        "Query %s is left alone: its task %s, so somebody may wait.", self.handle.shown_id, standing
                    )
        except TimeoutError:
            self._tell_of_failure(f"after {KILL_BUDGET_SECONDS:g} s")
        except asyncio.CancelledError:
            self._tell_of_failure("by the end of its triggerer")
            raise

    def _tell_of_delay(self) -> None:
        self.log.warning(
            "The kill of a deferred task takes longer than %g s, since Airflow or the tenant does not answer, and goes on: "
            "query %s may still run. To cancel it by hand: %s",
            TOLD_AFTER_SECONDS,
            self.handle.shown_id,
            cancel_command(self.handle, self.conn_id),
        )

    def _tell_of_failure(self, by: str) -> None:
        self.log.warning(
            "The kill of a deferred task was broken off %s: query %s may still run. To cancel it by hand: %s",
            by,
            self.handle.shown_id,
            cancel_command(self.handle, self.conn_id),
        )

    async def _standing(self) -> Standing:
        if self.waiter is None:
            return Standing.UNKNOWN
        try:
            answer = await answer_about(self.waiter)
            is_deferred = await sync_to_async(_is_deferred, thread_sensitive=False)(answer, self.waiter, self.handle.id)
            return task_standing(answer, is_deferred=is_deferred, query_id=self.handle.id)
        except Exception as e:
            self.log.warning("Airflow does not say what became of the task of query %s: %s", self.handle.shown_id, e)
            return Standing.UNKNOWN

    async def _note_cancel(self) -> None:
        if self.waiter is None or not configured_record_path():
            return
        try:
            await sync_to_async(_note_cancel, thread_sensitive=False)(self.waiter, self.handle.id)
        except RecordError as e:
            self.log.warning("The cancel could not be noted: %s", e)


async def _apart(work: Coroutine[Any, Any, T]) -> T:
    task = asyncio.get_running_loop().create_task(work)
    _under_way.add(task)
    task.add_done_callback(_under_way.discard)
    return await asyncio.shield(task)


def _is_deferred(answer: Answer, waiter: Waiter, query_id: str) -> bool:
    """Whether the task still waits in the triggerer, as far as a trigger can tell: its record is read only where that matters.

    Airflow also takes the state from a running task whose scheduler died, and a trigger that was frozen may be its former one.
    """
    path = configured_record_path()
    if answer.state is not None or not path:
        return True
    record = RecordPathStore(path, waiter.identity).read().record
    return record is not None and record.is_of(query_id) and record.deferred


def _note_cancel(waiter: Waiter, query_id: str) -> None:
    registry = RecordRegistry(configured_record_path())
    record = registry.of_task(waiter.identity).read().record
    if record is not None and record.is_of(query_id):
        registry.note_cancel(record, f"the trigger of attempt {waiter.try_number}")
