"""What every released version stored must be understood by this one: deferred tasks and records outlive upgrades.

A release adds its folder below ``released/`` and changes none of the others.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_veza import __version__
from airflow_provider_veza.async_query.event import WaitEvent
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.polling import PollSchedule
from airflow_provider_veza.async_query.record import Owner, QueryRecord, RecordState
from airflow_provider_veza.async_query.watch import Outcome
from airflow_provider_veza.triggers.async_query import AsyncQueryTrigger

RELEASES = sorted(path.name for path in (Path(__file__).parent / "released").iterdir())


def stored(release: str, name: str) -> Any:
    return json.loads((Path(__file__).parent / "released" / release / f"{name}.json").read_text())


def test_this_version_has_its_folder() -> None:
    assert __version__ in RELEASES


@pytest.mark.parametrize("release", RELEASES)
def test_a_handle_is_restored(release: str) -> None:
    handle = QueryHandle.from_json(stored(release, "handle"))
    assert (handle.service, handle.id, handle.tenant) == ("veza_nodes", "q-1", "https://acme.vezacloud.com")
    assert handle.submitted_at == datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert handle.deadline.at - handle.submitted_at == timedelta(hours=24)
    assert handle.owned


@pytest.mark.parametrize("release", RELEASES)
def test_a_trigger_is_restored_and_goes_on_with_the_same_wait(release: str) -> None:
    path, kwargs = stored(release, "trigger")
    trigger = AsyncQueryTrigger(**kwargs)
    assert path == trigger.serialize()[0]
    assert (trigger.handle.id, trigger.conn_id, trigger.cancel_on_kill) == ("q-1", "veza_default", True)
    assert trigger.deadline.at == datetime(2026, 11, 22, 13, tzinfo=UTC)
    assert trigger.schedule == PollSchedule(1.0, 30.0, None)


@pytest.mark.parametrize("release", RELEASES)
def test_a_record_is_restored(release: str) -> None:
    record = QueryRecord.from_json(stored(release, "record"))
    assert record.identity.task_id == "who_can_reach_the_bucket"
    assert (record.owner, record.try_number, record.state) == (Owner.TASK, 1, RecordState.SUBMITTED)
    assert record.is_of("q-1")


@pytest.mark.parametrize("release", RELEASES)
def test_an_event_that_an_older_triggerer_fired_is_understood(release: str) -> None:
    event = WaitEvent.from_json(stored(release, "event"))
    assert (event.ended.outcome, event.ended.rows, event.handle.id) == (Outcome.SUCCEEDED, 12, "q-1")
