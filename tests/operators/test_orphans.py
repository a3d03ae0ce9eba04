"""A sweep cancels what nobody waits for, once, and leaves alone what somebody may still wait for."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_veza.async_query.standing import Answer
from airflow_provider_veza.exceptions import ArgumentError, QueryUnreachableError
from airflow_provider_veza.operators.orphans import VezaCancelOrphanedQueriesOperator
from airflow_provider_veza.operators.query import VezaQueryOperator, VezaSubmitQueryOperator
from airflow_provider_veza.ownership.records.record_path import RecordPathStore
from support.recorded import INTENT, OF_TASK
from support.served_tenant import PAYROLL_ACCESS, cancelled_ids
from support.task_run import TaskRun
from support.told_airflow import ToldAirflow
from veza_emulator.http.server import RunningTenant
from veza_emulator.tenant.faults import Fault, FaultKind, FaultMatch
from veza_emulator.tenant.tenant import Tenant

CANCEL = FaultMatch(path_suffix="async_cancel")
ENDED, CLEARED, GONE, AT_WORK = Answer("failed"), Answer(None), Answer(exists=False), Answer("running")


@pytest.fixture
def record_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AIRFLOW__VEZA__RECORD_PATH", str(tmp_path))
    return tmp_path


@pytest.fixture
def airflow(record_path: Path, told_airflow: ToldAirflow) -> ToldAirflow:
    return told_airflow


def leave_query(task_id: str = "ask", operator: type = VezaQueryOperator, **arguments: Any) -> str:
    """Let a task submit its query and go no further, as if its process had been killed."""
    spec = {"query_spec": PAYROLL_ACCESS, **({"deferrable": True} if operator is VezaQueryOperator else {})}
    run = TaskRun(lambda: operator(task_id=task_id, **spec, **arguments))
    run.has_state_store = False
    run.execute()
    return str(run.xcom["veza_query"]["id"])


def sweep(**arguments: Any) -> dict[str, int]:
    defaults = {"task_id": "sweep", "grace": 0}
    return VezaCancelOrphanedQueriesOperator(**{**defaults, **arguments}).execute({})


def summary(not_reached: int = 0, **counts: int) -> dict[str, int]:
    names = ("cancelled", "already_ended", "not_possible", "failed", "kept", "unreadable")
    reached = {**dict.fromkeys(names, 0), **counts}
    return {"examined": sum(reached.values()), **reached, "not_reached": not_reached}


@pytest.mark.parametrize("answer", [ENDED, CLEARED, GONE], ids=["ended", "cleared", "gone"])
def test_the_query_of_a_task_that_is_no_more_is_cancelled_once(
    tenant: Tenant, airflow: ToldAirflow, record_path: Path, answer: Answer
) -> None:
    query = leave_query()
    airflow.tasks["ask"] = answer

    assert sweep() == summary(cancelled=1)
    assert sweep() == summary()
    assert (cancelled_ids(tenant), list(record_path.iterdir())) == ([query], [])


def test_the_query_of_a_task_at_work_is_not_even_looked_at(tenant: Tenant, airflow: ToldAirflow) -> None:
    leave_query()
    airflow.tasks["ask"] = AT_WORK
    seen = len(tenant.journal.entries())

    assert sweep() == summary(kept=1)
    assert len(tenant.journal.entries()) == seen


def test_a_query_that_airflow_does_not_answer_about_is_left_alone(
    tenant: Tenant, airflow: ToldAirflow, logged: Callable[[], str]
) -> None:
    leave_query()
    airflow.does_not_answer()

    assert sweep() == summary(kept=1)
    assert len(tenant.running()) == 1
    assert "Airflow gave no answer about access.ask of run manual__1 (ConnectionError" in logged()


def test_no_state_of_a_task_that_is_not_deferred_is_no_clear_since_a_scheduler_that_died_leaves_tasks_so(
    airflow: ToldAirflow, record_path: Path
) -> None:
    RecordPathStore(str(record_path), OF_TASK.identity).write(OF_TASK, None)
    airflow.tasks["ask"] = CLEARED

    assert sweep() == summary(kept=1)


def test_a_query_younger_than_the_grace_is_left_alone(tenant: Tenant, airflow: ToldAirflow) -> None:
    leave_query()
    airflow.tasks["ask"] = GONE

    assert sweep(grace=timedelta(minutes=5)) == summary(kept=1)
    assert len(tenant.running()) == 1


def test_the_query_of_a_submit_task_lives_as_long_as_its_run(tenant: Tenant, airflow: ToldAirflow) -> None:
    leave_query("submit", VezaSubmitQueryOperator)
    airflow.tasks["submit"] = ENDED

    assert sweep() == summary(kept=1)
    airflow.of_run = ENDED
    assert sweep() == summary(cancelled=1)
    assert tenant.running() == []


def test_the_query_of_a_submit_task_is_cancelled_past_its_deadline(tenant: Tenant, airflow: ToldAirflow) -> None:
    leave_query("submit", VezaSubmitQueryOperator, timeout=1e-6)

    assert sweep() == summary(cancelled=1)


def test_a_query_that_has_ended_is_not_cancelled_and_its_record_removed(
    tenant: Tenant, airflow: ToldAirflow, record_path: Path
) -> None:
    tenant.finish(leave_query())
    airflow.tasks["ask"] = ENDED

    assert sweep() == summary(already_ended=1)
    assert (cancelled_ids(tenant), list(record_path.iterdir())) == ([], [])


def test_a_query_that_was_cancelled_elsewhere_is_settled(
    tenant: Tenant, airflow: ToldAirflow, record_path: Path
) -> None:
    tenant.cancel_nodes(leave_query())
    airflow.tasks["ask"] = ENDED

    assert sweep() == summary(already_ended=1)
    assert list(record_path.iterdir()) == []


def test_a_query_that_cannot_be_cancelled_is_kept_until_it_has_ended(
    tenant: Tenant, airflow: ToldAirflow, logged: Callable[[], str]
) -> None:
    query = leave_query(result_kind="result")
    airflow.tasks["ask"] = ENDED

    assert sweep() == summary(not_possible=1)
    assert "documents no cancel" in logged()
    tenant.finish(query)
    assert sweep() == summary(already_ended=1)
    assert sweep() == summary()


def test_a_failed_cancel_fails_the_sweep_and_a_retry_does_the_rest(
    tenant: Tenant, airflow: ToldAirflow, record_path: Path, logged: Callable[[], str]
) -> None:
    leave_query("first")
    leave_query("second")
    airflow.tasks.update(first=ENDED, second=ENDED)
    tenant.faults.add(Fault(FaultKind.STATUS, CANCEL, status=403))

    with pytest.raises(QueryUnreachableError, match="1 of 2 recorded queries could not be cancelled"):
        sweep()
    [left] = record_path.glob("*.json")
    assert str(left) in logged()
    assert sweep() == summary(cancelled=1)
    assert tenant.running() == []


def test_a_record_that_no_connection_leads_to_does_not_stop_the_sweep(
    running: RunningTenant, airflow: ToldAirflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_REMOVED_LATER", os.environ["AIRFLOW_CONN_VEZA_DEFAULT"])
    for task_id in ("a", "b", "c"):
        leave_query(task_id)
    lost = leave_query("lost", veza_conn_id="removed_later")
    airflow.tasks.update(dict.fromkeys(("a", "b", "c", "lost"), ENDED))
    monkeypatch.delenv("AIRFLOW_CONN_REMOVED_LATER")

    with pytest.raises(QueryUnreachableError, match="1 of 4"):
        sweep()
    assert [execution.id for execution in running.tenant.running()] == [lost]


def test_no_more_than_max_cancels_queries_are_cancelled_in_one_sweep(tenant: Tenant, airflow: ToldAirflow) -> None:
    for task_id in ("a", "b", "c"):
        leave_query(task_id)
        airflow.tasks[task_id] = ENDED

    assert sweep(max_cancels=2) == summary(cancelled=2, kept=1)
    assert sweep(max_cancels=2) == summary(cancelled=1)


def test_records_for_which_no_time_is_left_are_named_and_left_to_the_next_sweep(
    tenant: Tenant, airflow: ToldAirflow, record_path: Path, logged: Callable[[], str]
) -> None:
    leave_query()
    airflow.tasks["ask"] = ENDED
    seen = len(tenant.journal.entries())

    assert sweep(max_duration=timedelta(microseconds=1)) == summary(not_reached=1)
    assert len(tenant.journal.entries()) == seen
    assert "before 1 records were looked at; nothing is known of their queries" in (said := logged())
    assert all(str(path) in said for path in record_path.glob("*.json"))
    assert sweep() == summary(cancelled=1)


def test_an_intent_is_told_and_removed_when_its_task_is_over(
    airflow: ToldAirflow, record_path: Path, logged: Callable[[], str]
) -> None:
    RecordPathStore(str(record_path), INTENT.identity).write(INTENT, None)
    airflow.tasks["ask"] = AT_WORK

    assert sweep() == summary(kept=1)
    assert "One query may run that nobody can name, nor cancel. The task is at work" in logged()
    airflow.tasks["ask"] = ENDED
    assert sweep() == summary(not_possible=1)
    assert "One query may run that nobody can name, nor cancel. The task has ended" in logged()
    assert list(record_path.iterdir()) == []


def test_a_file_that_cannot_be_read_is_named_and_does_not_stop_the_sweep(
    tenant: Tenant, airflow: ToldAirflow, record_path: Path, logged: Callable[[], str]
) -> None:
    leave_query()
    airflow.tasks["ask"] = ENDED
    damaged = record_path / "0.json"
    damaged.write_text("{")

    assert sweep() == summary(cancelled=1, unreadable=1)
    assert damaged.exists()
    assert str(damaged) in logged()


def test_without_a_record_path_it_refuses_and_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW__VEZA__RECORD_PATH", raising=False)

    with pytest.raises(AirflowFailException, match=r"Set it, for all processes"):
        sweep()


@pytest.mark.parametrize(
    "arguments", [{"grace": -1}, {"grace": "soon"}, {"max_cancels": 0}, {"max_duration": 0}], ids=str
)
def test_arguments_that_make_no_sense_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError):
        sweep(**arguments)
