"""What one pushed data source adds to the tenant's graph, and how the parts of all of them join it; reads no payload."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from veza_emulator.graph.tenant_graph import Grant, Link, Node, Tag, TenantGraph
from veza_emulator.oaa.identities import IdentityIndex, IdentityName
from veza_emulator.reading.errors import FieldViolation, invalid_argument

MAXIMUM_ACCESS = 2_000_000
"""How many times a permission of a part may reach a sub-resource; a larger part is refused, lest it take minutes."""

_SHOWN_REFUSALS = 50


@dataclass(frozen=True)
class EntityName:
    """A node of any data source, called by type and id, and by its data source if one is named."""

    type: str
    id: str
    data_source_id: str = ""

    def means(self, node: Node) -> bool:
        """Tell whether this is the name of a node."""
        of_source = self.data_source_id in ("", node.properties.get("datasource_id"))
        return of_source and (node.type, node.id) == (self.type, self.id)


End = str | IdentityName | EntityName
"""An end of a link: the id of a node of the same part, or what another data source may have."""


@dataclass(frozen=True)
class CrossLink:
    """A link to another data source; it is there only while both ends are.

    :param missed: whether a push is warned of an end that is not there.
    """

    source: End
    target: End
    missed: bool = True


@dataclass(frozen=True)
class Enrichment:
    """Properties that a data source adds to a node of another one."""

    entity: EntityName
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class GraphPart:
    """Everything that one data source contributes."""

    nodes: tuple[Node, ...] = ()
    links: tuple[Link, ...] = ()
    grants: tuple[Grant, ...] = ()
    cross_links: tuple[CrossLink, ...] = ()
    enrichments: tuple[Enrichment, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class JoinedGraph:
    """The tenant's graph with all parts, and the names of each part's missed ends that nothing answers to."""

    graph: TenantGraph
    unknown_ends: tuple[Sequence[End], ...]


def join(base: TenantGraph, parts: Sequence[GraphPart]) -> JoinedGraph:
    """Return the graph of the tenant's own nodes and all parts."""
    pushed = [node for part in parts for node in part.nodes]
    ends = _Ends([*base.nodes, *pushed] if any(part.cross_links or part.enrichments for part in parts) else ())
    links = [link for part in parts for link in (*part.links, *ends.links(part))]
    graph = base.extended(pushed, links, (grant for part in parts for grant in part.grants))
    more = ends.properties(enrichment for part in parts for enrichment in part.enrichments)
    if more:
        graph = graph.with_nodes(_enriched(node, more.get(node.id)) for node in graph.nodes)
    return JoinedGraph(graph, tuple(ends.unknown(part) for part in parts))


def _enriched(node: Node, more: Mapping[str, Any] | None) -> Node:
    return replace(node, properties={**node.properties, **more}) if more else node


class _Ends:
    """What the names of other data sources' nodes mean in one graph."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._identities = IdentityIndex(nodes)
        self._node_of_id = {node.id: node for node in nodes}

    def links(self, part: GraphPart) -> Iterable[Link]:
        """Yield the links that the part's cross links amount to."""
        for cross_link in part.cross_links:
            for source in self._nodes_of(cross_link.source):
                yield from (Link(source, target) for target in self._nodes_of(cross_link.target))

    def properties(self, enrichments: Iterable[Enrichment]) -> Mapping[str, Mapping[str, Any]]:
        """Return what is added to each node; of two that add the same property, the later one counts."""
        more: dict[str, dict[str, Any]] = {}
        for enrichment in enrichments:
            for node_id in self._nodes_of(enrichment.entity):
                more.setdefault(node_id, {}).update(enrichment.properties)
        return more

    def unknown(self, part: GraphPart) -> Sequence[End]:
        """Return every name in the part that nothing answers to and that is missed, each once."""
        named: list[End] = [enrichment.entity for enrichment in part.enrichments]
        for cross_link in part.cross_links:
            named += [cross_link.source, cross_link.target] if cross_link.missed else []
        return [end for end in dict.fromkeys(named) if not self._nodes_of(end)]

    def _nodes_of(self, end: End) -> Sequence[str]:
        match end:
            case IdentityName():
                return self._identities.find(end)
            case EntityName():
                node = self._node_of_id.get(end.id)
                return [node.id] if node is not None and end.means(node) else []
            case str():
                return [end]


@dataclass(frozen=True)
class Origin:
    """Where pushed nodes come from."""

    provider_id: str
    data_source_id: str

    def properties(self) -> dict[str, Any]:
        """Return the properties that tell it."""
        return {"datasource_id": self.data_source_id, "provider_id": self.provider_id}


class PartDraft:
    """A part while a payload is turned into it; what is wrong with the payload is collected and refused at once."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._nodes: dict[str, Node] = {}
        self._links: dict[Link, None] = {}
        self._grants: list[Grant] = []
        self._access = 0
        self._cross_links: dict[CrossLink, None] = {}
        self._warnings: list[str] = []
        self._refusals: list[FieldViolation] = []

    def add(self, key: str, node_type: str, properties: Mapping[str, Any], tags: tuple[Tag, ...] = ()) -> str:
        """Add a node under a key, and return its id; a key that is in use, whatever its case, is refused."""
        # The form of these ids is not documented.
        node_id = f"{self._origin.data_source_id}:{key}"
        if node_id.lower() in self._nodes:
            self.refuse("id", f"{key} is defined twice; identifiers are the id, else the name, and ignore case")
        shown = {**properties, **self._origin.properties()}
        self._nodes[node_id.lower()] = Node(node_id, node_type, shown, tags=tags)
        return node_id

    def hold(self, holder: End, held: End, *, missed: bool = True) -> None:
        """Let whoever holds the one also hold the other, once both are there; a push may be warned while they are not."""
        if isinstance(holder, str) and isinstance(held, str):
            self._links[Link(holder, held)] = None
        else:
            self._cross_links[CrossLink(holder, held, missed)] = None

    def grant(self, source: str, resource: str, raw_permissions: frozenset[str]) -> None:
        """Let whoever holds a node use a resource."""
        self._grants.append(Grant(source, resource, raw_permissions))

    def count_access(self, count: int) -> None:
        """Count what is worked out beyond what the payload spells out, and refuse a payload that amounts to too much."""
        self._access += count
        if self._access > MAXIMUM_ACCESS:
            description = (
                f"reach sub-resources in more than {MAXIMUM_ACCESS} ways; give fewer on what has many below it"
            )
            raise invalid_argument(FieldViolation("permissions.apply_to_sub_resources", description))

    def warn(self, message: str) -> None:
        """Note what the push is answered with although it succeeds."""
        self._warnings.append(message)

    def refuse(self, field: str, description: str) -> None:
        """Note what makes the whole push fail."""
        self._refusals.append(FieldViolation(field, description))

    def build(self) -> GraphPart:
        """Return the finished part, or refuse the payload."""
        if self._refusals:
            raise invalid_argument(*bounded(self._refusals))
        return GraphPart(
            tuple(self._nodes.values()),
            tuple(self._links),
            tuple(self._grants),
            tuple(self._cross_links),
            warnings=tuple(self._warnings),
        )


def bounded(violations: Sequence[FieldViolation]) -> Sequence[FieldViolation]:
    """Return the first violations, and how many more there are: a broken payload may have one for each entity."""
    more = len(violations) - _SHOWN_REFUSALS
    if more <= 0:
        return violations
    return [*violations[:_SHOWN_REFUSALS], FieldViolation("payload", f"has {more} more violations")]
