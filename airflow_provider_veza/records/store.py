"""The stores of one task instance's record, and which of them this Airflow has; no decision about the query may enter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from airflow_provider_veza.async_query.identity import TaskIdentity
from airflow_provider_veza.async_query.record import QueryRecord
from airflow_provider_veza.records.places import Access, naming_the_place
from airflow_provider_veza.records.record_path import RecordPathStore, configured_record_path

STATE_STORE_KEY = "veza_query"
_STATE_STORE = "in Airflow's task state store"


class RecordStore(Protocol):
    """Remembers the live query of one task instance over its attempts.

    Every method raises :class:`~airflow_provider_veza.exceptions.RecordError` where the place cannot be reached;
    only "there is no record" reads as None.
    """

    @property
    def remembers(self) -> bool:
        """Whether a later attempt will find what is written."""
        ...

    def read(self) -> QueryRecord | None:
        """Return the record, or None where there is none."""
        ...

    def write(self, record: QueryRecord) -> None:
        """Replace the record; when this returns, a later attempt will find it."""
        ...

    def delete(self) -> None:
        """Forget the query: it is settled."""
        ...


class TaskStateStore:
    """Airflow's own store of task state (3.3 and later); it survives retries, clears and worker crashes."""

    remembers = True

    def __init__(self, accessor: Any) -> None:
        self._accessor = accessor

    def read(self) -> QueryRecord | None:
        """Return the record, or None where there is none."""
        with naming_the_place(Access.READ, _STATE_STORE):
            data = self._accessor.get(STATE_STORE_KEY, None)
            return None if data is None else QueryRecord.from_json(data)

    def write(self, record: QueryRecord) -> None:
        """Replace the record."""
        with naming_the_place(Access.WRITE, _STATE_STORE):
            self._accessor.set(STATE_STORE_KEY, record.to_json())

    def delete(self) -> None:
        """Forget the query."""
        with naming_the_place(Access.DELETE, _STATE_STORE):
            self._accessor.delete(STATE_STORE_KEY)


@dataclass(frozen=True)
class MirroredStore:
    """Keeps a record in two places; writes the mirror first, so that the registry never lacks a live query.

    Triggers reach only the mirror, so a cancel that one of them noted stands there alone.
    """

    primary: RecordStore
    mirror: RecordStore

    @property
    def remembers(self) -> bool:
        """Whether a later attempt will find what is written."""
        return self.primary.remembers

    def read(self) -> QueryRecord | None:
        """Return the primary's record, unless only the mirror has one or knows of a cancel."""
        record, mirrored = self.primary.read(), self.mirror.read()
        if record is None or mirrored is None or mirrored.cancel_sent_by is None:
            return record or mirrored
        return mirrored if record.handle == mirrored.handle else record

    def write(self, record: QueryRecord) -> None:
        """Replace both records."""
        self.mirror.write(record)
        self.primary.write(record)

    def delete(self) -> None:
        """Forget the query, the mirror last."""
        self.primary.delete()
        self.mirror.delete()


class NoStore:
    """Remembers nothing: below Airflow 3.3 without ``[veza] record_path`` a retry cannot find the query before it."""

    remembers = False

    def read(self) -> QueryRecord | None:
        """Return None: nothing was remembered."""
        return None

    def write(self, record: QueryRecord) -> None:
        """Remember nothing."""

    def delete(self) -> None:
        """Forget nothing."""


def record_store(context: Mapping[str, Any], identity: TaskIdentity) -> RecordStore:
    """Return the store for a task instance: Airflow's own where there is one, mirrored to ``record_path`` if that is set."""
    path = configured_record_path()
    accessor = context.get("task_state_store")
    by_path = RecordPathStore(path, identity) if path else None
    if accessor is None:
        return by_path or NoStore()
    own = TaskStateStore(accessor)
    return MirroredStore(own, by_path) if by_path else own


def note_cancel(store: RecordStore, query_id: str, try_number: int) -> None:
    """Note that a cancel of the query is about to be sent, so that no later attempt adopts it or wonders where it went.

    :raises RecordError: when the place cannot be reached.
    """
    record = store.read()
    if record is not None and record.is_of(query_id):
        store.write(replace(record, cancel_sent_by=try_number))
