"""Adds the demo tenant's breadth: a node or a few of every type that usual queries name, from `breadth.json`; knows no type.

The file holds what the nodes of a system share, what permissions amount to, sets of permissions, nodes (a type, properties and
Veza's own tags) and edges (from, to, and which set). `@95` is the day 95 days ago. Nodes that more queries look for stand first,
so that a small tenant has those. Types, properties and values are those that Veza's built-in queries name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from veza_emulator.demo.draft import Draft
from veza_emulator.demo.origins import days_ago, origin, uuid_like
from veza_emulator.graph.edge_marks import RawPermissions
from veza_emulator.graph.permissions import CustomPermission, EffectivePermission
from veza_emulator.graph.tenant_graph import Node, Tag

_DAYS_AGO = "@"
_PUSHED = "OAA."


def add_breadth(draft: Draft, most: int) -> None:
    """Add the nodes and what connects them, at most so many nodes; nothing here touches what the draft already holds."""
    table = _table()
    span = draft.add_all([_node(number, *row) for number, row in enumerate(table["nodes"][:most])])
    sources, targets, chosen = np.array(table["edges"], dtype=np.int64).T
    are_there = (sources < span.count) & (targets < span.count)
    sets = [_permission_set(names, table["permissions"]) for names in table["permission_sets"]]
    draft.grant_all(sources[are_there] + span.first, targets[are_there] + span.first, chosen[are_there], sets)


@cache
def _table() -> Mapping[str, Any]:
    content: Mapping[str, Any] = json.loads(Path(__file__).with_name("breadth.json").read_bytes())
    return content


def _node(number: int, node_type: str, properties: Mapping[str, Any], tags: Mapping[str, str] | None = None) -> Node:
    shown = {**_shared(node_type), **properties}
    for name, value in properties.items():
        if isinstance(value, str) and value.startswith(_DAYS_AGO):
            shown[name] = days_ago(int(value.removeprefix(_DAYS_AGO)))
    kept = tuple(Tag(key, value) for key, value in tags.items()) if tags else ()
    return Node(f"acme:{node_type}:{number}", node_type, shown, tags=kept)


@cache
def _shared(node_type: str) -> Mapping[str, Any]:
    """Return what all nodes of a type's system share."""
    if node_type.startswith(_PUSHED):
        return _shared_by_application(node_type.split(".")[1])
    systems = _table()["systems"]
    return next((system["properties"] for system in systems if node_type.startswith(tuple(system["starts"]))), {})


@cache
def _shared_by_application(name: str) -> Mapping[str, Any]:
    return {"application_type": name, **origin(uuid_like(f"data source {name}"), uuid_like(f"provider {name}"))}


def _permission_set(names: Sequence[str], meanings: Mapping[str, Sequence[str]]) -> RawPermissions:
    return frozenset(
        CustomPermission(name, map(EffectivePermission, meanings[name])) if name in meanings else name for name in names
    )
