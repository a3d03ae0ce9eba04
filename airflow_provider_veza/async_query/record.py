"""What is remembered of a live query, as plain data; no move, no storage.

What may become of it is in :mod:`.record_states`, where it is kept in :mod:`airflow_provider_veza.ownership.records`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import Field, dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from airflow_provider_veza.async_query.deadline import utc_from_iso
from airflow_provider_veza.async_query.declared_types import mistyped_field
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.identity import Fingerprint, RunLife, TaskIdentity
from airflow_provider_veza.async_query.json_value import words_of
from airflow_provider_veza.exceptions import RecordError

RECORD_VERSION = 2


class Owner(StrEnum):
    """Who must see to it that the query does not outlive its use."""

    TASK = "task"
    DAG_RUN = "dag_run"


class OnPreviousQuery(StrEnum):
    """What an attempt does with the query of the attempt before, if both are the same query."""

    REATTACH = "reattach"
    CANCEL_AND_RESUBMIT = "cancel_and_resubmit"


class OnAmbiguousSubmit(StrEnum):
    """What an attempt does when the attempt before died inside its submit."""

    RESUBMIT = "resubmit"
    FAIL = "fail"


class RecordState(StrEnum):
    """How far a recorded query has come, as whoever wrote the record knew it."""

    INTENT = "intent"
    """A submit was begun: one query may run that nobody can name."""
    SUBMITTED = "submitted"
    """The query has a name: it runs, or it has ended and nobody has its rows yet."""
    CANCELLED = "cancelled"
    """The service has confirmed a cancel. A cancel that was only sent leaves the state as it was."""
    DELIVERED = "delivered"
    """Its rows are delivered; Airflow may not know that yet."""


@dataclass(frozen=True)
class QueryRecord:
    """The intent to submit, and what came of it.

    :param try_number: of the attempt that wrote it last.
    :param intent_at: when the submit was begun (UTC).
    :param handle: None while the submit has no answer yet.
    :param state: follows the handle where the two contradict each other: a query with a name is at least submitted.
    :param cancel_on_kill: whether the query ends with its task; false lets it outlive a killed one.
    :param deferred: whether its task waits in the triggerer, or is about to. Only of such a task does "no state" mean cleared.
    :param cleared: whether an attempt saw, while it was being ended, that its task had been cleared.
    :param cancelled_by: who cancelled it, in words; empty where nobody has.
    :param keep_results: whether the service is to keep its result after the delivery.
    """

    identity: TaskIdentity
    life: RunLife
    try_number: int
    owner: Owner
    fingerprint: Fingerprint
    intent_at: datetime
    handle: QueryHandle | None = None
    cancel_on_kill: bool = True
    state: RecordState = RecordState.INTENT
    deferred: bool = False
    cleared: bool = False
    cancelled_by: str = ""
    keep_results: bool = False
    v: int = RECORD_VERSION

    def __post_init__(self) -> None:
        if self.handle is None and self.state is not RecordState.INTENT:
            object.__setattr__(self, "state", RecordState.INTENT)
        if self.handle is not None and self.state is RecordState.INTENT:
            object.__setattr__(self, "state", RecordState.SUBMITTED)

    def is_of(self, query_id: str) -> bool:
        """Whether this is the record of that query."""
        return self.handle is not None and self.handle.id == query_id

    def to_json(self) -> dict[str, Any]:
        """Return the record as plain JSON types."""
        return {
            "v": self.v,
            "identity": self.identity.to_json(),
            "life": self.life.to_json(),
            "try_number": self.try_number,
            "owner": self.owner.value,
            "fingerprint": dict(self.fingerprint.parts),
            "intent_at": self.intent_at.isoformat(),
            "handle": self.handle.to_json() if self.handle else None,
            "cancel_on_kill": self.cancel_on_kill,
            "state": self.state.value,
            "deferred": self.deferred,
            "cleared": self.cleared,
            "cancelled_by": self.cancelled_by,
            "keep_results": self.keep_results,
        }

    @classmethod
    def from_json(cls, data: Any) -> QueryRecord:
        """Read a record; unknown keys are ignored, and those that version 1 did not have may be absent.

        Version 1 noted a cancel before it was sent. That says nothing about the query, so the note is not read.

        :raises RecordError: when it is no record. A record that cannot be read is not "no record".
        """
        try:
            handle = QueryHandle.from_json(data["handle"]) if data.get("handle") is not None else None
            record = cls(
                identity=TaskIdentity(**_known(data["identity"], fields(TaskIdentity))),
                life=RunLife(**_known(data["life"], fields(RunLife))),
                try_number=int(data["try_number"]),
                owner=Owner(data["owner"]),
                fingerprint=Fingerprint(dict(data["fingerprint"])),
                intent_at=utc_from_iso(data["intent_at"]),
                handle=handle,
                cancel_on_kill=bool(data.get("cancel_on_kill", True)),
                state=_state(data.get("state"), handle),
                deferred=bool(data.get("deferred", False)),
                cleared=bool(data.get("cleared", False)),
                cancelled_by=words_of(data.get("cancelled_by") or ""),
                keep_results=bool(data.get("keep_results", False)),
            )
        except Exception as e:
            raise RecordError(f"Not a record of a live query ({type(e).__name__}: {e}).", about=words_of(data)) from e
        if mistyped := mistyped_field(record):
            raise RecordError(f"Not a record of a live query ({mistyped} is none).", about=words_of(data))
        return record


def _state(written: Any, handle: QueryHandle | None) -> RecordState:
    if handle is None:
        return RecordState.INTENT
    return RecordState.SUBMITTED if written is None else RecordState(written)


def _known(data: Mapping[str, Any], known: Iterable[Field[Any]]) -> dict[str, Any]:
    return {f.name: data[f.name] for f in known if f.name in data}
