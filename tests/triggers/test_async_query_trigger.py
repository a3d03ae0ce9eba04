"""AsyncQueryTrigger: what it stores, what it fires, and that it never raises."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.hooks import base, bound
from airflow_provider_veza.hooks.settings_cache import SettingsCache
from airflow_provider_veza.hooks.veza import VezaHook
from airflow_provider_veza.ownership.airflow_versions import CALLS_TRIGGER_ON_KILL
from airflow_provider_veza.services.veza_query import check_query
from airflow_provider_veza.triggers.async_query import AsyncQueryTrigger
from support.served_tenant import AT_ONCE, PAYROLL_ACCESS, cancelled_ids, connect
from support.task_run import fire, fire_late
from veza_emulator.http.server import RunningTenant
from veza_emulator.tenant.behaviours import Behaviour
from veza_emulator.tenant.faults import Fault, FaultKind


def submitted(**arguments: Any) -> QueryHandle:
    query = check_query(PAYROLL_ACCESS, **arguments).query
    return VezaHook().submit(query, deadline=Deadline.after(datetime.now(UTC), timedelta(hours=1)))


def trigger(handle: QueryHandle, **arguments: Any) -> AsyncQueryTrigger:
    return AsyncQueryTrigger(handle.to_json(), **{"fixed_interval": 0.05, **arguments})


def test_what_is_stored_rebuilds_the_trigger(running: RunningTenant) -> None:
    path, kwargs = trigger(submitted(), cancel_on_kill=True, deadline="2026-12-01T00:00:00+00:00").serialize()
    assert path == f"{AsyncQueryTrigger.__module__}.{AsyncQueryTrigger.__qualname__}"
    assert AsyncQueryTrigger(**kwargs).serialize() == (path, kwargs)


def test_what_is_stored_survives_airflows_own_serialization(running: RunningTenant) -> None:
    try:
        from airflow.sdk.serde import deserialize, serialize
    except ImportError:
        from airflow.serialization.serde import deserialize, serialize
    _, kwargs = trigger(submitted()).serialize()
    assert deserialize(serialize(kwargs)) == kwargs


def test_what_is_stored_holds_no_credential(running: RunningTenant) -> None:
    assert running.api_key not in json.dumps(trigger(submitted()).serialize())


def test_arguments_of_a_later_version_are_ignored(running: RunningTenant) -> None:
    _, kwargs = trigger(submitted()).serialize()
    assert AsyncQueryTrigger(**kwargs, long_poll_seconds=30).serialize()[1] == kwargs


def test_arguments_that_an_earlier_version_did_not_store_have_defaults(running: RunningTenant) -> None:
    handle = submitted()
    rebuilt = AsyncQueryTrigger(handle.to_json())
    assert (rebuilt.conn_id, rebuilt.deadline, rebuilt.cancel_on_kill) == ("veza_default", handle.deadline, False)


def test_it_fires_once_with_phase_handle_and_count_and_no_row(running: RunningTenant) -> None:
    running.tenant.set_behaviour(AT_ONCE)
    handle = submitted()
    event = fire(trigger(handle))
    looks = {"looks": 1, "failed_looks": 0}
    assert event == {"v": 1, "outcome": "SUCCEEDED", "detail": "", "rows": 12, "handle": handle.to_json(), **looks}


def test_a_look_asks_for_one_row_at_most(running: RunningTenant) -> None:
    running.tenant.set_behaviour(AT_ONCE)
    fire(trigger(submitted()))
    assert {entry.note.page_size for entry in running.tenant.journal.entries() if "async_get" in entry.path} == {1}


def test_an_immediate_run_that_is_done_at_once_is_not_believed_before_its_grace_is_over(
    running: RunningTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(monkeypatch, running, stale_grace=0.3)
    running.tenant.set_behaviour(AT_ONCE)
    handle = submitted(cache_mode="immediate_run")
    assert fire(trigger(handle))["outcome"] == "SUCCEEDED"
    assert handle.stale_until is not None
    assert datetime.now(UTC) >= handle.stale_until


def test_the_event_is_held_back_until_airflow_can_bear_it(running: RunningTenant) -> None:
    running.tenant.set_behaviour(AT_ONCE)
    not_before = datetime.now(UTC) + timedelta(seconds=0.4)
    fire(trigger(submitted(), not_before=not_before.isoformat()))
    assert datetime.now(UTC) >= not_before


def test_failing_looks_do_not_end_the_wait(running: RunningTenant) -> None:
    running.tenant.set_behaviour(Behaviour(duration=timedelta(seconds=0.1)))
    handle = submitted()
    running.tenant.faults.add(Fault(FaultKind.HTML, times=2))
    running.tenant.faults.add(Fault(FaultKind.TRUNCATED_JSON, times=2))
    assert fire(trigger(handle))["outcome"] == "SUCCEEDED"


def test_a_passed_deadline_is_an_outcome(running: RunningTenant) -> None:
    assert fire_late(trigger(submitted()))["outcome"] == "DEADLINE_PASSED"


def test_a_key_that_stops_working_is_an_outcome_and_not_waited_on(
    running: RunningTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = submitted()
    connect(monkeypatch, running, key="revoked")
    event = fire(trigger(handle))
    assert event["outcome"] == "REFUSED"
    assert "UnauthorizedError" in event["detail"]


def test_a_key_rotated_during_the_wait_is_taken_up(running: RunningTenant, monkeypatch: pytest.MonkeyPatch) -> None:
    handle = submitted()

    async def rotate_once_it_waits() -> Any:
        waiting = asyncio.ensure_future(anext(trigger(handle).run()))
        await until_looked_at(running)
        connect(monkeypatch, running, page_size=50)
        running.tenant.faults.add(Fault(FaultKind.STATUS, status=401))
        running.tenant.finish(handle.id)
        return await waiting

    assert asyncio.run(rotate_once_it_waits()).payload["outcome"] == "SUCCEEDED"


def test_a_broken_connection_is_an_outcome(running: RunningTenant, monkeypatch: pytest.MonkeyPatch) -> None:
    handle = submitted()
    monkeypatch.setenv("AIRFLOW_CONN_VEZA_OTHER", json.dumps({"conn_type": "veza", "host": ""}))
    event = fire(trigger(handle, conn_id="veza_other"))
    assert event["outcome"] == "REFUSED"
    assert "host is empty" in event["detail"]


def test_a_connection_that_is_missing_is_an_outcome(running: RunningTenant) -> None:
    assert fire(trigger(submitted(), conn_id="veza_missing"))["outcome"] == "UNREACHABLE"


@pytest.mark.parametrize(("known", "outcome"), [(False, "UNREACHABLE"), (True, "DEADLINE_PASSED")])
def test_a_connection_that_airflow_never_tells_holds_up_no_wait_beyond_its_deadline(
    running: RunningTenant, monkeypatch: pytest.MonkeyPatch, known: bool, outcome: str
) -> None:
    async def never(*_: Any) -> Any:
        await asyncio.Event().wait()

    asked = trigger(submitted(), deadline=(datetime.now(UTC) + timedelta(seconds=0.2)).isoformat())
    cache = SettingsCache(clock=lambda: float(len(running.tenant.journal.entries())), lifetime=0.5)
    monkeypatch.setattr(base, "SETTINGS_CACHE", cache)
    monkeypatch.setattr(bound, "LAST_LOOK_SECONDS", 0.05)
    if known:
        # A look has been made when it is to be looked up again.
        usual = base.aconnection_of
        first = iter([usual])
        monkeypatch.setattr(base, "aconnection_of", lambda *args: next(first, never)(*args))
        cache._patience = 60.0
    else:
        monkeypatch.setattr(base, "aconnection_of", never)

    assert fire(asked)["outcome"] == outcome


def test_a_service_that_nobody_knows_is_an_outcome(running: RunningTenant) -> None:
    _, kwargs = trigger(submitted()).serialize()
    kwargs["handle"]["service"] = "veza_future"
    assert fire(AsyncQueryTrigger(**kwargs))["outcome"] == "REFUSED"


def test_a_kill_without_a_known_task_cancels_nothing(running: RunningTenant) -> None:
    asyncio.run(trigger(submitted(), cancel_on_kill=True).on_kill())
    assert cancelled_ids(running.tenant) == []


def test_a_restart_of_the_triggerer_cancels_nothing(running: RunningTenant) -> None:
    async def wait_and_stop() -> None:
        waiting = asyncio.ensure_future(anext(trigger(submitted(), cancel_on_kill=True).run()))
        await until_looked_at(running)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(wait_and_stop())
    assert len(running.tenant.running()) == 1
    assert cancelled_ids(running.tenant) == []


@pytest.mark.parametrize("turns", [0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987])
def test_wherever_a_kill_finds_the_trigger_airflow_calls_on_kill_by_its_word_or_the_trigger_asks_airflow_itself(
    running: RunningTenant, monkeypatch: pytest.MonkeyPatch, turns: int
) -> None:
    asked: list[AsyncQueryTrigger] = []

    async def settle(killed: AsyncQueryTrigger) -> None:
        asked.append(killed)

    async def wait_and_kill() -> BaseException:
        waiting = asyncio.ensure_future(anext(trigger(submitted(), fixed_interval=0.01, cancel_on_kill=True).run()))
        for _ in range(turns):
            await asyncio.sleep(0)
        waiting.cancel("user action")
        with pytest.raises(asyncio.CancelledError) as raised:
            await waiting
        return raised.value

    monkeypatch.setattr(AsyncQueryTrigger, "_settle_kill", settle)
    why = asyncio.run(wait_and_kill()).args
    calls_on_kill = CALLS_TRIGGER_ON_KILL and why == ("user action",)

    has_begun = turns > 0
    assert len(asked) == (has_begun and not calls_on_kill)


async def until_looked_at(running: RunningTenant) -> None:
    """Wait for the trigger's first look."""
    while not any("async_get" in entry.path for entry in running.tenant.journal.entries()):
        await asyncio.sleep(0)
