"""A record as tests write it, and Airflow's task state store as tests can break it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.identity import Fingerprint, RunLife, TaskIdentity
from airflow_provider_veza.async_query.record import Owner, QueryRecord
from airflow_provider_veza.ownership.records.store import RecordStore

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
IDENTITY = TaskIdentity("access_review", "payroll/access", "manual__2026-11-22T12:00:00+00:00", 3)
INTENT = QueryRecord(IDENTITY, RunLife(2, 0, NOON.isoformat()), 1, Owner.TASK, Fingerprint.of(query_spec={}), NOON)
RECORD = replace(
    INTENT,
    handle=QueryHandle(
        "veza_nodes",
        "97792944-f673-4834-811b-2d2c741cd754",
        "https://acme.vezacloud.com",
        "veza_default",
        NOON,
        Deadline.after(NOON, timedelta(hours=24)),
    ),
)


def keep(store: RecordStore, record: QueryRecord) -> None:
    """Write a record over whatever is there."""
    store.write(record, store.read().version)


def kept(store: RecordStore) -> QueryRecord | None:
    """Return the record that is there."""
    return store.read().record


def drop(store: RecordStore) -> None:
    """Remove whatever is there."""
    store.remove(store.read().version)


class InMemoryStateStore:
    """The interface of Airflow's ``task_state_store`` (3.3); it keeps text, so only plain JSON comes back unchanged."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.outage: Exception | None = None

    def get(self, key: str, default: Any = None) -> Any:
        self._require_service()
        return json.loads(self.kept[key]) if key in self.kept else default

    def set(self, key: str, value: Any, *, retention: Any = None) -> None:
        self._require_service()
        self.kept[key] = json.dumps(value)

    def delete(self, key: str) -> None:
        self._require_service()
        self.kept.pop(key, None)

    def _require_service(self) -> None:
        if self.outage is not None:
            raise self.outage
