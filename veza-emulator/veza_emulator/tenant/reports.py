"""One report, a named list of saved queries, and how the wire shows it; `query_library` asks whether the queries exist."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Report:
    """A report.

    :param about: the fields beside the queries, as they were sent.
    :param queries: one entry for each query, as it was sent; its `query` is the id.
    """

    name: str
    about: Mapping[str, Any]
    queries: tuple[Mapping[str, Any], ...]
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def query_ids(self) -> list[str]:
        """The saved queries of the report, in order."""
        return [entry["query"] for entry in self.queries]

    def is_inactive(self, inactive_query_ids: Collection[str]) -> bool:
        """Tell whether the report has queries, all of them inactive."""
        return bool(self.queries) and all(query_id in inactive_query_ids for query_id in self.query_ids)

    def with_query(self, query_id: str) -> Report:
        """Return the report with a saved query at its end, or as it is if the query is there already."""
        if query_id in self.query_ids:
            return self
        return replace(self, queries=(*self.queries, {"query": query_id}))

    def without(self, query_ids: Collection[str]) -> Report:
        """Return the report without some of its queries."""
        return replace(self, queries=tuple(entry for entry in self.queries if entry["query"] not in query_ids))

    def render(self) -> dict[str, Any]:
        """Return the report as the wire shows it."""
        return {"description": "", **self.about, "queries": list(self.queries), "id": self.id}
