"""Whether anybody still waits for a trigger's query: Airflow is asked, and only its clear answer allows a cancel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from asgiref.sync import sync_to_async

from airflow_provider_veza.async_query.handle import HANDLE_KEY
from airflow_provider_veza.records.record_path import configured_record_path
from airflow_provider_veza.triggers.airflow_version import HAS_TASK_SDK, HAS_TASK_STATE_STORE

_ENDED_STATES = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})


@dataclass(frozen=True)
class TaskKey:
    """The task instance that deferred on the trigger."""

    dag_id: str
    task_id: str
    run_id: str
    map_index: int
    try_number: int

    @classmethod
    def of(cls, task_instance: Any) -> TaskKey | None:
        """Read the key off what Airflow sets on a trigger; None where it sets nothing, as in ``dag.test()``."""
        if task_instance is None:
            return None
        ti = task_instance
        return cls(ti.dag_id, ti.task_id, ti.run_id, -1 if ti.map_index is None else ti.map_index, ti.try_number)


@dataclass(frozen=True)
class Fate:
    """Airflow's answer about a task instance.

    :param known: False where Airflow gave no answer.
    :param exists: False where the task instance, or its run, was deleted.
    :param state: None once it was cleared.
    :param query_id: of the query it announced in XCom; None where it announced none.
    :param superseded: a later attempt is at work that cannot know of the trigger's query, since nothing was remembered.
    """

    known: bool = True
    exists: bool = True
    state: str | None = None
    query_id: str | None = None
    superseded: bool = False


def nobody_waits(fate: Fate, query_id: str) -> bool:
    """Whether ``query_id`` may be cancelled.

    True only for a task instance that is deleted, cleared, ended, or deferred on another query. Any other state means that an
    attempt is or will be at work that settles the query itself, unless it cannot know of it; no answer means hands off.
    """
    if not fate.known:
        return False
    if not fate.exists or fate.superseded or fate.state is None or fate.state in _ENDED_STATES:
        return True
    return fate.state == "deferred" and fate.query_id not in (None, query_id)


async def ask_fate(key: TaskKey) -> Fate:
    """Ask Airflow. SDK calls run in a thread: called on the event loop of a dying trigger they fail or block it."""
    return await sync_to_async(_ask_execution_api if HAS_TASK_SDK else _ask_database)(key)


def is_remembered() -> bool:
    """Whether a later attempt can find the query of an earlier one."""
    return HAS_TASK_STATE_STORE or bool(configured_record_path())


def _ask_execution_api(key: TaskKey) -> Fate:
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    states = RuntimeTaskInstance.get_task_states(
        dag_id=key.dag_id, task_ids=[key.task_id], run_ids=[key.run_id], map_index=key.map_index
    )
    of_run: Mapping[str, Any] = states.get(key.run_id) or {}
    name = key.task_id if key.map_index < 0 else f"{key.task_id}_{key.map_index}"
    if name not in of_run:
        return Fate(exists=False)
    state = str(of_run[name]) if of_run[name] is not None else None
    return Fate(state=state, query_id=_announced_query(key) if state == "deferred" else None)


def _announced_query(key: TaskKey) -> str | None:
    from airflow.sdk.execution_time.xcom import XCom

    handle = XCom.get_one(
        key=HANDLE_KEY, dag_id=key.dag_id, task_id=key.task_id, run_id=key.run_id, map_index=key.map_index
    )
    return handle.get("id") if isinstance(handle, dict) else None


def _ask_database(key: TaskKey) -> Fate:
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.xcom import XCom
    from airflow.utils.session import create_session

    address = {"dag_id": key.dag_id, "task_id": key.task_id, "run_id": key.run_id, "map_index": key.map_index}
    with create_session() as session:
        found = session.query(TaskInstance.state, TaskInstance.try_number).filter_by(**address).one_or_none()
        if found is None:
            return Fate(exists=False)
        handle = XCom.get_one(key=HANDLE_KEY, session=session, **address)
    query_id = handle.get("id") if isinstance(handle, dict) else None
    return Fate(
        state=found.state, query_id=query_id, superseded=found.try_number > key.try_number and not is_remembered()
    )
