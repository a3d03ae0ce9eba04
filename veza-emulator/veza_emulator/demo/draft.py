"""A tenant graph while it is being drawn up; the only mutable form of one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from veza_emulator.graph.edge_marks import EdgeKind, EdgeMarks, RawPermissions
from veza_emulator.graph.edges import Numbers
from veza_emulator.graph.tenant_graph import NO_PERMISSIONS, Node, TenantGraph


@dataclass(frozen=True)
class Span:
    """Nodes that were added together, by the number of the first."""

    first: int
    count: int

    @property
    def numbers(self) -> Numbers:
        """The number of each node."""
        return np.arange(self.first, self.first + self.count)


class Draft:
    """Nodes, links and grants collected so far; a link lets whoever holds the one also hold the other."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._number_of: dict[str, int] = {}
        self._marks = EdgeMarks()
        self._columns: list[Numbers] = []

    def add(self, node: Node) -> Node:
        """Add a node and return it."""
        self._number_of[node.id] = len(self.nodes)
        self.nodes.append(node)
        return node

    def add_all(self, nodes: Iterable[Node]) -> Span:
        """Add nodes that are addressed by number."""
        first = len(self.nodes)
        self.nodes.extend(nodes)
        return Span(first, len(self.nodes) - first)

    def link(self, source: Node, target: Node) -> None:
        """Link one node to another one; both were added alone."""
        self.link_all(np.array([self._number_of[source.id]]), np.array([self._number_of[target.id]]))

    def grant(self, source: Node, resource: Node, *raw_permissions: str) -> None:
        """Let whoever holds the source use the resource; both were added alone."""
        tail, head = np.array([self._number_of[source.id]]), np.array([self._number_of[resource.id]])
        self.grant_all(tail, head, np.zeros(1, dtype=np.int64), [frozenset(raw_permissions)])

    def link_all(self, sources: Numbers, targets: Numbers) -> None:
        """Link each source to the target at the same place."""
        self.grant_all(sources, targets, np.zeros(len(sources), dtype=np.int64), [NO_PERMISSIONS])

    def grant_all(
        self, sources: Numbers, resources: Numbers, chosen: Numbers, choices: Sequence[RawPermissions]
    ) -> None:
        """Let whoever holds each source use the resource at the same place, as the choice of that number says."""
        marks = np.array([self._marks.number_of(raw, EdgeKind.BOTH) for raw in choices], dtype=np.int64)
        self._columns.append(np.array([sources, resources, marks[chosen]]))

    def build(self) -> TenantGraph:
        """Return the finished graph."""
        return TenantGraph.of_columns(self.nodes, np.hstack(self._columns), self._marks)
