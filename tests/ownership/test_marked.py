"""After a mark, the queries that nobody waits for are cancelled; what is still at work, or too late, is left alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airflow_provider_veza.async_query.identity import TaskIdentity
from airflow_provider_veza.async_query.record import QueryRecord, RecordState
from airflow_provider_veza.async_query.standing import Answer
from airflow_provider_veza.exceptions import RecordError
from airflow_provider_veza.operators.query import VezaQueryOperator, VezaSubmitQueryOperator
from airflow_provider_veza.ownership.marked import CancelOnMarked, MarkedRun, MarkedTask
from airflow_provider_veza.ownership.records.record_path import RecordPathStore
from airflow_provider_veza.ownership.records.registry import RecordRegistry
from support.recorded import INTENT
from support.served_tenant import PAYROLL_ACCESS, cancelled_ids
from support.task_run import TaskRun
from support.told_airflow import ToldAirflow
from veza_emulator.tenant.tenant import Tenant

RUN = MarkedRun("access", "manual__1")
ENDED, AT_WORK = Answer("failed"), Answer("running")


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


def settle(mark: MarkedTask | MarkedRun, registry: RecordRegistry, *answers: Answer | None, **bounds: float) -> None:
    """Settle while Airflow answers one after the other, the last for ever; None is no answer."""
    left = list(answers)
    told = ToldAirflow()

    def answer() -> None:
        now = left.pop(0) if len(left) > 1 else left[0]
        if now is None:
            raise ConnectionError("no answer")
        told.answer = told.of_run = now

    told.before_answer = answer
    CancelOnMarked(registry, told, **bounds).settle(mark)


def test_the_query_of_a_marked_task_is_cancelled_and_that_is_noted(tenant: Tenant, registry: RecordRegistry) -> None:
    query = leave_query()

    settle(task(), registry, ENDED)

    noted = registry.of_task(task().identity).read().record
    assert noted is not None
    assert (cancelled_ids(tenant), noted.state) == ([query], RecordState.CANCELLED)


def test_a_query_that_its_own_trigger_has_cancelled_meanwhile_draws_no_second_cancel(
    tenant: Tenant, registry: RecordRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    leave_query()
    record = registry.of_task(task().identity).read().record
    assert record is not None
    caplog.set_level("INFO")

    class Meanwhile(MarkedTask):
        """A mark that also ends the trigger, which is quicker."""

        def records(self, registry: RecordRegistry) -> list[QueryRecord]:
            found = super().records(registry)
            registry.note_cancel(record, "the trigger of attempt 1")
            return found

    settle(Meanwhile(task().identity), registry, ENDED)

    assert cancelled_ids(tenant) == []
    assert "was cancelled meanwhile" in caplog.text


def test_a_query_is_cancelled_though_that_cannot_be_noted(
    tenant: Tenant, registry: RecordRegistry, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    leave_query()

    def full(*_: object) -> None:
        raise RecordError("The disk is full.")

    monkeypatch.setattr(RecordPathStore, "write", full)
    settle(task(), registry, ENDED)

    assert tenant.running() == []
    assert "The disk is full." in caplog.text


def test_a_mark_that_is_not_committed_yet_is_waited_for(tenant: Tenant, registry: RecordRegistry) -> None:
    leave_query()

    settle(task(), registry, AT_WORK, None, ENDED)

    assert tenant.running() == []


def test_a_task_that_airflow_says_is_at_work_keeps_its_query(tenant: Tenant, registry: RecordRegistry) -> None:
    leave_query()

    settle(task(), registry, AT_WORK, patience=0)

    assert len(tenant.running()) == 1


def test_a_query_that_has_ended_is_not_cancelled(tenant: Tenant, registry: RecordRegistry) -> None:
    tenant.finish(leave_query())

    settle(task(), registry, ENDED)

    assert cancelled_ids(tenant) == []


def test_a_task_without_a_record_costs_no_look(tenant: Tenant, registry: RecordRegistry) -> None:
    settle(task("of another operator"), registry, ENDED)

    assert len(tenant.journal.entries()) == 0


def test_a_submit_in_flight_is_left_to_the_task_that_submits(registry: RecordRegistry, tmp_path: Path) -> None:
    RecordPathStore(str(tmp_path), INTENT.identity).write(INTENT, None)

    settle(task(), registry, ENDED)
    settle(RUN, registry, ENDED)

    assert registry.of_task(INTENT.identity).read().record == INTENT


def test_a_marked_submit_task_leaves_its_query_to_the_run(tenant: Tenant, registry: RecordRegistry) -> None:
    leave_query("submit", VezaSubmitQueryOperator)

    settle(task("submit"), registry, ENDED)

    assert len(tenant.running()) == 1


def test_a_marked_run_cancels_what_it_and_its_tasks_have_submitted_and_no_other_runs(
    tenant: Tenant, registry: RecordRegistry
) -> None:
    expected = {leave_query("ask"), leave_query("submit", VezaSubmitQueryOperator)}

    settle(MarkedRun("access", "manual__2"), registry, ENDED)
    assert cancelled_ids(tenant) == []

    settle(RUN, registry, ENDED)
    assert set(cancelled_ids(tenant)) == expected


def test_what_the_budget_is_not_enough_for_is_said_and_left(
    tenant: Tenant, registry: RecordRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    leave_query()

    settle(RUN, registry, ENDED, budget=0)

    assert len(tenant.running()) == 1
    assert "not enough for all queries of run manual__1 of access" in caplog.text
