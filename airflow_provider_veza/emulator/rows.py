"""The rows of a result and how each is written on the wire; no paging and no evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from airflow_provider_veza.emulator.graph import Node
from airflow_provider_veza.emulator.permissions import effective_permissions
from airflow_provider_veza.emulator.query_spec import ResultValueType


class RowKey(NamedTuple):
    """The place of a row: rows are ordered by source name in lower case, source id, destination id."""

    lower_name: str
    id: str
    destination_id: str = ""


@dataclass(frozen=True)
class SourceRow:
    """A source with the number of destinations that it relates to."""

    source: Node
    destination_count: int
    properties_to_get: tuple[str, ...] = ()

    @property
    def key(self) -> RowKey:
        """The place of this row."""
        return RowKey(self.source.lower_name, self.source.id)

    def render(self) -> dict[str, Any]:
        """Return the row as one of `values`; the lists stay empty, as in the documents' sample."""
        return {
            "id": self.source.id,
            "type": self.source.type,
            "properties": shown_properties(self.source, self.properties_to_get),
            "destination_node_count": self.destination_count,
            "permissions": [],
            "engagement_access_stats": None,
            "access_stats": None,
            "destination_node_ids": [],
            "risk_level": self.source.risk_level,
            "raw_permissions": [],
            "effective_permissions": [],
        }


@dataclass(frozen=True)
class PathRow:
    """A source, a destination that it relates to, and what it may do there."""

    source: Node
    destination: Node
    raw_permissions: frozenset[str]
    source_properties_to_get: tuple[str, ...] = ()
    destination_properties_to_get: tuple[str, ...] = ()

    @property
    def key(self) -> RowKey:
        """The place of this row."""
        return RowKey(self.source.lower_name, self.source.id, self.destination.id)

    def render(self) -> dict[str, Any]:
        """Return the row as one of `path_values`."""
        effective = effective_permissions(self.raw_permissions)
        return {
            "source": _render_end(self.source, self.source_properties_to_get),
            "abstract_permissions": sorted(permission.abstract_name for permission in effective),
            "concrete_permissions": sorted(self.raw_permissions),
            "destination": _render_end(self.destination, self.destination_properties_to_get),
            "path_summary_nodes": [],
        }


Row = SourceRow | PathRow


@dataclass(frozen=True)
class QueryResult:
    """All rows of one run, in order."""

    kind: ResultValueType
    rows: tuple[Row, ...]

    @cached_property
    def keys(self) -> Sequence[RowKey]:
        """The places of all rows, in order."""
        return [row.key for row in self.rows]


def render_rows(kind: ResultValueType, rows: Sequence[Row]) -> dict[str, list[dict[str, Any]]]:
    """Return both row lists of an answer; the one that the result is not about is present and empty."""
    rendered = [row.render() for row in rows]
    if kind is ResultValueType.SOURCE_AND_DESTINATION_NODES:
        return {"values": [], "path_values": rendered}
    return {"values": rendered, "path_values": []}


def shown_properties(node: Node, wanted: tuple[str, ...]) -> Mapping[str, Any]:
    """Return the populated properties of a node, only the wanted ones if any are named."""
    if not wanted:
        return dict(node.properties)
    return {name: node.properties[name] for name in wanted if name in node.properties}


def _render_end(node: Node, wanted: tuple[str, ...]) -> dict[str, Any]:
    return {
        "id": node.id,
        "type": node.type,
        "properties": shown_properties(node, wanted),
        "risk_level": node.risk_level,
    }
