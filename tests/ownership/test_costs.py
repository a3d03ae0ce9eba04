"""What remembering a query costs, counted over a task's whole life; the table in docs/ownership.md says the same."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_veza.hooks.bound import BoundQuery
from airflow_provider_veza.operators.query import VezaQueryOperator
from airflow_provider_veza.ownership import charge
from airflow_provider_veza.ownership.airflow_versions import HAS_TASK_SDK
from airflow_provider_veza.ownership.records import record_path
from airflow_provider_veza.ownership.records.file_storage import StoredFile
from airflow_provider_veza.ownership.records.versioned_file import VersionedFile, versioned_file
from support.served_tenant import AT_ONCE, PAYROLL_ACCESS
from support.task_run import StateStore, TaskRun, fire
from support.told_airflow import ToldAirflow
from veza_emulator.tenant.tenant import Tenant


class CountingStateStore(StateStore):
    """Airflow's store, which counts what is asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()

    def _maybe_fail(self, action: str, value: Any) -> None:
        self.counts[action] += 1
        super()._maybe_fail(action, value)


class CountingFile:
    """A file that counts what is asked of it."""

    def __init__(self, path: Any, counts: Counter[str]) -> None:
        self._file: VersionedFile = versioned_file(path)
        self._counts = counts

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def read(self) -> StoredFile | None:
        self._counts["read"] += 1
        return self._file.read()

    def write(self, data: bytes, expected: str | None) -> str:
        self._counts["write"] += 1
        return self._file.write(data, expected)

    def remove(self, expected: str) -> None:
        self._counts["remove"] += 1
        self._file.remove(expected)


def task(**arguments: Any) -> TaskRun:
    return TaskRun(lambda: VezaQueryOperator(task_id="ask", query_spec=PAYROLL_ACCESS, poll_interval=0.01, **arguments))


def deferred_to_its_end(run: TaskRun, tenant: Tenant) -> None:
    deferral = run.execute()
    tenant.finish(str(run.xcom["veza_query"]["id"]))
    run.resume(deferral, fire(deferral.trigger))


def test_a_deferred_task_costs_airflows_store_seven_operations_and_airflow_two_answers(
    tenant: Tenant, told_airflow: ToldAirflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charge, "LONGEST_UNASKED_SECONDS", float("inf"))
    run = task(deferrable=True)
    run.state_store = store = CountingStateStore()
    deferred_to_its_end(run, tenant)
    assert store.counts == {"get": 2, "set": 4, "delete": 1}
    # Airflow 2.11 ends no superseded attempt: there a task looks at its row before each step that changes something.
    assert Counter(told_airflow.asked) == {"task": 1, "currency": 1 if HAS_TASK_SDK else 9}


@pytest.fixture
def file_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    counts: Counter[str] = Counter()
    monkeypatch.setenv("AIRFLOW__VEZA__RECORD_PATH", str(tmp_path))
    monkeypatch.setattr(record_path, "versioned_file", lambda path: CountingFile(path, counts))
    return counts


def test_a_deferred_task_costs_the_file_as_many(tenant: Tenant, file_counts: Counter[str]) -> None:
    run = task(deferrable=True)
    run.has_state_store = False
    deferred_to_its_end(run, tenant)
    assert file_counts == {"read": 2, "write": 4, "remove": 1}


def test_a_task_that_waits_in_its_worker_costs_less(tenant: Tenant, file_counts: Counter[str]) -> None:
    tenant.set_behaviour(AT_ONCE)
    run = task()
    run.has_state_store = False
    run.execute()
    assert file_counts == {"read": 1, "write": 3, "remove": 1}


def test_a_look_costs_none(
    tenant: Tenant, file_counts: Counter[str], told_airflow: ToldAirflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = task()
    run.has_state_store = False
    looks = iter(range(40))
    look = BoundQuery.look

    def counted(query: BoundQuery, wait: float = 0.0) -> Any:
        if next(looks) == 39:
            tenant.finish(query.handle.id)
        return look(query, wait)

    monkeypatch.setattr(BoundQuery, "look", counted)
    run.execute()
    assert file_counts == {"read": 1, "write": 3, "remove": 1}
