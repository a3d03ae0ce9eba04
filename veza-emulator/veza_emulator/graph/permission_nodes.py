"""The permissions of a graph as nodes of their own, each between who gives them and the resource; knows no query.

Inferred: Veza draws an EffectivePermission between identity and resource; here there is one for each pair of a node that gives
permissions and a resource, and whoever holds that node has it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from weakref import WeakKeyDictionary

from veza_emulator.graph.edge_marks import EdgeKind
from veza_emulator.graph.permissions import EffectivePermission, effective_permissions
from veza_emulator.graph.tenant_graph import Grant, Link, Node, TenantGraph

EFFECTIVE_PERMISSION = "EffectivePermission"
PRIVILEGE = "_privilege"

_Place = tuple[int, int, EdgeKind]
"""Who gives, on which resource, and in which view of access."""

_EXTENDED: WeakKeyDictionary[TenantGraph, TenantGraph] = WeakKeyDictionary()


def with_permission_nodes(graph: TenantGraph) -> TenantGraph:
    """Return a graph with a node for the permissions of each pair; made once for each graph."""
    extended = _EXTENDED.get(graph)
    if extended is None:
        extended = _EXTENDED[graph] = _extended(graph)
    return extended


def privileges(raw_permissions: frozenset[str]) -> dict[str, bool]:
    """Return for each effective permission whether raw permissions amount to it, as a node of permissions shows it."""
    effective = effective_permissions(raw_permissions)
    return {f"{permission.lower()}{PRIVILEGE}": permission in effective for permission in EffectivePermission}


def _extended(graph: TenantGraph) -> TenantGraph:
    nodes, links, grants = [], [], []
    for (tail, head, kind), raw in _raw_permissions(graph).items():
        giver, resource = graph.nodes[tail], graph.nodes[head]
        node = _permission_node(giver, resource, kind, raw)
        nodes.append(node)
        links.append(Link(giver.id, node.id, kind))
        grants.append(Grant(node.id, resource.id, raw, kind))
    return graph.extended(nodes, links, grants)


def _raw_permissions(graph: TenantGraph) -> dict[_Place, frozenset[str]]:
    found: dict[_Place, frozenset[str]] = defaultdict(frozenset)
    gives = graph.marks.where(lambda mark: bool(mark.raw))
    for tail, head, number in graph.columns[:, gives[graph.columns[2]]].T.tolist():
        mark = graph.marks[number]
        found[tail, head, mark.kind] |= mark.raw
    return found


def _permission_node(giver: Node, resource: Node, kind: EdgeKind, raw: frozenset[str]) -> Node:
    view = "" if kind is EdgeKind.BOTH else f" ({kind})"
    origin = {
        name: resource.properties[name] for name in ("datasource_id", "provider_id") if name in resource.properties
    }
    properties: dict[str, Any] = {
        "name": ", ".join(sorted(raw)),
        "permissions": sorted(raw),
        **privileges(raw),
        **origin,
    }
    return Node(f"{giver.id} -> {resource.id}{view}", EFFECTIVE_PERMISSION, properties)
