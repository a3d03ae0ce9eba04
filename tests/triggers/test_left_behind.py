"""A trigger that is cancelled leaves nothing behind, wherever it was: no place in line, no connection, no client, no task."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Coroutine, Generator
from datetime import UTC, datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.triggers.base import TriggerEvent

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.process_counts import COUNTS
from airflow_provider_veza.hooks import base
from airflow_provider_veza.hooks.settings_cache import SettingsCache
from airflow_provider_veza.hooks.veza import VezaHook
from airflow_provider_veza.ownership.inquirer import Inquirer
from airflow_provider_veza.services.veza_query import check_query
from airflow_provider_veza.transport import aio, shared
from airflow_provider_veza.transport.origin import Origin
from airflow_provider_veza.transport.sparing_aiohttp import SparingConnector
from airflow_provider_veza.transport.turnstile import turnstile_of
from airflow_provider_veza.triggers.async_query import AsyncQueryTrigger
from support.served_tenant import PAYROLL_ACCESS
from support.told_airflow import ToldAirflow
from veza_emulator.http.server import RunningTenant
from veza_emulator.tenant.faults import Fault, FaultKind

LATEST = 30
"""The last point of a wait that is tried; it looks for the second time before."""


@pytest.fixture
def connectors(monkeypatch: pytest.MonkeyPatch) -> list[SparingConnector]:
    """All that are made."""
    made: list[SparingConnector] = []

    class Noted(SparingConnector):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            made.append(self)

    monkeypatch.setattr(aio, "SparingConnector", Noted)
    return made


def owner_of(handle: QueryHandle) -> AsyncQueryTrigger:
    trigger = AsyncQueryTrigger(handle.to_json(), fixed_interval=0.001, cancel_on_kill=True)
    trigger.task_instance = SimpleNamespace(dag_id="d", task_id="t", run_id="r", map_index=-1, try_number=1)
    return trigger


@types.coroutine
def cancelled_at(suspension: int, wait: Coroutine[Any, Any, Any]) -> Generator[Any, Any, None]:
    """Run what never ends by itself in the current task, and cancel that where it is suspended for the so manieth time."""
    steps, task = wait.__await__(), asyncio.current_task()
    assert task is not None
    waited_for = next(steps)
    for number in count():
        if number == suspension:
            task.cancel()
        try:
            yield waited_for
        except asyncio.CancelledError as e:
            waited_for = steps.throw(e)
        else:
            waited_for = next(steps)


async def left_by(suspension: int, trigger: AsyncQueryTrigger) -> set[str]:
    """Return the tasks that are left of a trigger that was cancelled."""

    async def wait() -> None:
        await cancelled_at(suspension, first_event(trigger))

    waiting = asyncio.create_task(wait())
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.sleep(0)
    return {str(task.get_coro()) for task in asyncio.all_tasks() - {asyncio.current_task()}}


async def first_event(trigger: AsyncQueryTrigger) -> TriggerEvent:
    return await anext(trigger.run())


@pytest.mark.parametrize("answers", ["well", "with errors"])
def test_a_trigger_can_be_cancelled_at_every_point(
    running: RunningTenant,
    monkeypatch: pytest.MonkeyPatch,
    told_airflow: ToldAirflow,
    connectors: list[SparingConnector],
    answers: str,
) -> None:
    handle = VezaHook().submit(
        check_query(PAYROLL_ACCESS).query, deadline=Deadline.after(datetime.now(UTC), timedelta(hours=1))
    )
    if answers == "with errors":
        running.tenant.faults.add(Fault(FaultKind.STATUS, status=503, times=100_000))
    for suspension in range(LATEST):
        monkeypatch.setattr(base, "SETTINGS_CACHE", SettingsCache())
        tasks = asyncio.run(left_by(suspension, owner_of(handle)))

        assert [task for task in tasks if Inquirer._keep_asking.__qualname__ not in task] == []
        assert shared._leases == {}
        assert len(turnstile_of(Origin.of(running.url))._line) == 0
        assert all(each.closed and each._lending._lent == 0 and not each._waiting for each in connectors)
        assert COUNTS.waiting == 0
    assert connectors
    assert sum("async_get" in entry.path for entry in running.tenant.journal.entries()) > LATEST / 3
