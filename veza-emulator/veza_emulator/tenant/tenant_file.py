"""Reads a tenant from a JSON or YAML file; a mistake in it is told with file and place, all of them at once.

    nodes:
      - id: "arn:aws:s3:::ledger"       # unique
        type: S3Bucket
        properties: {name: ledger, region: eu-west-1}
        risk_level: HIGH                # optional: NONE, LOW, MEDIUM, HIGH, CRITICAL
        tags: [{key: tier, value: one}] # optional
      - {id: "00u1", type: OktaUser, properties: {name: Ada, email: ada@acme.example}}
    edges:
      - {from: "00u1", to: "00g1"}      # whoever holds the one also holds the other
      - {from: "00g1", to: "arn:aws:s3:::ledger", permissions: ["s3:GetObject", Own]}
    permissions:                        # optional: what permissions amount to that are not of AWS S3 or Snowflake
      Own: [DATA_DELETE, METADATA_WRITE]
    uses:                               # optional: which access was used; without it, nobody watches
      - {from: "00u1", to: "arn:aws:s3:::ledger"}
    snapshots:                          # optional: the tenant as it once was, by snapshot id
      "1": {nodes: [], edges: []}

An edge may have a `kind`, CONFIGURED or EFFECTIVE, if it counts in that view of access alone.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from veza_emulator.graph.edge_marks import EdgeKind
from veza_emulator.graph.permissions import CustomPermission, EffectivePermission
from veza_emulator.graph.tenant_graph import Grant, Link, Node, RiskLevel, Tag, TenantGraph, Use
from veza_emulator.reading.fields import Fields, Findings

_SHOWN_MISTAKES = 20
_NAME_TAGS = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge")


class TenantFileError(ValueError):
    """A file does not describe a tenant; the text names the file and every place."""


def read_tenant_file(path: Path) -> TenantGraph:
    """Return the graph that a file describes; a name that ends in `.json` is read as JSON, any other as YAML.

    :raises TenantFileError: if the file cannot be read, or something in it is wrong.
    """
    return read_tenant(_load(path), str(path))


def read_tenant(content: Mapping[str, Any], origin: str) -> TenantGraph:
    """Return the graph that the content of such a file describes.

    :param origin: where the content is from, for the error.
    :raises TenantFileError: if something in it is wrong.
    """
    fields = Fields(content, Findings())
    graph = _read_graph(fields)
    mistakes = [f"{mistake.field or 'the file'}: {mistake.description}" for mistake in fields.findings.violations]
    if graph is None or mistakes:
        more = len(mistakes) - _SHOWN_MISTAKES
        shown = [*mistakes[:_SHOWN_MISTAKES], *([f"and {more} more"] if more > 0 else [])]
        raise TenantFileError(f"{origin} does not describe a tenant:\n  " + "\n  ".join(shown))
    return graph


def _load(path: Path) -> Mapping[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text) if path.suffix == ".json" else yaml.load(text, _PlainLoader)
    except OSError as error:
        raise TenantFileError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        raise TenantFileError(f"{path} is not valid {'JSON' if path.suffix == '.json' else 'YAML'}: {error}") from error
    if not isinstance(content, dict) or not all(isinstance(name, str) for name in content):
        raise TenantFileError(f"{path} does not describe a tenant: it must hold an object with nodes and edges")
    return content


class _PlainLoader(yaml.SafeLoader):
    """Reads YAML into what JSON has too: a time stays text, and a name is text."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return an object; refuse a name that YAML takes for a number or a yes or no."""
        for name, _ in node.value:
            if name.tag not in _NAME_TAGS:
                raise yaml.MarkedYAMLError(problem=f"quote the name {name.value}", problem_mark=name.start_mark)
        return super().construct_mapping(node, deep)


_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _read_graph(fields: Fields) -> TenantGraph | None:
    """Return a graph; None if something in it is wrong, which is left in the findings."""
    meanings = _read_meanings(fields.child("permissions"))
    nodes = _read_nodes(fields)
    ids = {node.id for node in nodes}
    edges = [_read_edge(child, ids, meanings) for child in fields.children("edges")]
    uses = [Use(*_read_ends(child, ids)) for child in fields.children("uses")] if fields.has("uses") else None
    snapshots = _read_snapshots(fields.child("snapshots"))
    fields.refuse_rest()
    if fields.findings.violations:
        return None
    links = [edge for edge in edges if isinstance(edge, Link)]
    grants = [edge for edge in edges if isinstance(edge, Grant)]
    return TenantGraph(nodes, links, grants, uses=uses, snapshots=snapshots)


def _read_snapshots(fields: Fields | None) -> Mapping[str, TenantGraph]:
    if fields is None:
        return {}
    graphs = {snapshot_id: _read_graph(fields.required_child(snapshot_id)) for snapshot_id in fields.unread()}
    return {snapshot_id: graph for snapshot_id, graph in graphs.items() if graph is not None}


def _read_meanings(fields: Fields | None) -> Mapping[str, CustomPermission]:
    if fields is None:
        return {}
    return {name: CustomPermission(name, _read_effective(fields, name)) for name in fields.unread()}


def _read_effective(fields: Fields, name: str) -> Sequence[EffectivePermission]:
    given = fields.strings(name)
    known = {permission.value for permission in EffectivePermission}
    if unknown := sorted(set(given) - known):
        fields.violate(name, f"{', '.join(unknown)} is not one of: {', '.join(sorted(known))}")
        return ()
    return [EffectivePermission(permission) for permission in given]


def _read_nodes(fields: Fields) -> Sequence[Node]:
    nodes = []
    place_of: dict[str, str] = {}
    for child in fields.children("nodes"):
        node = _read_node(child)
        first = place_of.setdefault(node.id, child.path)
        if node.id and first != child.path:
            child.violate("id", f"{node.id!r} is the id of {first} too")
        nodes.append(node)
    if not nodes:
        fields.violate("nodes", "Cannot be empty")
    return nodes


def _read_node(fields: Fields) -> Node:
    node = Node(
        id=fields.required_string("id"),
        type=fields.required_string("type"),
        properties=_read_properties(fields.child("properties")),
        risk_level=fields.enum("risk_level", RiskLevel, RiskLevel.NONE),
        tags=tuple(_read_tag(child) for child in fields.children("tags")),
    )
    fields.refuse_rest()
    return node


def _read_tag(fields: Fields) -> Tag:
    tag = Tag(fields.required_string("key"), fields.string("value"), fields.string("type"))
    fields.refuse_rest()
    return tag


def _read_properties(fields: Fields | None) -> Mapping[str, Any]:
    if fields is None:
        return {}
    values = {name: fields.raw(name) for name in fields.unread()}
    for name, value in values.items():
        if not all(map(_is_scalar, value if isinstance(value, list) else [value])):
            fields.violate(name, "must be text, a number, true or false, or a list of these")
    # Veza leaves out what is not populated.
    return {name: value for name, value in values.items() if value is not None}


def _is_scalar(value: object) -> bool:
    return value is None or isinstance(value, str | bool | int) or (isinstance(value, float) and math.isfinite(value))


def _read_edge(fields: Fields, ids: set[str], meanings: Mapping[str, CustomPermission]) -> Link | Grant:
    kind = fields.enum("kind", EdgeKind, EdgeKind.BOTH)
    permissions = frozenset(meanings.get(name, name) for name in fields.strings("permissions"))
    source, target = _read_ends(fields, ids)
    return Grant(source, target, permissions, kind) if permissions else Link(source, target, kind)


def _read_ends(fields: Fields, ids: set[str]) -> tuple[str, str]:
    source, target = (fields.required_string(name) for name in ("from", "to"))
    for name, node_id in (("from", source), ("to", target)):
        if node_id and node_id not in ids:
            fields.violate(name, f"names node {node_id!r}, which is not in nodes")
    fields.refuse_rest()
    return source, target
