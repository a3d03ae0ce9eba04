"""VezaQuerySensor: waits for a query of somebody else, and keeps Airflow's own timeout, poke_interval and soft_fail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import (
    DAG,
    AirflowFailException,
    AirflowSensorTimeout,
    TaskDeferred,
)

from airflow_provider_veza.async_query.standing import Answer
from airflow_provider_veza.exceptions import ArgumentError, MissingHandleError, QueryFailedError
from airflow_provider_veza.operators.query import VezaSubmitQueryOperator
from airflow_provider_veza.sensors.query import VezaQuerySensor
from support.airflows_clock import AirflowsClock
from support.served_tenant import AT_ONCE, PAYROLL_ACCESS
from support.task_run import TaskRun, fire, fire_late
from support.told_airflow import ToldAirflow
from veza_emulator.tenant.behaviours import Behaviour, Outcome
from veza_emulator.tenant.faults import Fault, FaultKind
from veza_emulator.tenant.tenant import Tenant

FAILING = Behaviour(duration=timedelta(0), pending=timedelta(0), outcome=Outcome.FAIL)


def submitted() -> dict[str, Any]:
    return dict(TaskRun(lambda: VezaSubmitQueryOperator(task_id="submit", query_spec=PAYROLL_ACCESS)).execute())


def sensor(handle: Any, **arguments: Any) -> TaskRun:
    """Return a run of a sensor whose handle is there when it starts."""
    defaults = {"task_id": "wait", "handle": "{{ as.rendered }}", "deferrable": True, "poke_interval": 0.05}

    def make() -> VezaQuerySensor:
        made = VezaQuerySensor(**{**defaults, **arguments})
        made.handle = handle
        return made

    return TaskRun(make)


def test_a_deferred_sensor_succeeds_when_the_query_has(tenant: Tenant) -> None:
    handle = submitted()
    run = sensor(handle)
    deferral = run.execute()
    tenant.finish(handle["id"])
    assert run.resume(deferral, fire(deferral.trigger)) is None


def test_a_query_that_has_succeeded_already_is_not_deferred_for(tenant: Tenant) -> None:
    tenant.set_behaviour(AT_ONCE)
    assert not isinstance(sensor(submitted()).execute(), TaskDeferred)


def test_a_sensor_whose_query_was_replaced_while_it_slept_waits_for_the_new_one(tenant: Tenant) -> None:
    first, second = submitted(), submitted()
    given = iter([first, second, second])
    run = TaskRun(lambda: VezaQuerySensor(task_id="wait", handle=next(given), deferrable=True, poke_interval=0.05))
    deferral = run.execute()
    tenant.finish(first["id"])
    with pytest.raises(TaskDeferred) as again:
        run.resume(deferral, fire(deferral.trigger))
    tenant.finish(second["id"])
    event = fire(again.value.trigger)
    assert event["handle"]["id"] == second["id"]
    assert run.resume(again.value, event) is None


def test_a_sensor_whose_handle_was_removed_while_it_slept_leaves_that_to_its_retry(tenant: Tenant) -> None:
    first = submitted()
    given = iter([first, None])
    run = TaskRun(lambda: VezaQuerySensor(task_id="wait", handle=next(given), deferrable=True, poke_interval=0.05))
    deferral = run.execute()
    tenant.finish(first["id"])
    with pytest.raises(MissingHandleError):
        run.resume(deferral, fire(deferral.trigger))


def test_a_poke_looks_once(tenant: Tenant) -> None:
    handle = submitted()
    operator = sensor(handle, deferrable=False).make_operator()
    assert operator.poke({}) is False
    tenant.finish(handle["id"])
    assert operator.poke({}) is True


def test_a_poke_tolerates_a_failing_look(tenant: Tenant) -> None:
    operator = sensor(submitted(), deferrable=False).make_operator()
    tenant.faults.add(Fault(FaultKind.HTML))
    assert operator.poke({}) is False


def test_without_deferring_it_pokes_until_the_end(tenant: Tenant) -> None:
    tenant.set_behaviour(Behaviour(duration=timedelta(seconds=0.2)))
    sensor(submitted(), deferrable=False).execute()
    assert tenant.running() == []


@pytest.mark.parametrize("deferrable", [True, False])
def test_a_failed_query_fails_the_sensor(tenant: Tenant, deferrable: bool) -> None:
    tenant.set_behaviour(FAILING)
    with pytest.raises(QueryFailedError, match="Clear the task that submitted it"):
        sensor(submitted(), deferrable=deferrable).execute()


def test_a_deferred_timeout_is_a_sensor_timeout_and_leaves_the_query_running(tenant: Tenant) -> None:
    run = sensor(submitted(), timeout=3600)
    deferral = run.execute()
    with pytest.raises(AirflowSensorTimeout, match=r"left running \(cancel_on_timeout=False\)\. No retry follows"):
        run.resume(deferral, fire_late(deferral.trigger))
    assert len(tenant.running()) == 1


def test_a_deferred_timeout_says_that_the_query_was_cancelled(tenant: Tenant) -> None:
    run = sensor(submitted(), timeout=3600, cancel_on_timeout=True)
    deferral = run.execute()
    with pytest.raises(AirflowSensorTimeout, match=r"It was cancelled\. No retry follows"):
        run.resume(deferral, fire_late(deferral.trigger))
    assert tenant.running() == []


def test_a_poking_timeout_is_a_sensor_timeout_and_leaves_the_query_running(
    tenant: Tenant, airflows_clock: AirflowsClock
) -> None:
    with pytest.raises(AirflowSensorTimeout):
        airflows_clock.is_used = True
        sensor(submitted(), timeout=3600, poke_interval=600, deferrable=False).execute()
    assert airflows_clock.now >= 3600
    assert len(tenant.running()) == 1


@pytest.mark.parametrize(("cancel_on_kill", "left_running"), [(False, 1), (True, 0)])
def test_a_kill_for_good_cancels_only_if_told_to(
    tenant: Tenant, told_airflow: ToldAirflow, cancel_on_kill: bool, left_running: int
) -> None:
    run = sensor(submitted(), cancel_on_kill=cancel_on_kill)
    run.execute()
    told_airflow.answer = Answer("failed")
    run.operator.on_kill()
    assert len(tenant.running()) == left_running


def test_a_sensor_that_is_shut_down_leaves_the_query_to_its_retry(tenant: Tenant) -> None:
    run = sensor(submitted(), cancel_on_kill=True)
    run.execute()
    run.operator.on_kill()
    assert len(tenant.running()) == 1


def test_its_trigger_does_not_cancel_on_kill(tenant: Tenant) -> None:
    assert sensor(submitted()).execute().trigger.cancel_on_kill is False


def test_the_output_of_a_mapped_task_is_refused_while_the_dag_file_is_parsed_unless_the_sensor_is_mapped_too() -> None:
    with DAG("mapped", schedule=None):
        many = VezaSubmitQueryOperator.partial(task_id="submit").expand(query_spec=[PAYROLL_ACCESS, PAYROLL_ACCESS])
        with pytest.raises(
            ArgumentError, match=r"\.partial\(\.\.\.\)\.expand\(handle=submit\.output\)\. \(task 'wait'\)$"
        ):
            VezaQuerySensor(task_id="wait", handle=many.output)
        VezaQuerySensor.partial(task_id="wait_for_each").expand(handle=many.output)


def test_handles_in_a_sequence_are_refused_when_the_sensor_starts(tenant: Tenant) -> None:
    with pytest.raises(AirflowFailException, match="Only a cancel takes one; map this task too"):
        sensor(str([submitted(), submitted()])).execute()


def test_something_else_than_a_handle_fails_without_retries(tenant: Tenant) -> None:
    with pytest.raises(AirflowFailException, match="Not a query handle"):
        sensor({"id": "q"}).execute()
