"""How Airflow is asked whether the owner of a recorded query is still at work; what follows is decided elsewhere."""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from airflow_provider_veza.async_query.identity import TaskIdentity
from airflow_provider_veza.async_query.orphan import Standing, answerable
from airflow_provider_veza.async_query.record import Owner, QueryRecord
from airflow_provider_veza.async_query.task_log import TaskLog
from airflow_provider_veza.triggers.airflow_version import HAS_TASK_SDK

_ENDED_TASK_STATES = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})
_ENDED_RUN_STATES = frozenset({"success", "failed"})


class AirflowStates(Protocol):
    """Where Airflow says how tasks and runs stand; an error is no answer."""

    def of_task(self, identity: TaskIdentity) -> Standing:
        """Return how the task instance stands."""
        ...

    def of_run(self, identity: TaskIdentity) -> Standing:
        """Return how the DAG run of the task instance stands."""
        ...


class ExecutionApi:
    """Airflow 3's answers to a task process, which must not read the database."""

    def of_task(self, identity: TaskIdentity) -> Standing:
        """Return how the task instance stands."""
        from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

        runs = RuntimeTaskInstance.get_task_states(
            dag_id=identity.dag_id,
            task_ids=[identity.task_id],
            run_ids=[identity.run_id],
            map_index=identity.map_index,
        )
        states = list((runs.get(identity.run_id) or {}).values())
        return task_standing(states[0]) if states else Standing.GONE

    def of_run(self, identity: TaskIdentity) -> Standing:
        """Return how the DAG run stands; counted first, since the state of a deleted run is an error like any other."""
        from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

        if RuntimeTaskInstance.get_dr_count(dag_id=identity.dag_id, run_ids=[identity.run_id]) == 0:
            return Standing.GONE
        return run_standing(RuntimeTaskInstance.get_dagrun_state(identity.dag_id, identity.run_id))


class Database:
    """The answers of Airflow's database: for tasks on Airflow 2, and for Airflow's own processes."""

    def of_task(self, identity: TaskIdentity) -> Standing:
        """Return how the task instance stands."""
        from airflow.models.taskinstance import TaskInstance
        from airflow.utils.session import create_session
        from sqlalchemy import select

        of_identity = {"task_id": identity.task_id, "map_index": identity.map_index}
        wanted = select(TaskInstance.state).filter_by(dag_id=identity.dag_id, run_id=identity.run_id, **of_identity)
        with create_session() as session:
            found = session.execute(wanted).one_or_none()
        return task_standing(found.state) if found else Standing.GONE

    def of_run(self, identity: TaskIdentity) -> Standing:
        """Return how the DAG run stands."""
        from airflow.models.dagrun import DagRun
        from airflow.utils.session import create_session
        from sqlalchemy import select

        wanted = select(DagRun.state).filter_by(dag_id=identity.dag_id, run_id=identity.run_id)
        with create_session() as session:
            found = session.execute(wanted).one_or_none()
        return run_standing(found.state) if found else Standing.GONE


def states_for_tasks() -> AirflowStates:
    """Return what a task of this Airflow may ask."""
    return ExecutionApi() if HAS_TASK_SDK else Database()


def standing_of(record: QueryRecord, states: AirflowStates, log: TaskLog) -> Standing:
    """Return how the one stands who answers for a recorded query; an error is said and reads as unknown."""
    ask = states.of_run if answerable(record) is Owner.DAG_RUN else states.of_task
    try:
        return ask(record.identity)
    except Exception as e:
        log.warning("Airflow gave no answer about %s (%s: %s).", record.identity, type(e).__name__, e)
        return Standing.UNKNOWN


def task_standing(state: str | None) -> Standing:
    """Read a task instance's state; one that has run and has no state was cleared."""
    if state is None:
        return Standing.CLEARED
    return Standing.ENDED if _name(state) in _ENDED_TASK_STATES else Standing.AT_WORK


def run_standing(state: str) -> Standing:
    """Read a DAG run's state."""
    return Standing.ENDED if _name(state) in _ENDED_RUN_STATES else Standing.AT_WORK


def _name(state: str) -> str:
    # The Execution API's client has state enums of its own, whose text is "DagRunState.SUCCESS".
    return str(state.value) if isinstance(state, Enum) else state
