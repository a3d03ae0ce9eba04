"""What Airflow knows of a task instance and its query, as plain data; how it looks is in :mod:`.query_page`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class TaskFacts:
    """A task instance and what it left for whoever looks.

    :param state: as Airflow names it; empty where it has none.
    :param max_tries: of all its life, as Airflow counts them.
    :param fields: its rendered arguments, as Airflow keeps them, with secrets masked.
    :param xcoms: by key, as far as they are plain JSON.
    :param record: of the live query, where Airflow itself keeps it (3.3 and later); None where there is none.
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


def plain(stored: object) -> Any:
    """Return a value as it was stored: JSON text becomes what it says, all else stays; no class is looked up."""
    if not isinstance(stored, str):
        return stored
    try:
        return json.loads(stored)
    except ValueError:
        return stored


def mapping_of(value: object) -> Mapping[str, Any]:
    """Return a mapping, an empty one in place of anything else."""
    return value if isinstance(value, Mapping) else {}
