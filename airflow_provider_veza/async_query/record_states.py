"""The life of a record as one table: who may move it where, what a new attempt concludes, whose write prevails.

What a record says is in :mod:`.record`, where it is kept in :mod:`airflow_provider_veza.ownership.records`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.identity import Fingerprint, RunLife
from airflow_provider_veza.async_query.record import OnPreviousQuery, QueryRecord, RecordState
from airflow_provider_veza.exceptions import RecordError


class Actor(StrEnum):
    """Who may move a record."""

    ATTEMPT = "the attempt that wrote it"
    NEXT_ATTEMPT = "a later attempt of its task"
    OUTSIDER = "its trigger, the sweep, or the listener"


class Move(StrEnum):
    """What may be done to a record."""

    INTEND = "intend"
    WITHDRAW = "withdraw"
    SUBMIT = "submit"
    ADOPT = "adopt"
    NOTE = "note"
    CONFIRM_CANCEL = "confirm a cancel"
    DELIVER = "deliver"
    FORGET = "forget"


@dataclass(frozen=True)
class Rule:
    """From which states a move leads, where to, and who may make it; None stands for "no record"."""

    sources: frozenset[RecordState | None]
    next_state: RecordState | None
    actors: frozenset[Actor]
    keeps_state: bool = False


_NAMED = frozenset({RecordState.SUBMITTED, RecordState.CANCELLED, RecordState.DELIVERED})
_ANY = frozenset({None, *RecordState})
_ATTEMPTS = frozenset({Actor.ATTEMPT, Actor.NEXT_ATTEMPT})

TABLE: Mapping[Move, Rule] = MappingProxyType(
    {
        Move.INTEND: Rule(_ANY, RecordState.INTENT, _ATTEMPTS),
        Move.WITHDRAW: Rule(frozenset({RecordState.INTENT}), None, frozenset({Actor.ATTEMPT})),
        Move.SUBMIT: Rule(frozenset({RecordState.INTENT}), RecordState.SUBMITTED, frozenset({Actor.ATTEMPT})),
        Move.ADOPT: Rule(frozenset({RecordState.SUBMITTED, RecordState.DELIVERED}), None, _ATTEMPTS, keeps_state=True),
        Move.NOTE: Rule(_NAMED, None, frozenset({Actor.ATTEMPT}), keeps_state=True),
        Move.CONFIRM_CANCEL: Rule(frozenset({RecordState.SUBMITTED}), RecordState.CANCELLED, frozenset(Actor)),
        Move.DELIVER: Rule(
            frozenset({RecordState.SUBMITTED, RecordState.DELIVERED}),
            RecordState.DELIVERED,
            frozenset({Actor.ATTEMPT}),
        ),
        Move.FORGET: Rule(_ANY, None, frozenset({Actor.ATTEMPT, Actor.OUTSIDER})),
    }
)
"""Moves of a record. An outsider that may forget one does so only when nobody waits, see :mod:`.standing`."""


def moved(record: QueryRecord, move: Move, actor: Actor, **changes: object) -> QueryRecord:
    """Return the record after a move that leaves one.

    :raises RecordError: when the table does not allow it; that is a mistake in this package.
    """
    rule = TABLE[move]
    if record.state not in rule.sources or actor not in rule.actors:
        raise RecordError(f"A record in state {record.state} cannot be moved ({move}) by {actor}.")
    next_state = record.state if rule.keeps_state else rule.next_state
    return replace(record, state=next_state, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class SubmitAnew:
    """Nothing to adopt and nothing to cancel; ``reason`` is for the log, empty on a first attempt."""

    reason: str = ""


@dataclass(frozen=True)
class Adopt:
    """The recorded query is this task's own: wait for it, unless it has failed or is gone.

    :param delivered: its rows were delivered already, by an attempt that may have died before Airflow knew.
    """

    handle: QueryHandle
    delivered: bool = False


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

    It adopts only the same query spec on the same tenant in the same life of the task; anything else names what differs.
    """
    if record is None:
        return SubmitAnew()
    differences = _of_another_life(record, life)
    if record.handle is None:
        return _after_intent(record, differences)
    if record.handle.tenant != tenant:
        moved_to = f"the connection moved from {record.handle.tenant} to {tenant}"
        return SubmitAnew(f"{moved_to}; query {record.handle.shown_id} there was not touched")
    if record.state is RecordState.CANCELLED:
        return SubmitAnew(
            f"query {record.handle.shown_id} of before was cancelled by {record.cancelled_by or 'somebody'}"
        )
    if record.fingerprint != fingerprint:
        parts = ", ".join(fingerprint.differences(record.fingerprint))
        differences += (f"the rendered query differs in: {parts}",)
    if policy is OnPreviousQuery.CANCEL_AND_RESUBMIT and not differences:
        differences = (f"on_previous_query={policy}",)
    if differences:
        return Replace(record.handle, "; ".join(differences))
    return Adopt(record.handle, delivered=record.state is RecordState.DELIVERED)


def is_of_later_attempt(record: QueryRecord, *, life: RunLife, try_number: int) -> bool:
    """Whether a record shows that an attempt after this one is at work: then this one has been given up, whatever it asks."""
    if life.precedes(record.life):
        return True
    return record.try_number > try_number and life.is_of_same_run(record.life)


def _of_another_life(record: QueryRecord, life: RunLife) -> tuple[str, ...]:
    differences = life.differences(record.life)
    if record.cleared and not differences:
        return (f"the task was cleared while attempt {record.try_number} ran",)
    return differences


def _after_intent(record: QueryRecord, since_then: tuple[str, ...]) -> SubmitAnew | Ambiguous:
    if not since_then:
        return Ambiguous(record.intent_at, record.try_number)
    died = f"attempt {record.try_number} died inside its submit at {record.intent_at.isoformat()}"
    return SubmitAnew(f"{died}, so one query may run that nobody can name; since then {'; '.join(since_then)}")


class Prevails(StrEnum):
    """Whose write counts when an attempt finds that its record is not what it last read."""

    MINE = "mine"
    THEIRS = "theirs"
    LATER_ATTEMPT = "a later attempt's"
    UNKNOWN_QUERY = "neither: a query was recorded that the decision to submit did not know of"


def prevailing(mine: QueryRecord, theirs: QueryRecord | None) -> Prevails:
    """Decide between what an attempt wants to write and what somebody else has written meanwhile.

    A later attempt's record always stands: then the writer is superseded. The note of a confirmed cancel stands too, unless
    the attempt has delivered the rows or begins anew. Where an earlier attempt has recorded its query after this one had read
    that there was none, this one must decide again.
    """
    if theirs is None:
        return Prevails.MINE
    if is_of_later_attempt(theirs, life=mine.life, try_number=mine.try_number):
        return Prevails.LATER_ATTEMPT
    if mine.handle is None and theirs.handle is not None and theirs.state is not RecordState.CANCELLED:
        return Prevails.UNKNOWN_QUERY
    same_query = mine.handle is not None and theirs.is_of(mine.handle.id)
    if same_query and theirs.state is RecordState.CANCELLED and mine.state is RecordState.SUBMITTED:
        return Prevails.THEIRS
    return Prevails.MINE


def latest(primary: QueryRecord | None, mirrored: QueryRecord | None) -> QueryRecord | None:
    """Return what two places together say: the primary's record, with what others have noted in the mirror alone."""
    if primary is None or mirrored is None:
        return primary or mirrored
    noted = mirrored.state is RecordState.CANCELLED or mirrored.cleared
    same_query = primary.handle is not None and mirrored.is_of(primary.handle.id)
    return mirrored if noted and same_query and primary.state is RecordState.SUBMITTED else primary
