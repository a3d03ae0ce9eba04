"""Adds the demo tenant's breadth: a node or a few of every type that usual queries name, from `breadth.json`; knows no type.

The file holds, each on a line: what the nodes of a system share, what permissions amount to, nodes (a type, properties and Veza's
own tags) and edges (from, to, and permissions). `@95` is the day 95 days ago. Nodes that more queries look for stand first, so
that a small tenant has those. Types, properties and values are those that Veza's built-in queries name.
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
    rows = table["nodes"][:most]
    shared = _Shared(table["systems"])
    span = draft.add_all([_node(number, shared, *row) for number, row in enumerate(rows)])
    edges = [edge for edge in table["edges"] if max(edge[:2]) < len(rows)]
    given = [_given(edge[2:], table["permissions"]) for edge in edges]
    choices = list(dict.fromkeys(given))
    places = {choice: place for place, choice in enumerate(choices)}
    ends = np.array([edge[:2] for edge in edges], dtype=np.int64).reshape(-1, 2).T + span.first
    draft.grant_all(*ends, np.array([places[choice] for choice in given], dtype=np.int64), choices)


@cache
def _table() -> Mapping[str, Any]:
    content: Mapping[str, Any] = json.loads(Path(__file__).with_name("breadth.json").read_bytes())
    return content


class _Shared:
    """What the nodes of one system share, by type."""

    def __init__(self, systems: Sequence[Mapping[str, Any]]) -> None:
        self._systems = [(tuple(system["starts"]), system["properties"]) for system in systems]
        self._of_type: dict[str, Mapping[str, Any]] = {}

    def of(self, node_type: str) -> Mapping[str, Any]:
        """Return the properties."""
        if node_type not in self._of_type:
            self._of_type[node_type] = self._found(node_type)
        return self._of_type[node_type]

    def _found(self, node_type: str) -> Mapping[str, Any]:
        if node_type.startswith(_PUSHED):
            application = node_type.split(".")[1]
            sources = origin(uuid_like(f"data source {application}"), uuid_like(f"provider {application}"))
            return {"application_type": application, **sources}
        return next((properties for starts, properties in self._systems if node_type.startswith(starts)), {})


def _node(
    number: int, shared: _Shared, node_type: str, properties: Mapping[str, Any], tags: Mapping[str, str] | None = None
) -> Node:
    values = {name: _value(value) for name, value in properties.items()}
    kept = tuple(Tag(key, value) for key, value in tags.items()) if tags else ()
    return Node(f"acme:{node_type}:{number}", node_type, {**shared.of(node_type), **values}, tags=kept)


def _value(value: Any) -> Any:
    is_day = isinstance(value, str) and value.startswith(_DAYS_AGO)
    return days_ago(int(value.removeprefix(_DAYS_AGO))) if is_day else value


def _given(names: Sequence[str], meanings: Mapping[str, Sequence[str]]) -> RawPermissions:
    return frozenset(
        CustomPermission(name, map(EffectivePermission, meanings[name])) if name in meanings else name for name in names
    )
