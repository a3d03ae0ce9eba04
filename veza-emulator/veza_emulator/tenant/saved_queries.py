"""One saved query: how it is called, what it asks, and how the wire shows it; no evaluation and no HTTP."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from veza_emulator.query.spec import QuerySpec

_SHOWN_IF_UNSET: Mapping[str, Any] = {
    "description": "",
    "labels": [],
    "query_type": "SOURCE_TO_DESTINATION",
    "risk_level": "NONE",
}


@dataclass(frozen=True)
class QueryDefinition:
    """What a caller saves.

    :param about: the fields that say how the query is called and shown.
    :param spec_as_sent: the fields that say what it asks.
    """

    name: str
    about: Mapping[str, Any]
    spec: QuerySpec
    spec_as_sent: Mapping[str, Any]


@dataclass(frozen=True)
class SavedQuery:
    """A definition under its id."""

    definition: QueryDefinition
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def name(self) -> str:
        """What the query is called."""
        return self.definition.name

    def render(self) -> dict[str, Any]:
        """Return the saved query as the wire shows it."""
        return {**_SHOWN_IF_UNSET, **self.definition.about, **self.definition.spec_as_sent, "id": self.id}
