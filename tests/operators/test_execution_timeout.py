"""Airflow's own alarm of ``execution_timeout``: it ends the wait as a passed deadline does, and leaves no query behind."""

from __future__ import annotations

import signal
from datetime import timedelta
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, AirflowTaskTimeout

from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.operators.query import VezaQueryOperator
from support.served_tenant import PAYROLL_ACCESS
from support.task_run import TaskRun
from veza_emulator.tenant.tenant import Tenant

PASSED = (
    r"\(execution_timeout=1:00:00 has passed\)\. It was cancelled\..*Raise execution_timeout=1:00:00 if it needs longer"
)


class AlarmedOperator(VezaQueryOperator):
    """Airflow's alarm rings while it waits: a signal that raises in the main thread."""

    def announce(self, handle: QueryHandle, context: Any) -> None:
        super().announce(handle, context)
        signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, 0.2)


def ring(*_: Any) -> None:
    raise AirflowTaskTimeout


def task(operator: type[VezaQueryOperator], **arguments: Any) -> TaskRun:
    return TaskRun(lambda: operator(task_id="ask", query_spec=PAYROLL_ACCESS, **arguments))


def resumed(run: TaskRun) -> dict[str, Any]:
    context = run._new_process()
    context["ti"].next_method = "execute_complete"
    return context


def test_the_alarm_during_a_wait_cancels_and_allows_no_retry(tenant: Tenant) -> None:
    run = task(AlarmedOperator, execution_timeout=timedelta(hours=1), deferrable=False)

    with pytest.raises(AirflowFailException, match=PASSED):
        run.execute()

    assert tenant.running() == []


def test_a_resume_after_the_time_is_up_cancels_before_airflow_2_ends_the_task(tenant: Tenant) -> None:
    run = task(VezaQueryOperator, execution_timeout=timedelta(hours=1), deferrable=True)
    run.execute()
    run.started_at -= timedelta(hours=1)
    context = resumed(run)

    with pytest.raises(AirflowFailException, match=PASSED):
        run.operator.pre_execute(context)

    assert tenant.running() == []


def test_a_resume_in_time_goes_on(tenant: Tenant) -> None:
    run = task(VezaQueryOperator, execution_timeout=timedelta(hours=1), deferrable=True)
    run.execute()
    context = resumed(run)

    run.operator.pre_execute(context)

    assert len(tenant.running()) == 1
