"""How Airflow is asked about tasks, runs and attempts; no meaning of an answer may enter.

Workers and triggerers of Airflow 3 ask the Execution API, all others the database. What an answer means is decided in
:mod:`airflow_provider_veza.async_query.standing` and :mod:`~airflow_provider_veza.async_query.ending`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import Enum
from typing import Any, Protocol

from airflow_provider_veza.async_query.ending import Currency
from airflow_provider_veza.async_query.handle import HANDLE_KEY
from airflow_provider_veza.async_query.identity import TaskIdentity
from airflow_provider_veza.async_query.inquiries import Inquiry, Waiter
from airflow_provider_veza.async_query.record import Owner, QueryRecord
from airflow_provider_veza.async_query.standing import DEFERRED, Answer, Standing, answerable, standing_of
from airflow_provider_veza.async_query.task_log import TaskLog
from airflow_provider_veza.ownership.airflow_versions import HAS_TASK_SDK, require_own_id, status_of
from airflow_provider_veza.ownership.attempt import Attempt

_NOT_FOUND = 404
_GIVEN_UP_STATES = frozenset({None, "up_for_retry", "scheduled", "queued"})
"""States in which Airflow 2.11 waits for the next attempt, whatever the process of the one before does."""


class Airflow(Protocol):
    """Whoever can say how tasks, runs and attempts stand; an error is no answer."""

    def task(self, identity: TaskIdentity) -> Answer:
        """Return what is known of a task instance by its name."""
        ...

    def waiting_task(self, identity: TaskIdentity, try_number: int, *, is_remembered: bool) -> Answer:
        """Return how a task instance stands, and for which query it waits if it is deferred.

        :param try_number: of the attempt that deferred.
        :param is_remembered: whether a later attempt can find that one's query.
        """
        ...

    def waiting_tasks(self, inquiry: Inquiry, *, is_remembered: bool) -> Mapping[Waiter, Answer]:
        """Return how all the tasks of an inquiry stand, but not for which queries those wait that are deferred."""
        ...

    def run(self, identity: TaskIdentity) -> Answer:
        """Return what is known of the DAG run of a task instance."""
        ...

    def currency(self, attempt: Attempt) -> Currency:
        """Return whether an attempt, asked for by itself, is still the one that counts."""
        ...


class ExecutionApi:
    """Airflow 3's answers to processes that must not read the database."""

    def task(self, identity: TaskIdentity) -> Answer:
        """Return the state by name: no id and no try are told."""
        states = _states(identity.dag_id, (identity.task_id,), (identity.run_id,), identity.map_index)
        return _answer_about(identity, states)

    def waiting_task(self, identity: TaskIdentity, try_number: int, *, is_remembered: bool) -> Answer:
        """Return how it stands, and the query that a deferred task has announced in XCom."""
        del try_number, is_remembered
        answer = self.task(identity)
        if answer.state != DEFERRED:
            return answer
        from airflow.sdk.execution_time.xcom import XCom

        announced = XCom.get_one(
            key=HANDLE_KEY,
            dag_id=identity.dag_id,
            task_id=identity.task_id,
            run_id=identity.run_id,
            map_index=identity.map_index,
        )
        return Answer(answer.state, query_id=_query_id(announced))

    def waiting_tasks(self, inquiry: Inquiry, *, is_remembered: bool) -> Mapping[Waiter, Answer]:
        """Return all states by name, in one call."""
        del is_remembered
        states = _states(inquiry.dag_id, inquiry.task_ids, inquiry.run_ids, inquiry.map_index)
        return {waiter: _answer_about(waiter.identity, states) for waiter in inquiry.waiters}

    def run(self, identity: TaskIdentity) -> Answer:
        """Return the run's state; counted first, since the state of a deleted run is an error like any other."""
        from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

        if RuntimeTaskInstance.get_dr_count(dag_id=identity.dag_id, run_ids=[identity.run_id]) == 0:
            return Answer(exists=False)
        return Answer(_name(RuntimeTaskInstance.get_dagrun_state(identity.dag_id, identity.run_id)))

    def currency(self, attempt: Attempt) -> Currency:
        """Ask whether the attempt's own id lives: a clear, a retry and a scheduler's reset each give the task a new one."""
        try:
            require_own_id(attempt.ti, attempt.state_store)
        except Exception as e:
            if status_of(e) == _NOT_FOUND:
                return Currency.SUPERSEDED
            raise
        return Currency.CURRENT


class Database:
    """The answers of Airflow's database: for tasks on Airflow 2, and for Airflow's own processes."""

    def task(self, identity: TaskIdentity) -> Answer:
        """Return the state by name, and what a clear would have changed."""
        row = _task_row(identity)
        return Answer(_name(row.state), max_tries=row.max_tries) if row else Answer(exists=False)

    def waiting_task(self, identity: TaskIdentity, try_number: int, *, is_remembered: bool) -> Answer:
        """Return how it stands, the announced query, and whether a later attempt is at work that cannot know of it."""
        row = _task_row(identity)
        if row is None:
            return Answer(exists=False)
        query_id = _announced_in_database(identity) if _name(row.state) == DEFERRED else None
        return replace(_answer_of_row(row, try_number, is_remembered=is_remembered), query_id=query_id)

    def waiting_tasks(self, inquiry: Inquiry, *, is_remembered: bool) -> Mapping[Waiter, Answer]:
        """Return all states, and whether later attempts are at work, from one query of the database."""
        rows = {(row.task_id, row.run_id, row.map_index): row for row in _task_rows(inquiry)}
        found = ((waiter, _row_of(waiter.identity, rows)) for waiter in inquiry.waiters)
        return {
            waiter: _answer_of_row(row, waiter.try_number, is_remembered=is_remembered) if row else Answer(exists=False)
            for waiter, row in found
        }

    def run(self, identity: TaskIdentity) -> Answer:
        """Return the run's state."""
        from airflow.models.dagrun import DagRun
        from airflow.utils.session import create_session
        from sqlalchemy import select

        wanted = select(DagRun.state).filter_by(dag_id=identity.dag_id, run_id=identity.run_id)
        with create_session() as session:
            found = session.execute(wanted).one_or_none()
        return Answer(_name(found.state)) if found else Answer(exists=False)

    def currency(self, attempt: Attempt) -> Currency:
        """Compare the attempt with the row: Airflow 2.11 ends no attempt that another one has taken the place of.

        A task that no supervisor runs, as under ``dag.test()``, has no job, and nobody can take its place.
        """
        if getattr(attempt.ti, "job_id", None) is None:
            return Currency.CURRENT
        row = _task_row(attempt.identity)
        if row is None or row.try_number > attempt.try_number or _name(row.state) in _GIVEN_UP_STATES:
            return Currency.SUPERSEDED
        if _name(row.state) == "running" and _is_another_process(attempt.ti, row):
            return Currency.SUPERSEDED
        return Currency.CURRENT


def airflow_for_tasks() -> Airflow:
    """Return what a task or a trigger of this Airflow may ask."""
    return ExecutionApi() if HAS_TASK_SDK else Database()


def standing_of_record(record: QueryRecord, airflow: Airflow, log: TaskLog) -> Standing:
    """Return how the one stands who answers for a recorded query; an error is said and reads as unknown."""
    ask = airflow.run if answerable(record) is Owner.DAG_RUN else airflow.task
    try:
        return standing_of(record, ask(record.identity))
    except Exception as e:
        log.warning("Airflow gave no answer about %s (%s: %s).", record.identity, type(e).__name__, e)
        return Standing.UNKNOWN


def _is_another_process(ti: Any, row: Any) -> bool:
    """Whether a running row is another process's; Airflow 2.11 hands a task its job's id as text, and keeps a number."""
    pairs = ((getattr(ti, name, None), getattr(row, name)) for name in ("hostname", "pid", "job_id"))
    return any(own is not None and kept is not None and str(own) != str(kept) for own, kept in pairs)


def _states(
    dag_id: str, task_ids: Sequence[str], run_ids: Sequence[str], map_index: int | None
) -> Mapping[str, Mapping[str, Any]]:
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    states: Mapping[str, Mapping[str, Any]] = RuntimeTaskInstance.get_task_states(
        dag_id=dag_id, task_ids=list(task_ids), run_ids=list(run_ids), map_index=map_index
    )
    return states


def _answer_about(identity: TaskIdentity, states: Mapping[str, Mapping[str, Any]]) -> Answer:
    of_run = states.get(identity.run_id) or {}
    name = identity.task_id if identity.map_index < 0 else f"{identity.task_id}_{identity.map_index}"
    return Answer(_name(of_run[name])) if name in of_run else Answer(exists=False)


def _answer_of_row(row: Any, try_number: int, *, is_remembered: bool) -> Answer:
    return Answer(_name(row.state), cannot_know=row.try_number > try_number and not is_remembered)


def _row_of(identity: TaskIdentity, rows: Mapping[tuple[str, str, int], Any]) -> Any:
    return rows.get((identity.task_id, identity.run_id, identity.map_index))


def _task_rows(inquiry: Inquiry) -> Sequence[Any]:
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import select

    columns = (getattr(TaskInstance, name) for name in ("task_id", "run_id", "map_index", "state", "try_number"))
    wanted = select(*columns).where(
        TaskInstance.dag_id == inquiry.dag_id,
        TaskInstance.task_id.in_(inquiry.task_ids),
        TaskInstance.run_id.in_(inquiry.run_ids),
    )
    if inquiry.map_index is not None:
        wanted = wanted.where(TaskInstance.map_index == inquiry.map_index)
    with create_session() as session:
        return list(session.execute(wanted).all())


def _task_row(identity: TaskIdentity) -> Any:
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import select

    columns = ("state", "try_number", "max_tries", "hostname", "pid", "job_id")
    wanted = select(*(getattr(TaskInstance, name) for name in columns if hasattr(TaskInstance, name))).filter_by(
        dag_id=identity.dag_id, run_id=identity.run_id, task_id=identity.task_id, map_index=identity.map_index
    )
    with create_session() as session:
        return session.execute(wanted).one_or_none()


def _announced_in_database(identity: TaskIdentity) -> str | None:
    from airflow.models.xcom import XCom
    from airflow.utils.session import create_session

    with create_session() as session:
        announced = XCom.get_one(
            key=HANDLE_KEY,
            session=session,
            dag_id=identity.dag_id,
            task_id=identity.task_id,
            run_id=identity.run_id,
            map_index=identity.map_index,
        )
    return _query_id(announced)


def _query_id(announced: Any) -> str | None:
    return announced.get("id") if isinstance(announced, dict) else None


def _name(state: Any) -> str | None:
    # The Execution API's client has state enums of its own, whose text is "DagRunState.SUCCESS".
    return None if state is None else str(state.value) if isinstance(state, Enum) else str(state)
