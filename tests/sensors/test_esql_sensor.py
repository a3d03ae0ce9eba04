"""EsqlQuerySensor: waits for an ES|QL query of somebody else, and takes nothing away from it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowSensorTimeout, AirflowSkipException, TaskDeferred

from airflow_provider_veza.exceptions import QueryFailedError, QueryGoneError
from airflow_provider_veza.operators.esql import EsqlDeleteQueryOperator, EsqlSubmitQueryOperator
from airflow_provider_veza.sensors.esql import EsqlQuerySensor
from airflow_provider_veza.services.esql import EsqlService
from esql_double.server import Double
from support.served_cluster import answer_at_once, fail
from support.task_run import TaskRun, fire, fire_late


def submitted() -> dict[str, Any]:
    return dict(TaskRun(lambda: EsqlSubmitQueryOperator(task_id="submit", query="FROM logs")).execute())


def sensor(handle: Any, **arguments: Any) -> TaskRun:
    defaults = {"task_id": "wait", "handle": handle, "deferrable": True, "poke_interval": 0.05}
    return TaskRun(lambda: EsqlQuerySensor(**{**defaults, **arguments}))


def test_a_deferred_sensor_succeeds_when_the_query_has_and_leaves_its_result(cluster: Double) -> None:
    handle = submitted()
    run = sensor(handle)
    deferral = run.execute()
    cluster.end(handle["id"])
    assert run.resume(deferral, fire(deferral.trigger)) is None
    assert cluster.stored == [handle["id"]]


def test_a_query_that_has_succeeded_already_is_not_deferred_for(cluster: Double) -> None:
    answer_at_once(cluster)
    assert not isinstance(sensor(submitted()).execute(), TaskDeferred)


def test_a_poke_looks_without_waiting(cluster: Double) -> None:
    handle = submitted()
    operator = sensor(handle, deferrable=False).make_operator()
    assert operator.poke({}) is False
    cluster.end(handle["id"])
    assert operator.poke({}) is True


@pytest.mark.parametrize("deferrable", [True, False])
def test_a_failed_query_fails_the_sensor_with_its_reason(cluster: Double, deferrable: bool) -> None:
    handle = submitted()
    fail(cluster, handle["id"])
    with pytest.raises(QueryFailedError, match="Unknown column"):
        sensor(handle, deferrable=deferrable).execute()


def test_with_soft_fail_a_failed_query_skips(cluster: Double) -> None:
    handle = submitted()
    fail(cluster, handle["id"])
    with pytest.raises(AirflowSkipException):
        sensor(handle, soft_fail=True).execute()


def test_a_poke_takes_an_absent_query_for_gone_once_that_is_sure(
    cluster: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EsqlService, "traits", replace(EsqlService.traits, storing_grace_seconds=0.2))
    handle = submitted()
    TaskRun(lambda: EsqlDeleteQueryOperator(task_id="delete", handle=handle)).execute()
    with pytest.raises(QueryGoneError, match="key"):
        sensor(handle, deferrable=False).execute()


def test_a_timeout_leaves_the_query_running(cluster: Double) -> None:
    handle = submitted()
    run = sensor(handle, timeout=3600)
    deferral = run.execute()
    with pytest.raises(AirflowSensorTimeout, match="left running"):
        run.resume(deferral, fire_late(deferral.trigger))
    assert cluster.running == [handle["id"]]


def test_its_trigger_does_not_cancel_on_kill(cluster: Double) -> None:
    assert sensor(submitted()).execute().trigger.cancel_on_kill is False
