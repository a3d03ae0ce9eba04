"""How long queries take and how they end: the default, and what tests set for a node type; no clock enters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from airflow_provider_veza.emulator.fields import Fields
from airflow_provider_veza.emulator.query_spec import QuerySpec


class Outcome(StrEnum):
    """How a query ends."""

    SUCCEED = "succeed"
    FAIL = "fail"


@dataclass(frozen=True)
class Behaviour:
    """The course of a query: queued, then running, then ended; with no duration it runs until finished by hand."""

    duration: timedelta | None
    pending: timedelta = timedelta(milliseconds=100)
    outcome: Outcome = Outcome.SUCCEED
    error_reason: str = "The query ran out of memory"


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
    """Read a behaviour over a base that absent fields keep; a null duration means "until finished by hand"."""
    behaviour = base
    if fields.has("duration_seconds"):
        behaviour = replace(behaviour, duration=_read_seconds(fields, "duration_seconds"))
    pending = _read_seconds(fields, "pending_seconds")
    return replace(
        behaviour,
        pending=base.pending if pending is None else pending,
        outcome=fields.enum("outcome", Outcome, base.outcome),
        error_reason=fields.string("error_reason", base.error_reason),
    )


def _read_seconds(fields: Fields, name: str) -> timedelta | None:
    seconds = fields.number(name)
    return None if seconds is None else timedelta(seconds=seconds)
