"""What the synchronous endpoints answer about rows that were evaluated a moment ago; no evaluation and no HTTP."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from veza_emulator.http.answers.spelling import number_value
from veza_emulator.http.answers.variant_pages import varied_page, within_maximum
from veza_emulator.query.rows import PathRow, QueryResult, SourceRow
from veza_emulator.query.spec import QuerySpec, ResultValueType
from veza_emulator.tenant.pages import PageRequest
from veza_emulator.variants import Variants

_SCOPES = uuid.UUID("5f1e9bb0-2c5f-4d41-9d3c-3a0c0f0f6a55")


@dataclass(frozen=True)
class LiveRows:
    """All rows that answer a spec just now, and the page of them that is wanted."""

    result: QueryResult
    spec: QuerySpec
    page: PageRequest

    def as_destinations(self) -> LiveRows:
        """Return the destinations of paths that all have one source.

        That a destination is shown like any other row is inferred from the common message of the two endpoints.
        """
        paths = (row for row in self.result.rows if isinstance(row, PathRow))
        found = (SourceRow(path.destination, 0, path.destination_shown, path.raw_permissions) for path in paths)
        rows = sorted(found, key=lambda row: row.key)
        return replace(self, result=QueryResult(ResultValueType.SOURCE_NODES_WITH_COUNTS, rows))


def rows_answer(live: LiveRows, variants: Variants) -> Mapping[str, Any]:
    """Return the wanted page; its token asks for the rows after it in the graph of then, for the same spec only."""
    scope = str(uuid.uuid5(_SCOPES, live.spec.canonical()))
    return varied_page(live.result, scope, within_maximum(live.page, variants), variants)


def result_answer(live: LiveRows, variants: Variants) -> dict[str, Any]:
    """Return how many rows there are, and a page of them if the spec includes nodes."""
    return {
        "result_type": "NUMBER",
        "number_value": number_value(len(live.result.rows), variants),
        "timestamp_value": None,
        "nodes_value": rows_answer(live, variants) if live.spec.include_nodes else None,
    }
