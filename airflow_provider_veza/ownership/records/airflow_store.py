"""Airflow's own store of task state, alone or mirrored to a file, and which store a task has; no decision about the query."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from airflow_provider_veza.async_query.identity import TaskIdentity
from airflow_provider_veza.async_query.record import QueryRecord
from airflow_provider_veza.async_query.record_states import latest
from airflow_provider_veza.exceptions import SupersededError
from airflow_provider_veza.ownership.airflow_versions import status_of
from airflow_provider_veza.ownership.records.places import Access, naming_the_place
from airflow_provider_veza.ownership.records.record_path import RecordPathStore, configured_record_path
from airflow_provider_veza.ownership.records.store import NOTHING, Found, NoStore, RecordStore, Version

STATE_STORE_KEY = "veza_query"
_STATE_STORE = "in Airflow's task state store"
_NOT_FOUND = 404


class TaskStateStore:
    """Airflow's own store of task state (3.3 and later); it survives retries, clears and worker crashes.

    It knows no condition: its fence is that it takes nothing from an attempt that was superseded. To a read such an attempt
    is told that there is nothing.
    """

    remembers = True

    def __init__(self, accessor: Any) -> None:
        self._accessor = accessor

    def read(self) -> Found:
        """Return the record, if there is one."""
        with naming_the_place(Access.READ, _STATE_STORE):
            data = self._accessor.get(STATE_STORE_KEY, None)
            return NOTHING if data is None else Found(QueryRecord.from_json(data), None)

    def write(self, record: QueryRecord, version: Version) -> Version:
        """Replace the record."""
        del version
        self._fenced(Access.WRITE, lambda: self._accessor.set(STATE_STORE_KEY, record.to_json()))
        return None

    def remove(self, version: Version) -> None:
        """Remove the record."""
        del version
        self._fenced(Access.DELETE, lambda: self._accessor.delete(STATE_STORE_KEY))

    def note(self, record: QueryRecord, version: Version) -> Version:
        """Note nothing: the store would refuse it."""
        del record
        return version

    def _fenced(self, access: Access, act: Callable[[], None]) -> None:
        with naming_the_place(access, _STATE_STORE):
            try:
                act()
            except Exception as e:
                if status_of(e) != _NOT_FOUND:
                    raise
                raise SupersededError(
                    "Airflow takes nothing from this attempt any more: another one has taken over, or its task was cleared. "
                    "Nothing was written or removed; the query and its record are left to the attempt that counts."
                ) from e


@dataclass(frozen=True)
class MirroredStore:
    """Keeps a record in Airflow's store and in a file; triggers, the sweep and the listener reach only the file.

    Airflow's store comes first: where it refuses an attempt, the file is left alone.
    """

    primary: RecordStore
    mirror: RecordStore

    @property
    def remembers(self) -> bool:
        """Whether a later attempt will find what is written."""
        return self.primary.remembers

    def read(self) -> Found:
        """Return what both say together, with the file's version."""
        primary, mirrored = self.primary.read(), self.mirror.read()
        return Found(latest(primary.record, mirrored.record), mirrored.version)

    def write(self, record: QueryRecord, version: Version) -> Version:
        """Replace both records."""
        self.primary.write(record, None)
        return self.mirror.write(record, version)

    def remove(self, version: Version) -> None:
        """Remove both records."""
        self.primary.remove(None)
        self.mirror.remove(version)

    def note(self, record: QueryRecord, version: Version) -> Version:
        """Write the file alone."""
        return self.mirror.note(record, version)


def record_store(context: Mapping[str, Any], identity: TaskIdentity) -> RecordStore:
    """Return the store for a task instance: Airflow's own where there is one, mirrored to ``record_path`` if that is set."""
    path = configured_record_path()
    accessor = context.get("task_state_store")
    by_path = RecordPathStore(path, identity) if path else None
    if accessor is None:
        return by_path or NoStore()
    own = TaskStateStore(accessor)
    return MirroredStore(own, by_path) if by_path else own
