"""The graph of one tenant: nodes, links along which access flows, who reaches what; knows no query spec."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import rustworkx

RawPermissions = frozenset[str]
Relations = dict[int, dict[int, RawPermissions]]
"""For each related node, the nodes it relates to, with the raw permissions that it has on each."""

_NO_PERMISSIONS: RawPermissions = frozenset()


class RiskLevel(StrEnum):
    """How risky Veza rates a node."""

    NONE = "NONE"
    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    CRITICAL = "CRITICAL"


@dataclass(frozen=True, slots=True)
class Node:
    """One entity of the tenant; a property that is not populated is absent from `properties`."""

    id: str
    type: str
    properties: Mapping[str, Any]
    risk_level: RiskLevel = RiskLevel.NONE

    @property
    def lower_name(self) -> str:
        """The name that rows are ordered by."""
        return str(self.properties.get("name", "")).lower()


class Link(NamedTuple):
    """Membership, assumption or attachment: whoever holds the source also holds the target."""

    source: str
    target: str


class Grant(NamedTuple):
    """Raw permissions that a node gives its holders on a resource."""

    source: str
    resource: str
    raw_permissions: RawPermissions


class TenantGraph:
    """Nodes and access of one tenant; never changes once built, so that any thread may read it."""

    def __init__(self, nodes: Sequence[Node], links: Iterable[Link], grants: Iterable[Grant]) -> None:
        self.nodes = tuple(nodes)
        self._index_of_id = {node.id: index for index, node in enumerate(self.nodes)}
        if len(self._index_of_id) != len(self.nodes):
            raise ValueError("two nodes of a tenant have the same id; make every node id unique")
        self._indices_of_type: dict[str, list[int]] = defaultdict(list)
        for index, node in enumerate(self.nodes):
            self._indices_of_type[node.type].append(index)
        self._grants_on: dict[int, list[tuple[int, RawPermissions]]] = defaultdict(list)
        self._graph = rustworkx.PyDiGraph()
        self._graph.add_nodes_from(range(len(self.nodes)))
        self._graph.add_edges_from_no_data([(self._end(link.source), self._end(link.target)) for link in links])
        self._graph.add_edges_from_no_data([self._note_grant(grant) for grant in grants])

    @property
    def node_types(self) -> Collection[str]:
        """Every node type that the tenant has."""
        return self._indices_of_type.keys()

    def of_type(self, node_type: str) -> Sequence[int]:
        """Return the indices of all nodes of a type; none for a type that the tenant does not have."""
        return self._indices_of_type.get(node_type, ())

    def index_of(self, node_id: str) -> int | None:
        """Return the index of the node with this id, None if there is none."""
        return self._index_of_id.get(node_id)

    def relations(self, sources: Collection[int], destinations: Collection[int]) -> Relations:
        """Return which sources relate to which destinations, whichever way the access between the two flows."""
        related = self._access(sources, destinations)
        for holder, reached in self._access(destinations, sources).items():
            for resource, raw in reached.items():
                on_resource = related.setdefault(resource, {})
                on_resource[holder] = on_resource.get(holder, _NO_PERMISSIONS) | raw
        return related

    def _access(self, holders: Collection[int], resources: Collection[int]) -> Relations:
        if len(holders) <= len(resources):
            return self._access_from_holders(holders, frozenset(resources))
        return self._access_from_resources(frozenset(holders), resources)

    def _access_from_holders(self, holders: Collection[int], resources: frozenset[int]) -> Relations:
        access: Relations = {}
        for holder in holders:
            below = rustworkx.descendants(self._graph, holder)
            held = below | {holder}
            reached = {
                resource: _NO_PERMISSIONS.union(
                    *(raw for giver, raw in self._grants_on.get(resource, ()) if giver in held)
                )
                for resource in below & resources
            }
            if reached:
                access[holder] = reached
        return access

    def _access_from_resources(self, holders: frozenset[int], resources: Collection[int]) -> Relations:
        access: Relations = {}
        for resource in resources:
            for holder in rustworkx.ancestors(self._graph, resource) & holders:
                access.setdefault(holder, {})[resource] = _NO_PERMISSIONS
            for giver, raw in self._grants_on.get(resource, ()):
                for holder in (rustworkx.ancestors(self._graph, giver) | {giver}) & holders:
                    if holder != resource:
                        access[holder][resource] |= raw
        return access

    def _end(self, node_id: str) -> int:
        index = self._index_of_id.get(node_id)
        if index is None:
            raise ValueError(f"a link or grant names node {node_id!r}, which the tenant does not have")
        return index

    def _note_grant(self, grant: Grant) -> tuple[int, int]:
        giver, resource = self._end(grant.source), self._end(grant.resource)
        self._grants_on[resource].append((giver, grant.raw_permissions))
        return giver, resource
