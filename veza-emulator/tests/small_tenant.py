"""A tenant of ten nodes in which every kind of relation occurs, short spellings of specs, and what they find in it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.asking import NOON, ask
from veza_emulator.graph.edge_marks import EdgeKind
from veza_emulator.graph.tenant_graph import Grant, Link, Node, RiskLevel, Tag, TenantGraph
from veza_emulator.query.evaluation.evaluate import Circumstances
from veza_emulator.query.rows import PathRow
from veza_emulator.reading.errors import ApiError

READ = frozenset({"s3:GetObject"})
WRITE = frozenset({"s3:PutObject"})

ANN = Node(
    "u1",
    "OktaUser",
    {
        "name": "Ann",
        "is_active": True,
        "logins": 1,
        "department": "Sales",
        "user_type": "",
        "last_login_at": "2026-08-24T12:00:00Z",
        "mfa_factors": ["sms", "push"],
        "accounts": [],
        "aws_account_id": "111",
        "risk_score": 7,
    },
    RiskLevel.HIGH,
    (Tag("team", "finance", "AWS"),),
)
BOB = Node("u2", "AzureADUser", {"name": "bob", "aws_account_id": "222"}, RiskLevel.LOW)
CAT = Node("u3", "OktaUser", {"name": "cat"})
GROUP = Node("g1", "OktaGroup", {"name": "Staff"})
INNER = Node("g2", "OktaGroup", {"name": "Inner"})
ROLE = Node("r1", "AwsIamRole", {"name": "reader", "aws_account_id": "111"})
BUCKET = Node("b1", "S3Bucket", {"name": "logs", "aws_account_id": "111"}, tags=(Tag("cost", "12"),))
OTHER = Node("b2", "S3Bucket", {"name": "exports"})
APP_USER = Node("a1", "OAA.App.User", {"name": "ann in app"})
APP_THING = Node("a2", "OAA.App.Thing.Resource", {"name": "thing"})

# Ann -> Staff -> reader -> logs (read) and exports (read); Ann -> logs (write) directly; bob -> reader;
# Staff and Inner hold each other; what cat holds is configured and has no effect.
GRAPH = TenantGraph(
    [ANN, BOB, CAT, GROUP, INNER, ROLE, BUCKET, OTHER, APP_USER, APP_THING],
    [
        Link("u1", "g1"),
        Link("g1", "g2"),
        Link("g2", "g1"),
        Link("g1", "r1"),
        Link("u2", "r1"),
        Link("a1", "u1"),
        Link("u3", "r1", EdgeKind.CONFIGURED),
    ],
    [
        Grant("r1", "b1", READ),
        Grant("r1", "b2", READ),
        Grant("u1", "b1", WRITE),
        Grant("a1", "a2", frozenset({"admin"})),
    ],
)


def node(node_type: str, **fields: Any) -> dict[str, Any]:
    return {"node_type": node_type, **fields}


def nodes(*parts: dict[str, Any] | str, **fields: Any) -> dict[str, Any]:
    return {"nodes": [node(part) if isinstance(part, str) else part for part in parts], **fields}


def related(source: dict[str, Any] | str, destination: dict[str, Any] | str, **fields: Any) -> dict[str, Any]:
    return {
        "source_node_types": nodes(source),
        "relates_to_exp": {"specs": [{"node_types": nodes(destination), **fields}]},
    }


def paths(spec: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {**spec, "result_value_type": "SOURCE_AND_DESTINATION_NODES", **fields}


def found(spec: dict[str, Any], graph: TenantGraph = GRAPH, under: Circumstances = NOON) -> list[Any]:
    rows = ask(graph, spec, under).rows
    return [
        (row.source.id, row.destination.id) if isinstance(row, PathRow) else (row.source.id, row.destination_count)
        for row in rows
    ]


def sources(spec: dict[str, Any], **options: Any) -> list[str]:
    return [row[0] for row in found(spec, **options)]


def refused(spec: dict[str, Any], under: Circumstances = NOON) -> str:
    with pytest.raises(ApiError) as caught:
        ask(GRAPH, spec, under)
    return str(caught.value.details[0]["field_violations"][0]["field"])
