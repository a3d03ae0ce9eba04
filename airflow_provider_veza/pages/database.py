"""Reads the facts of one task instance from the database of Airflow 3, in its API server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_veza.async_query.handle import HANDLE_KEY, URL_KEY
from airflow_provider_veza.ownership.airflow_versions import HAS_TASK_STATE_STORE
from airflow_provider_veza.ownership.records.airflow_store import STATE_STORE_KEY
from airflow_provider_veza.pages.facts import TaskFacts, plain

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

SHOWN_XCOMS = ("return_value", HANDLE_KEY, URL_KEY)


def task_facts(dag_id: str, task_id: str, run_id: str, map_index: int) -> TaskFacts | None:
    """Return what Airflow knows of a task instance; None where there is no such one."""
    from airflow.utils.session import create_session

    with create_session() as session:
        return _read(session, {"dag_id": dag_id, "task_id": task_id, "run_id": run_id, "map_index": map_index})


def _read(session: Session, key: dict[str, Any]) -> TaskFacts | None:
    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy import select

    # Columns alone: the whole object would bring its run and its DAG's version with it.
    shown = (getattr(TaskInstance, name) for name in ("state", "try_number", "max_tries", "start_date", "end_date"))
    ti = session.execute(select(*shown).filter_by(**key)).one_or_none()
    if ti is None:
        return None
    return TaskFacts(
        **key,
        state=str(ti.state or ""),
        try_number=ti.try_number,
        max_tries=ti.max_tries,
        started=ti.start_date,
        ended=ti.end_date,
        fields=_fields(session, key),
        xcoms=_xcoms(session, key),
        record=_record(session, key),
    )


def _fields(session: Session, key: dict[str, Any]) -> dict[str, Any]:
    from airflow.models.renderedtifields import RenderedTaskInstanceFields
    from sqlalchemy import select

    return dict(session.scalar(select(RenderedTaskInstanceFields.rendered_fields).filter_by(**key)) or {})


def _xcoms(session: Session, key: dict[str, Any]) -> dict[str, Any]:
    """Return the values as the database has them: a backend that keeps them elsewhere is not asked."""
    from airflow.models.xcom import XComModel
    from sqlalchemy import select

    found = select(XComModel.key, XComModel.value).filter_by(**key).where(XComModel.key.in_(SHOWN_XCOMS))
    return {name: plain(value) for name, value in session.execute(found)}


def _record(session: Session, key: dict[str, Any]) -> Any:
    if not HAS_TASK_STATE_STORE:
        return None
    from airflow.models.task_state_store import TaskStateStoreModel
    from sqlalchemy import select

    kept = select(TaskStateStoreModel.value).filter_by(**key, key=STATE_STORE_KEY)
    return plain(session.scalar(kept))
