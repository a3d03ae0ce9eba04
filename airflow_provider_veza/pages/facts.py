"""What Airflow knows of a task instance and its query, as plain data; how it looks is in :mod:`.query_page`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.json_value import value_of
from airflow_provider_veza.async_query.polling import PollSchedule

_ENDED = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})


@dataclass(frozen=True)
class StoredWait:
    """A wait that Airflow keeps for its triggerers.

    :param conn_id: the waiter's, by which its looks are made.
    :param deadline: of the wait; it may be earlier than the query's.
    :param is_taken_up: whether a triggerer has taken it up.
    """

    handle: QueryHandle
    conn_id: str
    deadline: Deadline
    schedule: PollSchedule
    is_taken_up: bool


@dataclass(frozen=True)
class TaskFacts:
    """A task instance and what it left for whoever looks.

    :param state: as Airflow names it; empty where it has none.
    :param max_tries: of all its life, as Airflow counts them.
    :param fields: its rendered arguments, as Airflow keeps them, with secrets masked.
    :param xcoms: by key, as far as they are plain JSON.
    :param record: of the live query, where Airflow itself keeps it (3.3 and later); None where there is none.
    :param wait: of a deferred task; None where there is none, or none of this provider.
    """

    dag_id: str
    task_id: str
    run_id: str
    map_index: int = -1
    state: str = ""
    try_number: int = 0
    max_tries: int = 0
    started: datetime | None = None
    ended: datetime | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    xcoms: Mapping[str, Any] = field(default_factory=dict)
    record: Mapping[str, Any] | None = None
    wait: StoredWait | None = None

    @property
    def is_over(self) -> bool:
        """Whether Airflow does nothing more about the task by itself."""
        return self.state in _ENDED


def plain(stored: object) -> Any:
    """Return a value as it was stored: JSON text becomes what it says, all else stays; no class is looked up."""
    if not isinstance(stored, str):
        return stored
    try:
        return value_of(stored)
    except ValueError:
        return stored


def mapping_of(value: object) -> Mapping[str, Any]:
    """Return a mapping, an empty one in place of anything else."""
    return value if isinstance(value, Mapping) else {}
