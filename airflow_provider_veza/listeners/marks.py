"""The listener: hears in the API server that a user has marked a task or a run, and hands that to the background."""

from __future__ import annotations

import logging
import sys
from typing import Any

from airflow.providers.common.compat.sdk import hookimpl

from airflow_provider_veza.async_query.identity import TaskIdentity
from airflow_provider_veza.listeners.background import Background
from airflow_provider_veza.listeners.marked_queries import Mark, MarkedRun, MarkedTask, cancel_marked

log = logging.getLogger(__name__)

BACKGROUND: Background[Mark] = Background(cancel_marked, "veza-cancel-on-marked")


@hookimpl
def on_task_instance_failed(task_instance: Any) -> None:
    """Hear that a task instance has failed, or was marked so."""
    _hear_of_task(task_instance)


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


def _hear_of_task(ti: Any) -> None:
    if in_api_server():
        _hand_over(MarkedTask(TaskIdentity(ti.dag_id, ti.task_id, ti.run_id, ti.map_index)))


def _hear_of_run(run: Any) -> None:
    if in_api_server():
        _hand_over(MarkedRun(run.dag_id, run.run_id))


def _hand_over(mark: Mark) -> None:
    if not BACKGROUND.take(mark):
        log.warning("Too many marks wait: the queries of %s are left to VezaCancelOrphanedQueriesOperator.", mark)
