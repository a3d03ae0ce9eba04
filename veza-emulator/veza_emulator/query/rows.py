"""The rows of a result and how each is written on the wire; no paging and no evaluation."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, TypeVar, overload

from veza_emulator.graph.permissions import effective_permissions
from veza_emulator.graph.tenant_graph import Node, Tag
from veza_emulator.query.node_selectors import WantedTag
from veza_emulator.query.spec import ResultValueType

RowT = TypeVar("RowT")


class RowKey(NamedTuple):
    """The place of a row: rows are ordered by source name in lower case, source id, destination id."""

    lower_name: str
    id: str
    destination_id: str = ""


@dataclass(frozen=True)
class Shown:
    """What a row shows of a node: these properties, all if none is named; these tags; and all tags if it has to."""

    properties: tuple[str, ...] = ()
    tags: tuple[WantedTag, ...] = ()
    all_tags: bool = False

    def render_properties(self, node: Node) -> dict[str, Any]:
        """Return the shown properties that are populated."""
        if not self.properties:
            return dict(node.properties)
        return {name: node.properties[name] for name in self.properties if name in node.properties}

    def render_tags(self, node: Node) -> dict[str, Any]:
        """Return the fields of a row that hold tags; none if nobody asked for tags."""
        fields = {"tags": [_render_tag(tag) for tag in node.tags]} if self.all_tags else {}
        if self.tags:
            fields["specified_tags"] = [_render_tag(tag) for tag in node.tags if self._wants(tag)]
        return fields

    def _wants(self, tag: Tag) -> bool:
        return any(tag.key == wanted.key and wanted.type in ("", tag.type) for wanted in self.tags)


SHOW_ALL = Shown()


@dataclass(frozen=True)
class Engagement:
    """How much of its access a source uses."""

    total: int
    accessed: int

    @property
    def over_provisioned_score(self) -> int:
        """The share of the access that is not used, from 0 to 100."""
        return 100 - self.engagement_score

    @property
    def engagement_score(self) -> int:
        """The share of the access that is used, from 0 to 100."""
        return 100 * self.accessed // self.total

    def render(self) -> dict[str, Any]:
        """Return the statistics as a row shows them; counts are text, as JSON carries large numbers."""
        return {
            "engagement_score": self.engagement_score,
            "over_provisioned_score": self.over_provisioned_score,
            "total_count": str(self.total),
            "accessed_count": str(self.accessed),
        }


@dataclass(frozen=True)
class SourceRow:
    """A source with the number of destinations that it relates to; the permissions are those it has on any of them."""

    source: Node
    destination_count: int
    shown: Shown = SHOW_ALL
    raw_permissions: frozenset[str] = frozenset()
    engagement: Engagement | None = None

    @property
    def key(self) -> RowKey:
        """The place of this row."""
        return RowKey(self.source.lower_name, self.source.id)

    def render(self) -> dict[str, Any]:
        """Return the row as one of `values`; the other lists stay empty, as in the documents' sample."""
        return {
            "id": self.source.id,
            "type": self.source.type,
            "properties": self.shown.render_properties(self.source),
            "destination_node_count": self.destination_count,
            "permissions": [],
            "engagement_access_stats": self.engagement.render() if self.engagement else None,
            "access_stats": None,
            "destination_node_ids": [],
            "risk_level": self.source.risk_level,
            "raw_permissions": sorted(self.raw_permissions),
            "effective_permissions": sorted(effective_permissions(self.raw_permissions)),
            **self.shown.render_tags(self.source),
        }


@dataclass(frozen=True)
class PathRow:
    """A source, a destination that it relates to, what it may do there, and nodes on the way.

    :param destination_count: to how many destinations the source relates; rows can be ordered by it.
    """

    source: Node
    destination: Node
    raw_permissions: frozenset[str]
    source_shown: Shown = SHOW_ALL
    destination_shown: Shown = SHOW_ALL
    summary: tuple[Node, ...] = ()
    destination_count: int = 0

    @property
    def key(self) -> RowKey:
        """The place of this row."""
        return RowKey(self.source.lower_name, self.source.id, self.destination.id)

    def render(self) -> dict[str, Any]:
        """Return the row as one of `path_values`."""
        effective = effective_permissions(self.raw_permissions)
        return {
            "source": _render_end(self.source, self.source_shown),
            "abstract_permissions": sorted(permission.abstract_name for permission in effective),
            "concrete_permissions": sorted(self.raw_permissions),
            "destination": _render_end(self.destination, self.destination_shown),
            "path_summary_nodes": [_render_end(node, SHOW_ALL) for node in self.summary],
        }


Row = SourceRow | PathRow


class LazyRows(Sequence[RowT]):
    """Rows that are made when they are asked for, each time anew: a page shows few of many."""

    def __init__(self, count: int, make: Callable[[int], RowT]) -> None:
        self._count = count
        self._make = make

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> RowT: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[RowT]: ...

    def __getitem__(self, place: int | slice) -> RowT | Sequence[RowT]:
        if isinstance(place, slice):
            return tuple(map(self._make, range(*place.indices(self._count))))
        return self._make(range(self._count)[place])


@dataclass(frozen=True)
class QueryResult:
    """All rows of one run, in order; by their keys unless the query asked for another order."""

    kind: ResultValueType
    rows: Sequence[Row]
    is_in_key_order: bool = field(default=True, kw_only=True)

    def place_after(self, key: RowKey) -> int:
        """Return the place after the row with this key; where no row has it, a place where the key order goes on."""
        if self.is_in_key_order:
            return bisect_right(self.rows, key, key=lambda row: row.key)
        return self._places.get(key, -1) + 1

    @cached_property
    def _places(self) -> Mapping[RowKey, int]:
        return {row.key: place for place, row in enumerate(self.rows)}


def render_rows(kind: ResultValueType, rows: Iterable[Row]) -> dict[str, list[dict[str, Any]]]:
    """Return both row lists of an answer; the one that the result is not about is present and empty."""
    rendered = [row.render() for row in rows]
    if kind is ResultValueType.SOURCE_AND_DESTINATION_NODES:
        return {"values": [], "path_values": rendered}
    return {"values": rendered, "path_values": []}


def _render_end(node: Node, shown: Shown) -> dict[str, Any]:
    return {
        "id": node.id,
        "type": node.type,
        "properties": shown.render_properties(node),
        "risk_level": node.risk_level,
        **shown.render_tags(node),
    }


def _render_tag(tag: Tag) -> dict[str, Any]:
    return {"type": tag.type, "key": tag.key, "value": tag.value, "properties": {}}
