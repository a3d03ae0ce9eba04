"""The graph of one tenant: nodes, links along which access flows, what was used, how it once was; no query spec."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from veza_emulator.graph.edge_marks import EdgeKind, EdgeMarks, RawPermissions
from veza_emulator.graph.edges import Edges, Numbers

Uses = Mapping[int, Collection[int]]
"""For each node, those it has used its access to."""

NO_PERMISSIONS: RawPermissions = frozenset()


class RiskLevel(StrEnum):
    """How risky Veza rates a node."""

    NONE = "NONE"
    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    CRITICAL = "CRITICAL"


class Tag(NamedTuple):
    """One tag of a node; the type says whose tag it is, such as a cloud's or Veza's own."""

    key: str
    value: str = ""
    type: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """One entity of the tenant; a property that is not populated is absent from `properties`."""

    id: str
    type: str
    properties: Mapping[str, Any]
    risk_level: RiskLevel = RiskLevel.NONE
    tags: tuple[Tag, ...] = ()

    @property
    def lower_name(self) -> str:
        """The name that rows are ordered by."""
        return str(self.properties.get("name", "")).lower()


class Link(NamedTuple):
    """Membership, assumption or attachment: whoever holds the source also holds the target."""

    source: str
    target: str
    kind: EdgeKind = EdgeKind.BOTH


class Grant(NamedTuple):
    """Raw permissions that a node gives its holders on a resource."""

    source: str
    resource: str
    raw_permissions: RawPermissions
    kind: EdgeKind = EdgeKind.BOTH


class Use(NamedTuple):
    """A node has used its access to another one."""

    source: str
    resource: str


class TenantGraph:
    """Nodes and access of one tenant; never changes once built, so that any thread may read it.

    :param uses: which access was used; None means that nobody watches, so that no access can be called unused.
    :param snapshots: the graph as it once was, by snapshot id.
    :param base: a graph that this one extends; edges may lead to and from its nodes.
    """

    def __init__(
        self,
        nodes: Iterable[Node],
        links: Iterable[Link],
        grants: Iterable[Grant],
        *,
        uses: Iterable[Use] | None = None,
        snapshots: Mapping[str, TenantGraph] | None = None,
        base: TenantGraph | None = None,
    ) -> None:
        self.nodes: tuple[Node, ...] = (*base.nodes, *nodes) if base else tuple(nodes)
        self.snapshots = dict(snapshots or {})
        self._number_of_id = {node.id: number for number, node in enumerate(self.nodes)}
        if len(self._number_of_id) != len(self.nodes):
            raise ValueError("two nodes of a tenant have the same id; make every node id unique")
        self.marks: EdgeMarks = EdgeMarks(base.marks if base else ())
        columns = np.array([*self._link_columns(links), *self._grant_columns(grants)], dtype=np.int64).reshape(-1, 3).T
        self.columns: Numbers = np.hstack([base.columns, columns]) if base else columns
        self.uses: Uses | None = base.uses if base and uses is None else self._used(uses)
        self._sorted_of_type: dict[str, Numbers] = {}
        self._properties_of_type: dict[str, frozenset[str]] = {}

    @classmethod
    def of_columns(cls, nodes: Iterable[Node], columns: Numbers, marks: EdgeMarks) -> TenantGraph:
        """Return a graph whose edges are given by number: rows of tails, heads and marks, an edge in each column."""
        graph = cls(nodes, (), ())
        graph.columns, graph.marks = columns, marks
        return graph

    def extended(self, nodes: Iterable[Node], links: Iterable[Link], grants: Iterable[Grant]) -> TenantGraph:
        """Return this graph with more nodes and edges."""
        return TenantGraph(nodes, links, grants, snapshots=self.snapshots, base=self)

    def with_nodes(self, nodes: Iterable[Node]) -> TenantGraph:
        """Return this graph with other nodes in place of its own, one for one: the same ids in the same order."""
        graph = TenantGraph.of_columns(nodes, self.columns, self.marks)
        graph.uses, graph.snapshots = self.uses, self.snapshots
        return graph

    @property
    def node_types(self) -> Collection[str]:
        """Every node type that the tenant has."""
        return self._numbers_of_type.keys()

    @cached_property
    def edges(self) -> Edges:
        """Every link and grant, marked by a number of `marks`."""
        return Edges(len(self.nodes), *self.columns)

    def of_type(self, node_type: str) -> Numbers:
        """Return the numbers of all nodes of a type by name, then id; none for a type that the tenant does not have."""
        if node_type not in self._sorted_of_type:
            self._sorted_of_type[node_type] = self.in_order(
                np.array(self._numbers_of_type.get(node_type, ()), dtype=np.int64)
            )
        return self._sorted_of_type[node_type]

    def in_order(self, numbers: Numbers) -> Numbers:
        """Return these nodes by name in lower case, then by id."""
        return numbers[np.argsort(self._places[numbers])]

    def in_order_of_ids(self, numbers: Numbers) -> Numbers:
        """Return these nodes by id."""
        return numbers[np.argsort(self._places_of_ids[numbers])]

    def properties_of(self, node_type: str) -> frozenset[str]:
        """Return every property that is populated on a node of this type."""
        if node_type not in self._properties_of_type:
            nodes = (self.nodes[number] for number in self._numbers_of_type.get(node_type, ()))
            self._properties_of_type[node_type] = frozenset().union(*(node.properties for node in nodes))
        return self._properties_of_type[node_type]

    def index_of(self, node_id: str) -> int | None:
        """Return the number of the node with this id, None if there is none."""
        return self._number_of_id.get(node_id)

    @cached_property
    def _places(self) -> Numbers:
        return _ranks([(node.lower_name, node.id) for node in self.nodes])

    @cached_property
    def _places_of_ids(self) -> Numbers:
        return _ranks([node.id for node in self.nodes])

    @cached_property
    def _numbers_of_type(self) -> Mapping[str, Sequence[int]]:
        numbers: dict[str, list[int]] = defaultdict(list)
        for number, node in enumerate(self.nodes):
            numbers[node.type].append(number)
        return dict(numbers)

    def _link_columns(self, links: Iterable[Link]) -> Iterable[tuple[int, int, int]]:
        return [
            (self._end(link.source), self._end(link.target), self.marks.number_of(NO_PERMISSIONS, link.kind))
            for link in links
        ]

    def _grant_columns(self, grants: Iterable[Grant]) -> Iterable[tuple[int, int, int]]:
        return [
            (
                self._end(grant.source),
                self._end(grant.resource),
                self.marks.number_of(grant.raw_permissions, grant.kind),
            )
            for grant in grants
        ]

    def _used(self, uses: Iterable[Use] | None) -> Uses | None:
        if uses is None:
            return None
        used: dict[int, set[int]] = defaultdict(set)
        for use in uses:
            used[self._end(use.source)].add(self._end(use.resource))
        return used

    def _end(self, node_id: str) -> int:
        number = self._number_of_id.get(node_id)
        if number is None:
            raise ValueError(f"a link or grant names node {node_id!r}, which the tenant does not have")
        return number


def _ranks(keys: Sequence[Any]) -> Numbers:
    order = sorted(range(len(keys)), key=keys.__getitem__)
    ranks = np.empty(len(keys), dtype=np.int64)
    ranks[order] = np.arange(len(keys))
    return ranks
