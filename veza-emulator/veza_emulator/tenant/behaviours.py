"""How long queries take and how they end: the default, and what tests set for a node type; no clock enters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from veza_emulator.query.spec import QuerySpec
from veza_emulator.reading.fields import Fields


class Outcome(StrEnum):
    """How a query ends."""

    SUCCEED = "succeed"
    FAIL = "fail"


class Pace(StrEnum):
    """What moves a query from one state to the next."""

    TIME = "time"
    TICK = "tick"
    """Only a tick does, by one state."""
    AT_ONCE = "at_once"
    """Nothing needs to: it has ended when it is submitted."""


@dataclass(frozen=True)
class Behaviour:
    """The course of a query: queued, then running, then ended.

    :param duration: how long it takes in all; None until a tick or a hand ends it.
    :param pending: how long of that it is queued; None until a tick starts it.
    """

    duration: timedelta | None
    pending: timedelta | None = timedelta(milliseconds=100)
    outcome: Outcome = Outcome.SUCCEED
    error_reason: str = "The query ran out of memory"

    def at_pace(self, pace: Pace) -> Behaviour:
        """Return this behaviour with times that make a query move so; the pace of time keeps them."""
        match pace:
            case Pace.TIME:
                return self
            case Pace.TICK:
                return replace(self, duration=None, pending=None)
            case Pace.AT_ONCE:
                return replace(self, duration=timedelta(), pending=timedelta())


class Behaviours:
    """The behaviour of each new query, chosen by the node types of its sources."""

    def __init__(self, default: Behaviour) -> None:
        self._default = default
        self._of_node_type: dict[str, Behaviour] = {}

    def of(self, spec: QuerySpec) -> Behaviour:
        """Return the behaviour of a query with this spec; the first source with an own behaviour decides."""
        own = (self._of_node_type.get(selector.node_type) for selector in spec.sources)
        return next((behaviour for behaviour in own if behaviour), self._default)

    def get(self, node_type: str | None) -> Behaviour:
        """Return the behaviour set for a source node type, or else the default."""
        return self._default if node_type is None else self._of_node_type.get(node_type, self._default)

    def set(self, behaviour: Behaviour, node_type: str | None = None) -> None:
        """Set the behaviour of new queries from a source node type, or of all others."""
        if node_type is None:
            self._default = behaviour
        else:
            self._of_node_type[node_type] = behaviour


def read_behaviour(fields: Fields, base: Behaviour) -> Behaviour:
    """Read a behaviour over a base that absent fields keep; a null duration or pending time waits for a tick."""
    paced = base.at_pace(fields.enum("pace", Pace, Pace.TIME))
    return replace(
        paced,
        duration=_read_seconds(fields, "duration_seconds", paced.duration),
        pending=_read_seconds(fields, "pending_seconds", paced.pending),
        outcome=fields.enum("outcome", Outcome, base.outcome),
        error_reason=fields.string("error_reason", base.error_reason),
    )


def read_source_type(fields: Fields) -> str | None:
    """Read which new queries a behaviour is for, by the node type of a source; None for all others."""
    match = fields.child("match")
    if match is None:
        return None
    node_type = match.required_string("node_type")
    match.refuse_rest()
    return node_type


def _read_seconds(fields: Fields, name: str, base: timedelta | None) -> timedelta | None:
    if not fields.has(name):
        return base
    seconds = fields.number(name)
    return None if seconds is None else timedelta(seconds=seconds)
