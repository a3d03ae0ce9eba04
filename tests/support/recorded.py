"""Records of live queries for tests of what is made of them; no store, no tenant."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.identity import Fingerprint, RunLife, TaskIdentity
from airflow_provider_veza.async_query.record import Owner, QueryRecord

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HANDLE = QueryHandle(
    "veza_nodes", "q1", "https://acme.vezacloud.com", "veza_default", NOON, Deadline.after(NOON, timedelta(hours=24))
)
OF_TASK = QueryRecord(
    identity=TaskIdentity("access", "ask", "manual__1"),
    life=RunLife(max_tries=1),
    try_number=1,
    owner=Owner.TASK,
    fingerprint=Fingerprint.of(spec={}),
    intent_at=NOON,
    handle=HANDLE,
)
OF_RUN = replace(OF_TASK, owner=Owner.DAG_RUN)
INTENT = replace(OF_TASK, handle=None)
