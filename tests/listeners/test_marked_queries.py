"""After a mark, the queries that nobody waits for are cancelled; what is still at work, or too late, is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_veza.async_query.identity import TaskIdentity
from airflow_provider_veza.async_query.orphan import Standing
from airflow_provider_veza.exceptions import RecordError
from airflow_provider_veza.listeners.marked_queries import CancelOnMarked, MarkedRun, MarkedTask
from airflow_provider_veza.operators.query import VezaQueryOperator, VezaSubmitQueryOperator
from airflow_provider_veza.records.record_path import RecordPathStore
from airflow_provider_veza.records.registry import RecordRegistry
from support.recorded import INTENT
from support.served_tenant import PAYROLL_ACCESS, cancelled_ids
from support.task_run import TaskRun
from veza_emulator.tenant.tenant import Tenant

RUN = MarkedRun("access", "manual__1")


@dataclass
class Airflow:
    """Answers what it is told to, one after the other, the last for ever."""

    answers: Iterator[Standing]

    def of_task(self, identity: TaskIdentity) -> Standing:
        return next(self.answers)

    def of_run(self, identity: TaskIdentity) -> Standing:
        return next(self.answers)


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RecordRegistry:
    monkeypatch.setenv("AIRFLOW__VEZA__RECORD_PATH", str(tmp_path))
    return RecordRegistry(str(tmp_path))


def leave_query(task_id: str = "ask", operator: type = VezaQueryOperator) -> str:
    arguments: dict[str, Any] = {"deferrable": True} if operator is VezaQueryOperator else {}
    run = TaskRun(lambda: operator(task_id=task_id, query_spec=PAYROLL_ACCESS, **arguments))
    run.has_state_store = False
    run.execute()
    return str(run.xcom["veza_query"]["id"])


def task(task_id: str = "ask") -> MarkedTask:
    return MarkedTask(TaskIdentity("access", task_id, "manual__1"))


def settle(mark: MarkedTask | MarkedRun, registry: RecordRegistry, *answers: Standing, **bounds: float) -> None:
    def for_ever() -> Iterator[Standing]:
        yield from answers
        while True:
            yield answers[-1]

    CancelOnMarked(registry, Airflow(for_ever()), **bounds).settle(mark)


def test_the_query_of_a_marked_task_is_cancelled_and_that_is_noted(tenant: Tenant, registry: RecordRegistry) -> None:
    query = leave_query()

    settle(task(), registry, Standing.ENDED)

    noted = registry.of_task(task().identity).read()
    assert noted is not None
    assert (cancelled_ids(tenant), noted.cancel_sent_by) == ([query], 1)


def test_a_query_is_cancelled_though_that_cannot_be_noted(
    tenant: Tenant, registry: RecordRegistry, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    leave_query()

    def full(*_: object) -> None:
        raise RecordError("The disk is full.")

    monkeypatch.setattr(RecordPathStore, "write", full)
    settle(task(), registry, Standing.ENDED)

    assert tenant.running() == []
    assert "The disk is full." in caplog.text


def test_a_mark_that_is_not_committed_yet_is_waited_for(tenant: Tenant, registry: RecordRegistry) -> None:
    leave_query()

    settle(task(), registry, Standing.AT_WORK, Standing.UNKNOWN, Standing.ENDED)

    assert tenant.running() == []


def test_a_task_that_airflow_says_is_at_work_keeps_its_query(tenant: Tenant, registry: RecordRegistry) -> None:
    leave_query()

    settle(task(), registry, Standing.AT_WORK, patience=0)

    assert len(tenant.running()) == 1


def test_a_query_that_has_ended_is_not_cancelled(tenant: Tenant, registry: RecordRegistry) -> None:
    tenant.finish(leave_query())

    settle(task(), registry, Standing.ENDED)

    assert cancelled_ids(tenant) == []


def test_a_task_without_a_record_costs_no_look(tenant: Tenant, registry: RecordRegistry) -> None:
    settle(task("of another operator"), registry, Standing.ENDED)

    assert len(tenant.journal.entries()) == 0


def test_a_submit_in_flight_is_left_to_the_task_that_submits(registry: RecordRegistry, tmp_path: Path) -> None:
    RecordPathStore(str(tmp_path), INTENT.identity).write(INTENT)

    settle(task(), registry, Standing.ENDED)
    settle(RUN, registry, Standing.ENDED)

    assert registry.of_task(INTENT.identity).read() == INTENT


def test_a_marked_submit_task_leaves_its_query_to_the_run(tenant: Tenant, registry: RecordRegistry) -> None:
    leave_query("submit", VezaSubmitQueryOperator)

    settle(task("submit"), registry, Standing.ENDED)

    assert len(tenant.running()) == 1


def test_a_marked_run_cancels_what_it_and_its_tasks_have_submitted_and_no_other_runs(
    tenant: Tenant, registry: RecordRegistry
) -> None:
    expected = {leave_query("ask"), leave_query("submit", VezaSubmitQueryOperator)}

    settle(MarkedRun("access", "manual__2"), registry, Standing.ENDED)
    assert cancelled_ids(tenant) == []

    settle(RUN, registry, Standing.ENDED)
    assert set(cancelled_ids(tenant)) == expected


def test_what_the_budget_is_not_enough_for_is_said_and_left(
    tenant: Tenant, registry: RecordRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    leave_query()

    settle(RUN, registry, Standing.ENDED, budget=0)

    assert len(tenant.running()) == 1
    assert "not enough for all queries of run manual__1 of access" in caplog.text
