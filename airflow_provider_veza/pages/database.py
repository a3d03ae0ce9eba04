"""Reads the facts of one task instance in the API server of Airflow 3: from its database, and the record from ``record_path``."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_veza.async_query.attempt_report import REPORT_KEY
from airflow_provider_veza.async_query.handle import HANDLE_KEY, URL_KEY
from airflow_provider_veza.async_query.identity import TaskIdentity
from airflow_provider_veza.async_query.record import QueryRecord
from airflow_provider_veza.async_query.record_states import latest
from airflow_provider_veza.exceptions import RecordError
from airflow_provider_veza.ownership.airflow_versions import HAS_TASK_STATE_STORE
from airflow_provider_veza.ownership.records.airflow_store import STATE_STORE_KEY
from airflow_provider_veza.ownership.records.record_path import RecordPathStore, configured_record_path
from airflow_provider_veza.pages.bounded_look import LOOKS, NoLook
from airflow_provider_veza.pages.facts import StoredWait, TaskFacts, mapping_of, plain
from airflow_provider_veza.pages.stored_wait import stored_wait

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

log = logging.getLogger(__name__)

SHOWN_XCOMS = ("return_value", HANDLE_KEY, URL_KEY, REPORT_KEY)
_COLUMNS = ("state", "try_number", "max_tries", "start_date", "end_date", "trigger_id")
PATIENCE_SECONDS = 5.0
"""For the file of a record."""


def task_facts(dag_id: str, task_id: str, run_id: str, map_index: int) -> TaskFacts | None:
    """Return what Airflow knows of a task instance; None where there is no such one."""
    from airflow.utils.session import create_session

    with create_session() as session:
        facts = _read(session, {"dag_id": dag_id, "task_id": task_id, "run_id": run_id, "map_index": map_index})
    if facts is None:
        return None
    filed = _filed_record(TaskIdentity(dag_id, task_id, run_id, map_index))
    return replace(facts, record=mapping_of(latest_record(facts.record, filed)) or None)


def latest_record(stored: Any, filed: QueryRecord | None) -> Any:
    """Return what two places say of a query together: what triggers, the sweep and the listener do is in the file alone."""
    try:
        kept = QueryRecord.from_json(stored) if stored else None
    except RecordError:
        return stored
    record = latest(kept, filed)
    return None if record is None else record.to_json()


def _read(session: Session, key: dict[str, Any]) -> TaskFacts | None:
    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy import select

    # Columns alone: the whole object would bring its run and its DAG's version with it.
    shown = (getattr(TaskInstance, name) for name in _COLUMNS)
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
        wait=_wait(session, ti.trigger_id),
    )


def _wait(session: Session, trigger_id: int | None) -> StoredWait | None:
    if trigger_id is None:
        return None
    from airflow.models.trigger import Trigger
    from sqlalchemy import select

    stored = select(Trigger.classpath, Trigger.encrypted_kwargs, Trigger.triggerer_id).filter_by(id=trigger_id)
    row = session.execute(stored).one_or_none()
    if row is None:
        return None
    return stored_wait(row.classpath, _decrypted(row.encrypted_kwargs), is_taken_up=row.triggerer_id is not None)


def _decrypted(stored: str) -> str:
    """Return the arguments of a trigger as JSON text; empty where this Airflow's keys do not open them."""
    from airflow.models.crypto import get_fernet

    try:
        return stored if stored.startswith("{") else get_fernet().decrypt(stored.encode()).decode()
    except Exception as e:
        log.warning("The page of a task goes without the arguments of its trigger: %s: %s", type(e).__name__, e)
        return ""


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


def _filed_record(identity: TaskIdentity) -> QueryRecord | None:
    """Return the record below ``[veza] record_path``; a page without it is better than none."""
    base = configured_record_path()
    if not base:
        return None
    try:
        record = LOOKS.within(PATIENCE_SECONDS, lambda: RecordPathStore(base, identity).read().record)
    except Exception as e:
        log.warning("The page of a task goes without its record in [veza] record_path: %s: %s", type(e).__name__, e)
        return None
    return None if isinstance(record, NoLook) else record


def _record(session: Session, key: dict[str, Any]) -> Any:
    if not HAS_TASK_STATE_STORE:
        return None
    from airflow.models.task_state_store import TaskStateStoreModel
    from sqlalchemy import select

    kept = select(TaskStateStoreModel.value).filter_by(**key, key=STATE_STORE_KEY)
    return plain(session.scalar(kept))
