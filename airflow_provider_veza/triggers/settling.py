"""What becomes of a trigger's query when its wait is broken off: Airflow is asked, and what nobody waits for is cancelled."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from asgiref.sync import sync_to_async

from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.identity import TaskIdentity
from airflow_provider_veza.async_query.task_log import TaskLog
from airflow_provider_veza.exceptions import RecordError
from airflow_provider_veza.hooks.cancelling import cancel_command, try_to_cancel_async
from airflow_provider_veza.hooks.of_service import hook_of
from airflow_provider_veza.records.record_path import RecordPathStore, configured_record_path
from airflow_provider_veza.records.store import note_cancel
from airflow_provider_veza.triggers.task_fate import Fate, TaskKey, ask_fate, nobody_waits

KILL_BUDGET_SECONDS = 25.0
_under_way: set[asyncio.Task[None]] = set()
"""Settlements that outlive their trigger; the loop alone would not keep them from being collected."""


@dataclass(frozen=True)
class Settling:
    """The query of one trigger and the task instance that deferred on it.

    :param key: None where Airflow does not say whose trigger it is; then nothing is ever cancelled.
    """

    handle: QueryHandle
    conn_id: str
    key: TaskKey | None
    log: TaskLog

    async def after_kill(self) -> None:
        """Settle in a task of its own, shielded: the triggerer cancels a killed trigger again every second."""
        settling = asyncio.get_running_loop().create_task(self._settle())
        _under_way.add(settling)
        settling.add_done_callback(_under_way.discard)
        await asyncio.shield(settling)

    async def nobody_waits(self) -> bool:
        """Ask Airflow; no answer means that somebody may."""
        return nobody_waits(await self._fate(), self.handle.id)

    async def cancel(self) -> None:
        """Note the cancel where later attempts can read it, then cancel over a client of its own."""
        await self._note_cancel()
        hook = hook_of(self.handle.service, self.conn_id)
        async with hook.connected():
            await try_to_cancel_async(self.log, self.handle, self.conn_id, hook.acancel)

    async def _settle(self) -> None:
        try:
            async with asyncio.timeout(KILL_BUDGET_SECONDS):
                fate = await self._fate()
                if nobody_waits(fate, self.handle.id):
                    await self.cancel()
                else:
                    state = fate.state if fate.known else "unknown"
                    self.log.info(
                        "Query %s is left alone: its task is %s, so somebody may wait.", self.handle.id, state
                    )
        except TimeoutError:
            self.log.warning(
                "Query %s could not be cancelled within %s s and may still run. To cancel it by hand: %s",
                self.handle.id,
                KILL_BUDGET_SECONDS,
                cancel_command(self.handle, self.conn_id),
            )

    async def _fate(self) -> Fate:
        if self.key is None:
            return Fate(known=False)
        try:
            return await ask_fate(self.key)
        except Exception as e:
            self.log.warning("Airflow does not say what became of the task of query %s: %s", self.handle.id, e)
            return Fate(known=False)

    async def _note_cancel(self) -> None:
        key, path = self.key, configured_record_path()
        if key is None or not path:
            return
        store = RecordPathStore(path, TaskIdentity(key.dag_id, key.task_id, key.run_id, key.map_index))
        try:
            await sync_to_async(note_cancel)(store, self.handle.id, key.try_number)
        except RecordError as e:
            self.log.warning("The cancel could not be noted: %s", e)
