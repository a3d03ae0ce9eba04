"""What a trigger does when it learns that nobody waits, from a kill or by asking; Airflow's answers are given here.

That Airflow really gives these answers is shown by the drills, on real triggerers.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.triggers.base import TriggerEvent

from airflow_provider_veza.async_query import inquiries
from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.identity import TaskIdentity
from airflow_provider_veza.async_query.inquiries import Waiter
from airflow_provider_veza.async_query.record import RecordState
from airflow_provider_veza.async_query.standing import Answer, Standing
from airflow_provider_veza.async_query.vocabulary import Snapshot
from airflow_provider_veza.hooks.bound import BoundQuery
from airflow_provider_veza.hooks.veza import VezaHook
from airflow_provider_veza.ownership import deferred_kill
from airflow_provider_veza.ownership.deferred_kill import DeferredKill
from airflow_provider_veza.ownership.inquirer import inquirer
from airflow_provider_veza.ownership.records.record_path import RecordPathStore
from airflow_provider_veza.ownership.records.registry import RecordRegistry
from airflow_provider_veza.services.veza_query import check_query
from airflow_provider_veza.triggers.async_query import AsyncQueryTrigger
from support.recorded import OF_TASK
from support.served_tenant import PAYROLL_ACCESS, cancelled_ids
from support.told_airflow import ToldAirflow
from support.virtual_time import run as run_in_virtual_time
from veza_emulator.http.server import RunningTenant
from veza_emulator.tenant.tenant import Tenant

CLEARED, ENDED, DEFERRED = Answer(None), Answer("failed"), Answer("deferred")


@pytest.fixture
def handle(running: RunningTenant) -> QueryHandle:
    deadline = Deadline.after(datetime.now(UTC), timedelta(hours=1))
    return VezaHook().submit(check_query(PAYROLL_ACCESS).query, deadline=deadline)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch, told_airflow: ToldAirflow) -> list[Answer | Exception]:
    """What Airflow answers, one after the other; the last for ever."""
    answers: list[Answer | Exception] = [DEFERRED]

    def answer() -> None:
        now = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(now, Exception):
            raise now
        told_airflow.answer = now

    told_airflow.before_answer = answer
    for name in ("FIRST_AFTER", "LONGEST_AFTER", "BETWEEN_INQUIRIES"):
        monkeypatch.setattr(inquiries, name, 0.0)
    return answers


def owner_of(handle: QueryHandle, *, cancel_on_kill: bool = True) -> AsyncQueryTrigger:
    trigger = AsyncQueryTrigger(handle.to_json(), fixed_interval=0.05, cancel_on_kill=cancel_on_kill)
    trigger.task_instance = SimpleNamespace(dag_id="d", task_id="t", run_id="r", map_index=-1, try_number=1)
    return trigger


def fired(trigger: AsyncQueryTrigger) -> Any:
    async def first() -> Any:
        return await anext(trigger.run())

    return asyncio.run(first()).payload


@pytest.mark.parametrize("answer", [CLEARED, ENDED, Answer(exists=False)])
def test_a_kill_cancels_what_nobody_waits_for(
    tenant: Tenant, handle: QueryHandle, answers: list[Answer | Exception], answer: Answer
) -> None:
    answers[:] = [answer]
    asyncio.run(owner_of(handle).on_kill())
    assert cancelled_ids(tenant) == [handle.id]


@pytest.fixture
def note_cancel(handle: QueryHandle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Note a cancel of the query, as the listener of marks does."""
    monkeypatch.setenv("AIRFLOW__VEZA__RECORD_PATH", str(tmp_path))
    monkeypatch.setattr(deferred_kill, "NOTE_PATIENCE_SECONDS", 60.0)
    registry = RecordRegistry(str(tmp_path))
    record = replace(OF_TASK, identity=TaskIdentity("d", "t", "r", -1), handle=handle, state=RecordState.SUBMITTED)
    registry.of_task(record.identity).write(record, None)
    return lambda: registry.note_cancel(record, "the listener of marks")


@pytest.mark.parametrize(("is_noted", "cancels"), [(True, 1), (False, 2)], ids=["noted", "not noted"])
def test_a_kill_cancels_what_the_service_does_not_know_unless_another_cancel_of_it_is_noted(
    tenant: Tenant,
    handle: QueryHandle,
    answers: list[Answer | Exception],
    note_cancel: Callable[[], None],
    is_noted: bool,
    cancels: int,
) -> None:
    answers[:] = [ENDED]
    VezaHook().cancel(handle)
    if is_noted:
        note_cancel()

    asyncio.run(owner_of(handle).on_kill())

    assert cancelled_ids(tenant) == [handle.id] * cancels


def test_a_noted_cancel_does_not_spare_a_query_that_still_runs(
    tenant: Tenant, handle: QueryHandle, answers: list[Answer | Exception], note_cancel: Callable[[], None]
) -> None:
    answers[:] = [ENDED]
    note_cancel()

    asyncio.run(owner_of(handle).on_kill())

    assert cancelled_ids(tenant) == [handle.id]


def test_a_record_that_cannot_be_read_tells_of_no_cancel(
    tenant: Tenant, handle: QueryHandle, answers: list[Answer | Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__VEZA__RECORD_PATH", "nowhere://at/all")
    answers[:] = [ENDED]
    VezaHook().cancel(handle)

    asyncio.run(owner_of(handle).on_kill())

    assert cancelled_ids(tenant) == [handle.id] * 2


@pytest.mark.parametrize("answer", [DEFERRED, Answer("running"), ConnectionError("no answer")])
def test_a_kill_leaves_alone_what_somebody_may_wait_for(
    tenant: Tenant, handle: QueryHandle, answers: list[Answer | Exception], answer: Answer | Exception
) -> None:
    answers[:] = [answer]
    asyncio.run(owner_of(handle).on_kill())
    assert cancelled_ids(tenant) == []


def test_a_waiter_that_does_not_own_the_query_never_cancels(
    tenant: Tenant, handle: QueryHandle, answers: list[Answer | Exception]
) -> None:
    answers[:] = [ENDED]
    asyncio.run(owner_of(handle, cancel_on_kill=False).on_kill())
    assert cancelled_ids(tenant) == []


def test_a_trigger_that_has_fired_cancels_nothing_since_its_task_goes_on_with_the_query(
    tenant: Tenant, handle: QueryHandle, answers: list[Answer | Exception]
) -> None:
    trigger = owner_of(replace(handle, deadline=Deadline(handle.submitted_at)))
    outcome = fired(trigger)["outcome"]
    answers[:] = [CLEARED]
    asyncio.run(trigger.on_kill())

    assert outcome == "DEADLINE_PASSED"
    assert cancelled_ids(tenant) == []


def test_airflow_is_not_asked_whether_anybody_waits_for_what_a_waiter_does_not_own(
    tenant: Tenant,
    handle: QueryHandle,
    answers: list[Answer | Exception],
    told_airflow: ToldAirflow,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers[:] = [CLEARED]
    looked, look = asyncio.Event(), BoundQuery.alook

    async def noting(query: BoundQuery, wait: float = 0.0) -> Snapshot:
        looked.set()
        return await look(query, wait)

    async def wait_beside_one_that_is_asked_about() -> TriggerEvent:
        with inquirer().about(Waiter(TaskIdentity("d", "another", "r", -1), 1)):
            event = asyncio.ensure_future(anext(owner_of(handle, cancel_on_kill=False).run()))
            await looked.wait()
            asked = len(told_airflow.inquiries)
            while len(told_airflow.inquiries) < asked + 3:
                await asyncio.sleep(0.001)
            tenant.finish(handle.id)
            return await event

    monkeypatch.setattr(BoundQuery, "alook", noting)
    assert asyncio.run(wait_beside_one_that_is_asked_about()).payload["outcome"] == "SUCCEEDED"
    assert {task for inquiry in told_airflow.inquiries for task in inquiry.task_ids} == {"another"}
    assert cancelled_ids(tenant) == []


def test_records_of_triggers_that_are_killed_together_are_read_side_by_side(
    tenant: Tenant,
    handle: QueryHandle,
    answers: list[Answer | Exception],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("AIRFLOW__VEZA__RECORD_PATH", str(tmp_path))
    answers[:] = [CLEARED]
    both_read = threading.Barrier(2)
    read = RecordPathStore.read

    def read_beside_the_other(store: RecordPathStore) -> Any:
        both_read.wait(60)
        return read(store)

    monkeypatch.setattr(RecordPathStore, "read", read_beside_the_other)

    async def kill_both() -> None:
        await asyncio.gather(owner_of(handle).on_kill(), owner_of(handle).on_kill())

    asyncio.run(kill_both())
    assert not both_read.broken


def test_a_wait_does_not_stand_still_until_airflow_confirms_that_nobody_waits(
    tenant: Tenant,
    handle: QueryHandle,
    answers: list[Answer | Exception],
    told_airflow: ToldAirflow,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deferred_kill, "ANSWER_SECONDS", 0.0)
    told_airflow.answer, told_airflow.before_answer = CLEARED, lambda: None
    tenant.finish(handle.id)

    assert fired(owner_of(handle))["outcome"] == "SUCCEEDED"
    assert cancelled_ids(tenant) == []


def test_a_cancel_goes_on_although_the_triggerer_cancels_the_trigger_again(
    tenant: Tenant, handle: QueryHandle, answers: list[Answer | Exception]
) -> None:
    answers[:] = [ENDED]

    async def kill_impatiently() -> None:
        killing = asyncio.ensure_future(owner_of(handle).on_kill())
        await asyncio.sleep(0)
        killing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await killing
        while deferred_kill._under_way:
            await asyncio.sleep(0)

    asyncio.run(kill_impatiently())
    assert cancelled_ids(tenant) == [handle.id]


@pytest.mark.parametrize(
    ("answers_after", "is_told", "is_cancelled"), [(20.0, False, True), (60.0, True, True), (400.0, True, False)]
)
def test_a_kill_that_takes_long_says_so_while_its_log_is_open_and_goes_on_for_minutes(
    handle: QueryHandle,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    answers_after: float,
    *,
    is_told: bool,
    is_cancelled: bool,
) -> None:
    cancelled = []

    async def stand_late(_: DeferredKill) -> Standing:
        await asyncio.sleep(answers_after)
        return Standing.ENDED

    async def cancel(_: DeferredKill) -> None:
        cancelled.append(handle.id)

    monkeypatch.setattr(DeferredKill, "_standing", stand_late)
    monkeypatch.setattr(DeferredKill, "_cancel", cancel)

    run_in_virtual_time(replace(owner_of(handle)._deferred_kill(), log=logging.getLogger(__name__)).settle())
    assert ("takes longer than 25 s" in caplog.text, bool(cancelled)) == (is_told, is_cancelled)
    assert ("broken off after 300 s" in caplog.text) is not is_cancelled


@pytest.mark.parametrize("until", ["asked", "looked"])
def test_a_kill_that_the_end_of_the_triggerer_breaks_off_says_that_the_query_may_still_run(
    tenant: Tenant,
    handle: QueryHandle,
    answers: list[Answer | Exception],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    until: str,
) -> None:
    answers[:] = [ENDED]
    reached = asyncio.Event()

    async def never(*_: Any) -> Any:
        reached.set()
        await asyncio.Event().wait()

    if until == "asked":
        monkeypatch.setattr(deferred_kill, "answer_about", never)
    else:
        monkeypatch.setattr(deferred_kill, "try_to_cancel_async", never)

    async def kill_and_end() -> None:
        kill = replace(owner_of(handle)._deferred_kill(), log=logging.getLogger(__name__))
        killing = asyncio.ensure_future(kill.settle())
        await reached.wait()
        killing.cancel()

    asyncio.run(kill_and_end())
    assert f"broken off by the end of its triggerer: query {handle.shown_id} may still run" in caplog.text
    assert "python -m airflow_provider_veza cancel" in caplog.text


def test_a_trigger_that_airflow_forgot_finds_out_and_cancels(
    tenant: Tenant, handle: QueryHandle, answers: list[Answer | Exception]
) -> None:
    answers[:] = [DEFERRED, ConnectionError("no answer"), CLEARED]
    assert fired(owner_of(handle))["outcome"] == "CANCELED"
    assert cancelled_ids(tenant) == [handle.id]


def test_a_trigger_that_is_waited_for_goes_on(
    tenant: Tenant, handle: QueryHandle, answers: list[Answer | Exception]
) -> None:
    tenant.finish(handle.id)
    assert fired(owner_of(handle))["outcome"] == "SUCCEEDED"
    assert cancelled_ids(tenant) == []


@pytest.mark.parametrize("asks", ["nobody_waits", "settle"])
def test_a_trigger_that_is_killed_while_it_asks_ends_at_once_by_the_word_it_was_killed_with(
    handle: QueryHandle,
    answers: list[Answer | Exception],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    asks: str,
) -> None:
    monkeypatch.setenv("AIRFLOW__VEZA__RECORD_PATH", str(tmp_path))
    answers[:] = [CLEARED]
    is_read, may_go_on = threading.Event(), threading.Event()
    read = RecordPathStore.read

    def read_slowly(store: RecordPathStore) -> Any:
        is_read.set()
        may_go_on.wait(60)
        return read(store)

    monkeypatch.setattr(RecordPathStore, "read", read_slowly)

    async def killed() -> BaseException:
        asking = asyncio.ensure_future(getattr(owner_of(handle)._deferred_kill(), asks)())
        await asyncio.to_thread(is_read.wait, 60)
        asking.cancel("user action")
        with pytest.raises(asyncio.CancelledError) as raised:
            await asking
        may_go_on.set()
        return raised.value

    assert asyncio.run(killed()).args == ("user action",)
