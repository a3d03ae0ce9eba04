"""The listener: hears that a user has marked a task or a run, or that Airflow has given up a task whose host was lost.

What is then done is in :mod:`airflow_provider_veza.ownership.marked`.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

from airflow.providers.common.compat.sdk import hookimpl

from airflow_provider_veza.async_query.identity import TaskIdentity
from airflow_provider_veza.listeners.background import Background
from airflow_provider_veza.ownership.airflow_versions import HAS_TASK_SDK
from airflow_provider_veza.ownership.bounded import finished_within
from airflow_provider_veza.ownership.marked import BUDGET_SECONDS, Mark, MarkedRun, MarkedTask, cancel_marked

log = logging.getLogger(__name__)

BACKGROUND: Background[Mark] = Background(cancel_marked, "veza-cancel-on-marked")


@hookimpl
def on_task_instance_failed(task_instance: Any) -> None:
    """Hear that a task instance has failed, or was marked so."""
    if in_api_server():
        _hear_of_task(task_instance)
    elif is_verdict_of_airflow(task_instance):
        _hear_of_verdict(task_instance)


@hookimpl
def on_task_instance_success(task_instance: Any) -> None:
    """Hear that a task instance has succeeded, or was marked so."""
    _hear_of_task(task_instance)


@hookimpl
def on_task_instance_skipped(task_instance: Any) -> None:
    """Hear that a task instance was skipped, or marked so."""
    _hear_of_task(task_instance)


@hookimpl
def on_dag_run_failed(dag_run: Any) -> None:
    """Hear that a DAG run has failed, or was marked so."""
    _hear_of_run(dag_run)


@hookimpl
def on_dag_run_success(dag_run: Any) -> None:
    """Hear that a DAG run has succeeded, or was marked so."""
    _hear_of_run(dag_run)


def in_api_server() -> bool:
    """Whether this process serves Airflow's REST API, where only users' marks are heard.

    Airflow tells the same events in workers and schedulers, of tasks that ended by themselves. It gives no other sign: its
    own ``_AIRFLOW_PROCESS_CONTEXT`` says "server" in the scheduler too.
    """
    return "airflow.api_fastapi.main" in sys.modules


def is_verdict_of_airflow(ti: Any) -> bool:
    """Whether Airflow's own process says that a task has failed for good, as it does when the last attempt's host is lost.

    A worker of Airflow 3 tells the same of its own task, with an object of another kind. On Airflow 2.11 both tell it alike;
    there a task that ended by itself has left no record.
    """
    return type(ti).__module__ == "airflow.models.taskinstance" and str(getattr(ti, "state", "")) == "failed"


def _hear_of_verdict(ti: Any) -> None:
    """Act in the scheduler's background; on Airflow 2.11 at once, in a bounded time, since that process ends soon."""
    identity = TaskIdentity(ti.dag_id, ti.task_id, ti.run_id, ti.map_index)
    if HAS_TASK_SDK:
        _hand_over(MarkedTask(identity))
    elif not finished_within(BUDGET_SECONDS, lambda: _cancel_quietly(MarkedTask(identity, is_over=True))):
        log.warning("%s s were not enough for the query of %s; it is left to the sweep.", BUDGET_SECONDS, identity)


def _cancel_quietly(mark: Mark) -> None:
    try:
        cancel_marked(mark)
    except Exception:
        log.exception("The query of %s could not be settled; it is left to the sweep.", mark)


def _hear_of_task(ti: Any) -> None:
    if in_api_server():
        _hand_over(MarkedTask(TaskIdentity(ti.dag_id, ti.task_id, ti.run_id, ti.map_index)))


def _hear_of_run(run: Any) -> None:
    if in_api_server():
        _hand_over(MarkedRun(run.dag_id, run.run_id))


def _hand_over(mark: Mark) -> None:
    if not BACKGROUND.take(mark):
        log.warning("Too many marks wait: the queries of %s are left to VezaCancelOrphanedQueriesOperator.", mark)
