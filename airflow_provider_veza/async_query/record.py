"""What is remembered of a live query, and what a later attempt makes of it; pure data and the one decision about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import Field, dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from airflow_provider_veza.async_query.deadline import utc_from_iso
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.identity import Fingerprint, RunLife, TaskIdentity
from airflow_provider_veza.exceptions import RecordError

RECORD_VERSION = 1


class Owner(StrEnum):
    """Who must see to it that the query does not outlive its use."""

    TASK = "task"
    DAG_RUN = "dag_run"


class OnPreviousQuery(StrEnum):
    """What an attempt does with the query of the attempt before, if it asks the same."""

    REATTACH = "reattach"
    CANCEL_AND_RESUBMIT = "cancel_and_resubmit"


class OnAmbiguousSubmit(StrEnum):
    """What an attempt does when the attempt before died inside its submit."""

    RESUBMIT = "resubmit"
    FAIL = "fail"


@dataclass(frozen=True)
class QueryRecord:
    """The intent to submit, and after the submit the handle.

    :param intent_at: when the submit was begun (UTC).
    :param handle: None while the submit has no answer yet: then one query may run that nobody can name.
    :param cancel_on_kill: whether the query ends with its task; false lets it outlive a killed one.
    :param cancel_sent_by: the attempt that was about to cancel the query; noted before the cancel is sent.
    """

    identity: TaskIdentity
    life: RunLife
    try_number: int
    owner: Owner
    fingerprint: Fingerprint
    intent_at: datetime
    handle: QueryHandle | None = None
    cancel_on_kill: bool = True
    cancel_sent_by: int | None = None
    v: int = RECORD_VERSION

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
            "cancel_sent_by": self.cancel_sent_by,
        }

    @classmethod
    def from_json(cls, data: Any) -> QueryRecord:
        """Read a record; unknown keys are ignored.

        :raises RecordError: when it is no record. A record that cannot be read is not "no record".
        """
        try:
            return cls(
                identity=TaskIdentity(**_known(data["identity"], fields(TaskIdentity))),
                life=RunLife(**_known(data["life"], fields(RunLife))),
                try_number=int(data["try_number"]),
                owner=Owner(data["owner"]),
                fingerprint=Fingerprint(dict(data["fingerprint"])),
                intent_at=utc_from_iso(data["intent_at"]),
                handle=QueryHandle.from_json(data["handle"]) if data.get("handle") is not None else None,
                cancel_on_kill=data.get("cancel_on_kill", True),
                cancel_sent_by=data.get("cancel_sent_by"),
            )
        except Exception as e:
            raise RecordError(f"Not a record of a live query ({type(e).__name__}: {e}): {data!r}") from e


@dataclass(frozen=True)
class SubmitAnew:
    """Nothing to adopt and nothing to cancel; ``reason`` is for the log, empty on a first attempt."""

    reason: str = ""


@dataclass(frozen=True)
class Adopt:
    """The recorded query is this task's own: wait for it, unless it has failed or is gone."""

    handle: QueryHandle


@dataclass(frozen=True)
class Replace:
    """The recorded query is not wanted any more: cancel it if it still runs, then submit."""

    handle: QueryHandle
    reason: str


@dataclass(frozen=True)
class Ambiguous:
    """An earlier attempt died inside its submit: one query may run that nobody can name."""

    since: datetime
    try_number: int


NextStep = SubmitAnew | Adopt | Replace | Ambiguous


def next_step(
    record: QueryRecord | None, *, life: RunLife, fingerprint: Fingerprint, tenant: str, policy: OnPreviousQuery
) -> NextStep:
    """Decide what a new attempt does with what an earlier one recorded.

    It adopts only the same question to the same tenant in the same life of the task, and nothing that was to be cancelled;
    anything else names what differs.
    """
    if record is None:
        return SubmitAnew()
    differences = life.differences(record.life)
    if record.handle is None:
        return _after_intent(record, differences)
    if record.handle.tenant != tenant:
        moved = f"the connection moved from {record.handle.tenant} to {tenant}"
        return SubmitAnew(f"{moved}; query {record.handle.id} there was not touched")
    if record.fingerprint != fingerprint:
        parts = ", ".join(fingerprint.differences(record.fingerprint))
        differences += (f"the rendered query differs in: {parts}",)
    if record.cancel_sent_by is not None:
        differences += (f"attempt {record.cancel_sent_by} sent a cancel for it",)
    if policy is OnPreviousQuery.CANCEL_AND_RESUBMIT and not differences:
        differences = (f"on_previous_query={policy}",)
    return Replace(record.handle, "; ".join(differences)) if differences else Adopt(record.handle)


def _after_intent(record: QueryRecord, since_then: tuple[str, ...]) -> SubmitAnew | Ambiguous:
    if not since_then:
        return Ambiguous(record.intent_at, record.try_number)
    died = f"attempt {record.try_number} died inside its submit at {record.intent_at.isoformat()}"
    return SubmitAnew(f"{died}, so one query may run that nobody can name; since then {'; '.join(since_then)}")


def _known(data: Mapping[str, Any], known: Iterable[Field[Any]]) -> dict[str, Any]:
    return {f.name: data[f.name] for f in known if f.name in data}
