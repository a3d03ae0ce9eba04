"""A tenant graph while it is being drawn up; the only mutable form of one."""

from __future__ import annotations

from dataclasses import dataclass, field

from airflow_provider_veza.emulator.graph import Grant, Link, Node, TenantGraph


@dataclass
class Draft:
    """Nodes, links and grants collected so far."""

    nodes: list[Node] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)

    def add(self, node: Node) -> Node:
        """Add a node and return it."""
        self.nodes.append(node)
        return node

    def link(self, source: Node, target: Node) -> None:
        """Let whoever holds the source also hold the target."""
        self.links.append(Link(source.id, target.id))

    def grant(self, source: Node, resource: Node, *raw_permissions: str) -> None:
        """Let whoever holds the source use the resource."""
        self.grants.append(Grant(source.id, resource.id, frozenset(raw_permissions)))

    def build(self) -> TenantGraph:
        """Return the finished graph."""
        return TenantGraph(self.nodes, self.links, self.grants)
