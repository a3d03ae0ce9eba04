"""A handle, the facts of a task that waits for it, and what a trigger stores; for tests of the page."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.polling import PollSchedule
from airflow_provider_veza.async_query.vocabulary import Traits
from airflow_provider_veza.async_query.watch import Watch
from airflow_provider_veza.pages.facts import StoredWait, TaskFacts
from airflow_provider_veza.triggers.async_query import AsyncQueryTrigger

START = datetime(2026, 11, 22, 6, tzinfo=UTC)
HANDLE = QueryHandle(
    "veza_nodes", "q-77", "https://acme.vezacloud.com", "veza_default", START, Deadline(START + timedelta(hours=1))
)
OF_ANOTHER = replace(HANDLE, id="q-78")
WAIT = StoredWait(HANDLE, "veza_reader", Deadline(START + timedelta(minutes=30)), PollSchedule(), is_taken_up=True)


def facts(**known: Any) -> TaskFacts:
    """Return a deferred task, but for what is given otherwise."""
    return TaskFacts(**{"dag_id": "review", "task_id": "ask", "run_id": "r1", "state": "deferred", **known})


def stored_by(wait: StoredWait) -> tuple[str, str]:
    """Return the class and the arguments that Airflow keeps of a wait."""
    watch = Watch(wait.handle, Traits(), wait.schedule, wait.deadline)
    trigger = AsyncQueryTrigger.of(watch, conn_id=wait.conn_id, cancel_on_kill=True, not_before=START)
    classpath, arguments = trigger.serialize()
    return classpath, json.dumps(arguments)
