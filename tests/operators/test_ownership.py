"""Who answers for a query: adopted after a crash, replaced after a clear, cancelled when nobody waits, never submitted twice."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any, ClassVar

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException, TaskDeferred

from airflow_provider_veza.async_query.ending import Currency
from airflow_provider_veza.async_query.record import QueryRecord
from airflow_provider_veza.async_query.standing import Answer
from airflow_provider_veza.exceptions import (
    AmbiguousSubmitError,
    EndedFromOutsideError,
    QueryGoneError,
    RecordError,
    SupersededError,
)
from airflow_provider_veza.operators.query import VezaQueryOperator, VezaSubmitQueryOperator
from airflow_provider_veza.ownership.airflow_versions import HAS_TASK_SDK
from airflow_provider_veza.ownership.records.record_path import RecordPathStore
from support.served_tenant import AT_ONCE, PAYROLL_ACCESS, UNTIL_FINISHED, cancelled_ids, connect, creates
from support.task_run import TaskRun, fire
from support.told_airflow import ToldAirflow
from veza_emulator.http.server import RunningTenant, running_tenant
from veza_emulator.tenant.behaviours import Behaviour
from veza_emulator.tenant.faults import Fault, FaultKind, FaultMatch
from veza_emulator.tenant.settings import TenantSettings
from veza_emulator.tenant.tenant import Tenant

OTHER_SPEC = {"source_node_types": {"nodes": [{"node_type": "AzureADUser"}]}}
CREATE = FaultMatch(path_suffix="nodes_async_create")
LOOK = FaultMatch(path_suffix="nodes_async_get")


def task(retries: int = 1, kind: type[VezaQueryOperator] = VezaQueryOperator, **arguments: Any) -> TaskRun:
    defaults = {"task_id": "ask", "query_spec": PAYROLL_ACCESS, "deferrable": True, "poll_interval": 0.05}
    return TaskRun(lambda: kind(**{**defaults, **arguments}), retries=retries)


class AnsweredLate(VezaQueryOperator):
    """A task whose submit reaches the tenant at once, and is answered when the test lets the answer through."""

    answers: ClassVar[threading.Event]

    def submit(self, query: Any, *, deadline: Any) -> Any:
        handle = super().submit(query, deadline=deadline)
        self.answers.wait(60.0)
        return handle


@pytest.fixture
def answers() -> Iterator[threading.Event]:
    AnsweredLate.answers = threading.Event()
    yield AnsweredLate.answers
    AnsweredLate.answers.set()


def spec_with_value(value: Any) -> dict[str, Any]:
    condition = {"specs": [{"fn": "EQ", "property": "department", "value": value}]}
    return {"source_node_types": {"nodes": [{"node_type": "OktaUser", "condition_expression": condition}]}}


MARKED, RUNNING, RESTARTING = Answer("failed"), Answer("running"), Answer("restarting")
ENDED: type[Exception] = EndedFromOutsideError if HAS_TASK_SDK else AirflowException
"""What ends an attempt that is ended from outside; on Airflow 2.11 an error of Airflow's own, which leaves a mark alone."""


def handle_id(run: TaskRun) -> str:
    return str(run.xcom["veza_query"]["id"])


def test_a_retry_after_a_crash_adopts_the_running_query(tenant: Tenant) -> None:
    run = task()
    run.execute()
    first = handle_id(run)
    deferral = run.execute()
    assert (handle_id(run), creates(tenant)) == (first, 1)
    tenant.finish(first)
    assert len(run.resume(deferral, fire(deferral.trigger))) == 12


def test_a_retry_after_a_crash_reads_the_rows_of_a_query_that_ended_meanwhile(tenant: Tenant) -> None:
    run = task()
    run.execute()
    tenant.finish(handle_id(run))
    assert len(run.execute()) == 12
    assert creates(tenant) == 1


def test_an_adopted_query_keeps_its_deadline(tenant: Tenant) -> None:
    run = task()
    deadline = run.execute().trigger.deadline
    assert run.execute().trigger.deadline == deadline


def test_a_cleared_task_cancels_its_running_query_and_asks_anew(tenant: Tenant) -> None:
    run = task()
    run.execute()
    first = handle_id(run)
    run.clear()
    run.execute()
    assert handle_id(run) != first
    assert cancelled_ids(tenant) == [first]
    assert [execution.id for execution in tenant.running()] == [handle_id(run)]


def test_a_run_recreated_under_the_same_id_does_not_adopt(tenant: Tenant) -> None:
    run = task()
    run.execute()
    run.run_started += timedelta(days=1)
    run.execute()
    assert creates(tenant) == 2
    assert len(tenant.running()) == 1


def test_a_retry_that_asks_something_else_replaces_the_query(tenant: Tenant) -> None:
    specs = iter([PAYROLL_ACCESS, OTHER_SPEC])
    run = TaskRun(lambda: VezaQueryOperator(task_id="ask", query_spec=next(specs), deferrable=True))
    run.execute()
    first = handle_id(run)
    run.execute()
    assert cancelled_ids(tenant) == [first]


def test_a_policy_may_forbid_to_adopt(tenant: Tenant) -> None:
    run = task(on_previous_query="cancel_and_resubmit")
    run.execute()
    first = handle_id(run)
    run.execute()
    assert cancelled_ids(tenant) == [first]


def test_a_connection_that_moved_to_another_tenant_touches_nothing_at_the_old_one(
    running: RunningTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = task()
    run.execute()
    seen = len(running.tenant.journal.entries())
    with running_tenant(Tenant(TenantSettings(size=1_000))) as other:
        other.tenant.set_behaviour(UNTIL_FINISHED)
        connect(monkeypatch, other)
        run.execute()
        assert creates(other.tenant) == 1
    assert len(running.tenant.journal.entries()) == seen


def test_a_recorded_query_that_was_cancelled_is_not_adopted(tenant: Tenant) -> None:
    run = task()
    run.execute()
    tenant.cancel_nodes(handle_id(run))
    run.execute()
    assert creates(tenant) == 2


def test_a_query_that_was_unknown_for_a_moment_is_adopted_by_the_retry(tenant: Tenant) -> None:
    run = task()
    deferral = run.execute()
    with pytest.raises(QueryGoneError, match="unless the service knows it again by then"):
        run.resume(deferral, {"outcome": "GONE", "handle": run.xcom["veza_query"]})
    run.execute()
    assert creates(tenant) == 1


def test_a_recorded_query_that_is_unknown_is_cancelled_before_another_is_submitted(tenant: Tenant) -> None:
    run = task()
    run.execute()
    first = handle_id(run)
    tenant.faults.add(Fault(FaultKind.UNKNOWN_STATUS, LOOK, times=2, status_name="UNKNOWN"))
    run.execute()
    assert cancelled_ids(tenant) == [first]
    assert [execution.id for execution in tenant.running()] == [handle_id(run)]


def test_the_last_attempt_that_finds_its_query_gone_cancels_it_all_the_same(tenant: Tenant) -> None:
    run = task(retries=0)
    deferral = run.execute()
    tenant.faults.add(Fault(FaultKind.UNKNOWN_STATUS, LOOK, status_name="UNKNOWN"))
    with pytest.raises(QueryGoneError):
        run.resume(deferral, {"outcome": "GONE", "handle": run.xcom["veza_query"]})
    assert tenant.running() == []


def test_a_kill_ends_a_query_that_is_too_young_to_be_seen(tenant: Tenant, told_airflow: ToldAirflow) -> None:
    run = task()
    run.execute()
    told_airflow.answer = MARKED
    tenant.faults.add(Fault(FaultKind.UNKNOWN_STATUS, LOOK, status_name="UNKNOWN"))
    run.operator.on_kill()
    assert tenant.running() == []


def test_a_replaced_query_that_cannot_be_cancelled_now_stops_the_submit(tenant: Tenant) -> None:
    run = task()
    run.execute()
    run.clear()
    tenant.faults.add(Fault(FaultKind.STATUS, FaultMatch(path_suffix="async_cancel"), status=403))
    with pytest.raises(Exception, match="Nothing was submitted"):
        run.execute()
    assert creates(tenant) == 1


def test_without_a_store_the_query_of_a_failing_attempt_is_cancelled(tenant: Tenant) -> None:
    run = task()
    run.has_state_store = False
    deferral = run.execute()
    with pytest.raises(Exception, match="could not be looked at"):
        run.resume(deferral, {"outcome": "UNREACHABLE", "handle": run.xcom["veza_query"]})
    assert tenant.running() == []


def test_with_a_store_and_a_retry_left_the_query_is_kept_for_the_retry(tenant: Tenant) -> None:
    run = task(retries=1)
    deferral = run.execute()
    with pytest.raises(Exception, match="The next retry finds it"):
        run.resume(deferral, {"outcome": "UNREACHABLE", "handle": run.xcom["veza_query"]})
    assert len(tenant.running()) == 1
    assert isinstance(run.execute(), TaskDeferred)
    assert creates(tenant) == 1


def test_the_last_attempt_to_fail_cancels_the_query(tenant: Tenant) -> None:
    run = task(retries=0)
    deferral = run.execute()
    with pytest.raises(Exception, match="could not be looked at"):
        run.resume(deferral, {"outcome": "UNREACHABLE", "handle": run.xcom["veza_query"]})
    assert tenant.running() == []
    assert run.state_store.values == {}


def test_a_query_whose_cancel_failed_stays_on_record(tenant: Tenant) -> None:
    run = task(retries=0)
    deferral = run.execute()
    tenant.faults.add(Fault(FaultKind.STATUS, FaultMatch(path_suffix="async_cancel"), status=403))
    with pytest.raises(Exception, match="could not be looked at"):
        run.resume(deferral, {"outcome": "UNREACHABLE", "handle": run.xcom["veza_query"]})
    assert run.state_store.values["veza_query"]["state"] == "submitted"


def test_a_lost_answer_to_the_submit_is_never_sent_again_by_itself(tenant: Tenant) -> None:
    tenant.faults.add(Fault(FaultKind.RESET_AFTER_ACCEPT, CREATE))
    with pytest.raises(AmbiguousSubmitError, match="one query may run that nobody can name"):
        task().execute()
    assert creates(tenant) == 1


def test_after_a_lost_answer_the_retry_submits_again_and_says_so(
    tenant: Tenant, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    tenant.faults.add(Fault(FaultKind.RESET_AFTER_ACCEPT, CREATE))
    run = task()
    with pytest.raises(AmbiguousSubmitError):
        run.execute()
    run.execute()
    assert creates(tenant) == 2
    assert "Attempt 1 died inside its submit" in capsys.readouterr().out + caplog.text


def test_after_a_lost_answer_the_retry_may_be_told_to_fail(tenant: Tenant) -> None:
    tenant.faults.add(Fault(FaultKind.RESET_AFTER_ACCEPT, CREATE))
    run = task(on_ambiguous_submit="fail")
    with pytest.raises(AmbiguousSubmitError):
        run.execute()
    with pytest.raises(AirflowFailException, match="Clear the task to submit again"):
        run.execute()
    assert creates(tenant) == 1


def test_a_refused_submit_leaves_no_intent_behind(tenant: Tenant) -> None:
    tenant.faults.add(Fault(FaultKind.STATUS, CREATE, status=400))
    run = task()
    with pytest.raises(AirflowFailException):
        run.execute()
    assert run.state_store.values == {}


@pytest.mark.parametrize(
    "arguments",
    [
        {"timeout": timedelta.max},
        {"query_spec": spec_with_value("cut \ud83d")},
    ],
    ids=["a deadline after the last date", "half an emoji"],
)
def test_what_cannot_be_sent_leaves_no_intent_behind(tenant: Tenant, arguments: dict[str, Any]) -> None:
    run = task(on_ambiguous_submit="fail", **arguments)
    with pytest.raises(AirflowFailException, match="ArgumentError"):
        run.execute()
    assert (run.state_store.values, creates(tenant)) == ({}, 0)


def test_the_intent_is_recorded_before_the_submit(tenant: Tenant) -> None:
    run = task()
    run.state_store.fails_on = lambda action, value: action == "set"
    with pytest.raises(RecordError):
        run.execute()
    assert creates(tenant) == 0


def test_a_record_that_cannot_be_read_is_not_taken_for_none(tenant: Tenant) -> None:
    run = task()
    run.state_store.fails_on = lambda action, value: action == "get"
    with pytest.raises(RecordError, match="nothing was submitted"):
        run.execute()
    assert creates(tenant) == 0


def test_a_query_that_cannot_be_remembered_is_cancelled_at_once(tenant: Tenant) -> None:
    run = task()
    run.state_store.fails_on = lambda action, value: action == "set" and bool(value["handle"])
    with pytest.raises(RecordError):
        run.execute()
    assert len(cancelled_ids(tenant)) == 1
    assert tenant.running() == []


def test_a_settled_query_is_forgotten(tenant: Tenant) -> None:
    tenant.set_behaviour(AT_ONCE)
    run = task()
    run.execute()
    assert run.state_store.values == {}


def test_a_record_that_cannot_be_removed_fails_nothing(tenant: Tenant) -> None:
    tenant.set_behaviour(AT_ONCE)
    run = task()
    run.state_store.fails_on = lambda action, value: action == "delete"
    assert len(run.execute()) == 12


@pytest.mark.parametrize("answer", [MARKED, Answer("success"), Answer("skipped"), RESTARTING, Answer(exists=False)])
def test_a_kill_of_a_task_that_nobody_waits_for_cancels_the_query_and_ends_the_wait(
    tenant: Tenant, told_airflow: ToldAirflow, answer: Answer
) -> None:
    run = task(deferrable=False)
    told_airflow.answer = answer
    with killed_once(run, lambda: bool(run.xcom.get("veza_query"))), pytest.raises(ENDED):
        run.execute()
    assert cancelled_ids(tenant) == [handle_id(run)]


def test_a_task_that_is_shut_down_hands_its_query_to_the_retry(tenant: Tenant) -> None:
    run = task(deferrable=False)
    with (
        killed_once(run, lambda: bool(run.xcom.get("veza_query"))),
        pytest.raises(ENDED, match="its query runs on: the next attempt finds it"),
    ):
        run.execute()
    first = handle_id(run)
    tenant.finish(first)
    assert len(run.execute()) == 12
    assert (creates(tenant), cancelled_ids(tenant)) == (1, [])


def test_a_task_that_is_marked_after_its_shutdown_began_cancels_its_query(
    tenant: Tenant, told_airflow: ToldAirflow
) -> None:
    run = task()
    run.execute()
    run.operator.on_kill()
    assert cancelled_ids(tenant) == []
    told_airflow.answer = MARKED
    run.operator.on_kill()
    assert cancelled_ids(tenant) == [handle_id(run)]


def test_a_look_that_waits_long_for_its_answer_does_not_delay_the_end_of_the_task(
    tenant: Tenant, told_airflow: ToldAirflow
) -> None:
    tenant.faults.add(Fault(FaultKind.DELAY, LOOK, seconds=60))
    run = task(deferrable=False)
    told_airflow.answer = MARKED
    with killed_once(run, lambda: not tenant.faults.pending()), pytest.raises(ENDED):
        run.execute()
    assert cancelled_ids(tenant) == [handle_id(run)]


def test_a_task_that_is_shut_down_in_its_last_attempt_cancels_its_query(tenant: Tenant) -> None:
    run = task(retries=0, deferrable=False)
    with killed_once(run, lambda: bool(run.xcom.get("veza_query"))), pytest.raises(ENDED):
        run.execute()
    assert cancelled_ids(tenant) == [handle_id(run)]


@pytest.mark.skipif(not HAS_TASK_SDK, reason="On Airflow 2.11 such an attempt ends its process, as the drills show.")
def test_a_superseded_attempt_that_is_killed_leaves_the_query_to_its_successor(
    tenant: Tenant, told_airflow: ToldAirflow
) -> None:
    run = task(retries=0)
    run.execute()
    told_airflow.of_attempt = Currency.SUPERSEDED
    run.operator.on_kill()
    assert cancelled_ids(tenant) == []


def test_a_query_whose_cancel_was_not_confirmed_is_adopted_by_the_next_attempt(
    tenant: Tenant, told_airflow: ToldAirflow
) -> None:
    run = task()
    run.execute()
    first = handle_id(run)
    tenant.faults.add(Fault(FaultKind.STATUS, FaultMatch(path_suffix="async_cancel"), status=503))
    told_airflow.answer = MARKED
    run.operator.on_kill()
    told_airflow.answer = RUNNING
    run.execute()
    assert (handle_id(run), creates(tenant)) == (first, 1)


def test_after_a_confirmed_cancel_the_next_attempt_asks_anew_without_a_look(
    tenant: Tenant, told_airflow: ToldAirflow
) -> None:
    run = task()
    run.execute()
    first = handle_id(run)
    told_airflow.answer = MARKED
    run.operator.on_kill()
    told_airflow.answer = RUNNING
    looks = tenant_looks(tenant, first)
    run.execute()
    assert handle_id(run) != first
    assert tenant_looks(tenant, first) == looks


def test_a_query_that_this_task_cancelled_itself_is_not_blamed_on_others(
    tenant: Tenant, told_airflow: ToldAirflow
) -> None:
    run = task()
    deferral = run.execute()
    told_airflow.answer = MARKED
    run.operator.on_kill()
    told_airflow.answer = RUNNING
    with pytest.raises(QueryGoneError, match="cancelled by attempt 1 of this task"):
        run.resume(deferral, {"outcome": "GONE", "handle": run.xcom["veza_query"]})


def test_a_query_that_others_cancelled_is_said_to_be(tenant: Tenant) -> None:
    run = task()
    deferral = run.execute()
    with pytest.raises(QueryGoneError, match="cancelled outside Airflow, or its result has expired"):
        run.resume(deferral, {"outcome": "GONE", "handle": run.xcom["veza_query"]})


def test_a_kill_is_bounded_when_neither_tenant_nor_airflow_answers(tenant: Tenant, told_airflow: ToldAirflow) -> None:
    run = task(retries=0)
    run.execute()
    never = threading.Event()
    told_airflow.before_answer = lambda: never.wait(60)
    tenant.faults.add(Fault(FaultKind.DELAY, FaultMatch(path_suffix="async_get"), seconds=60))
    started = time.monotonic()
    run.operator.on_kill()
    assert time.monotonic() - started < 30
    never.set()


def test_a_kill_may_leave_the_query_running(tenant: Tenant, told_airflow: ToldAirflow) -> None:
    run = task(cancel_on_kill=False)
    run.execute()
    told_airflow.answer = MARKED
    run.operator.on_kill()
    assert len(tenant.running()) == 1


def test_a_kill_looks_first_and_never_cancels_a_finished_query(tenant: Tenant, told_airflow: ToldAirflow) -> None:
    run = task()
    run.execute()
    told_airflow.answer = MARKED
    tenant.finish(handle_id(run))
    run.operator.on_kill()
    assert cancelled_ids(tenant) == []


def test_a_kill_never_cancels_an_attached_cached_result(tenant: Tenant, told_airflow: ToldAirflow) -> None:
    tenant.set_behaviour(Behaviour(duration=timedelta(0), pending=timedelta(0)))
    first = task()
    first.execute()
    cache_id = first.xcom["veza_query"]["cache_id"] if first.xcom else None
    run = task(query_spec=None, cache_mode="cached_result_context", cache_id=cache_id)
    run.execute()
    told_airflow.answer = MARKED
    run.operator.on_kill()
    assert cancelled_ids(tenant) == []


def test_a_mark_while_the_submit_is_in_flight_leaves_no_query(
    tenant: Tenant, told_airflow: ToldAirflow, answers: threading.Event
) -> None:
    run = task(kind=AnsweredLate)
    told_airflow.answer = MARKED
    with killed_once(run, lambda: creates(tenant) == 1, answers.set), pytest.raises(ENDED):
        run.execute()
    assert len(cancelled_ids(tenant)) == 1
    assert tenant.running() == []


def test_a_shutdown_while_the_submit_is_in_flight_leaves_its_query_to_the_retry(
    tenant: Tenant, answers: threading.Event
) -> None:
    run = task(kind=AnsweredLate)
    with killed_once(run, lambda: creates(tenant) == 1, answers.set), pytest.raises(ENDED):
        run.execute()
    run.execute()
    assert (creates(tenant), cancelled_ids(tenant)) == (1, [])


@pytest.mark.parametrize("signals", [1, 2, 5])
def test_signals_that_raise_into_a_submit_do_not_lose_its_query(
    tenant: Tenant, answers: threading.Event, signals: int
) -> None:
    run = task(kind=AnsweredLate)
    with signalled(run, signals, lambda: creates(tenant) == 1, answers.set), pytest.raises(TerminatedError):
        run.execute()
    run.execute()
    assert (creates(tenant), cancelled_ids(tenant)) == (1, [])


@pytest.mark.parametrize("signals", [1, 2, 5])
def test_signals_that_raise_into_a_submit_whose_task_was_marked_leave_no_query(
    tenant: Tenant, told_airflow: ToldAirflow, answers: threading.Event, signals: int
) -> None:
    told_airflow.answer = MARKED
    run = task(kind=AnsweredLate)
    with signalled(run, signals, lambda: creates(tenant) == 1, answers.set), pytest.raises(TerminatedError):
        run.execute()
    assert tenant.running() == []


def test_a_delivered_query_is_remembered_until_airflow_has_accepted_the_success(tenant: Tenant) -> None:
    tenant.set_behaviour(AT_ONCE)
    run = task()
    run.loses_success = True
    run.execute()
    assert run.state_store.values["veza_query"]["state"] == "delivered"


def test_rows_whose_delivery_airflow_never_heard_of_are_delivered_again_from_the_same_query(tenant: Tenant) -> None:
    tenant.set_behaviour(AT_ONCE)
    run = task()
    run.loses_success = True
    rows = run.execute()
    run.loses_success = False
    assert run.execute() == rows
    assert creates(tenant) == 1
    assert run.state_store.values == {}


def test_a_success_that_airflow_refuses_keeps_the_record(tenant: Tenant, told_airflow: ToldAirflow) -> None:
    tenant.set_behaviour(AT_ONCE)
    told_airflow.of_attempt = Currency.SUPERSEDED
    run = task()
    if HAS_TASK_SDK:  # Airflow 2.11 would not let it come so far.
        run.execute()
        assert run.state_store.values["veza_query"]["state"] == "delivered"


def test_a_clear_of_another_task_of_the_run_keeps_the_query(tenant: Tenant) -> None:
    run = task()
    run.execute()
    first = handle_id(run)
    run.clear_number += 1
    run.execute()
    assert (handle_id(run), creates(tenant)) == (first, 1)


def test_a_clear_that_an_edit_of_retries_hides_is_told_by_both_signs(tenant: Tenant) -> None:
    run = task(retries=1)
    run.execute()
    first = handle_id(run)
    run.retries, run.clear_number = 0, 1
    run.execute()
    assert cancelled_ids(tenant) == [first]


def test_a_clear_that_the_killed_attempt_saw_is_known_to_the_next_where_the_record_is_a_file(
    tenant: Tenant, told_airflow: ToldAirflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__VEZA__RECORD_PATH", str(tmp_path))
    run = task()
    run.has_state_store = False
    run.execute()
    first = handle_id(run)
    tenant.faults.add(Fault(FaultKind.STATUS, FaultMatch(path_suffix="async_cancel"), status=503))
    told_airflow.answer = RESTARTING
    run.operator.on_kill()
    told_airflow.answer = RUNNING
    run.execute()
    assert handle_id(run) != first
    assert [execution.id for execution in tenant.running()] == [handle_id(run)]


def test_a_query_that_a_later_attempt_has_adopted_before_its_second_place_was_written_is_the_later_attempts(
    tenant: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__VEZA__RECORD_PATH", str(tmp_path))

    def adopted_meanwhile(action: str, value: Any) -> bool:
        if action == "set" and value["state"] == "submitted":
            record = QueryRecord.from_json(value)
            in_file = RecordPathStore(str(tmp_path), record.identity)
            in_file.write(replace(record, try_number=record.try_number + 1), in_file.read().version)
            monkeypatch.setattr(
                run.state_store, "get", lambda key, default=None: default
            )  # Superseded, it reads nothing.
        return False

    run = task()
    run.state_store.fails_on = adopted_meanwhile
    with pytest.raises(SupersededError if HAS_TASK_SDK else AirflowException):
        run.execute()
    assert len(tenant.running()) == 1


def test_a_submit_task_leaves_its_query_to_the_dag_run(tenant: Tenant) -> None:
    run = TaskRun(lambda: VezaSubmitQueryOperator(task_id="submit", query_spec=PAYROLL_ACCESS))
    handle = run.execute()
    assert [execution.id for execution in tenant.running()] == [handle["id"]]
    assert run.state_store.values["veza_query"]["owner"] == "dag_run"


def test_a_cleared_submit_task_cancels_the_query_of_before(tenant: Tenant) -> None:
    run = TaskRun(lambda: VezaSubmitQueryOperator(task_id="submit", query_spec=PAYROLL_ACCESS))
    first = run.execute()
    run.clear()
    second = run.execute()
    assert cancelled_ids(tenant) == [first["id"]]
    assert [execution.id for execution in tenant.running()] == [second["id"]]


def tenant_looks(tenant: Tenant, query_id: str) -> int:
    entries = tenant.journal.entries()
    return sum(entry.path.endswith("nodes_async_get") and entry.note.query_id == query_id for entry in entries)


@contextmanager
def killed_once(
    run: TaskRun, condition: Callable[[], bool], afterwards: Callable[[], object] = lambda: None
) -> Iterator[None]:
    """Call the running operator's ``on_kill`` as soon as ``condition`` holds."""

    def kill() -> None:
        observed = threading.Event()
        while not condition() and not over.is_set():
            observed.wait(0.005)
        run.operator.on_kill()
        afterwards()

    over = threading.Event()
    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield
    finally:
        over.set()
        killer.join()


class TerminatedError(BaseException):
    """What Airflow raises into a task that a signal ends."""


@contextmanager
def signalled(
    run: TaskRun, times: int, condition: Callable[[], bool], afterwards: Callable[[], object]
) -> Iterator[None]:
    """Signal the task as often, each time once the handler has begun, as soon as ``condition`` holds.

    The handler does what Airflow's does: it calls ``on_kill`` in the main thread, and raises there.
    """
    handled = threading.Semaphore(0)

    def handler(number: int, frame: FrameType | None) -> None:
        handled.release()
        if not over.is_set():
            run.operator.on_kill()
            raise TerminatedError

    def send() -> None:
        while not condition():
            threading.Event().wait(0.005)
        for _ in range(times):
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
            handled.acquire(timeout=5.0)
        afterwards()

    over = threading.Event()
    before, told_of_lost = signal.signal(signal.SIGUSR1, handler), sys.unraisablehook
    sys.unraisablehook = (
        _losing  # What is raised into a finalizer is lost; a further signal may be raised into pytest's hook.
    )
    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield
    finally:
        over.set()
        sender.join()
        signal.signal(signal.SIGUSR1, before)
        sys.unraisablehook = told_of_lost


def _losing(lost: object) -> None:
    del lost
