"""Asks a graph a query spec without a tenant around it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from veza_emulator.graph.tenant_graph import TenantGraph
from veza_emulator.query.evaluation.evaluate import Circumstances, evaluate
from veza_emulator.query.rows import QueryResult
from veza_emulator.query.spec import QuerySpec, read_query_spec
from veza_emulator.reading.fields import Fields, Findings

NOON = Circumstances(datetime(2026, 11, 22, 12, tzinfo=UTC))


def spec_of(value: Mapping[str, Any]) -> QuerySpec:
    """Return a spec that must be right."""
    findings = Findings()
    spec = read_query_spec(Fields(value, findings))
    findings.raise_violations()
    return spec


def ask(graph: TenantGraph, value: Mapping[str, Any], under: Circumstances = NOON) -> QueryResult:
    """Return what a graph answers to a spec."""
    return evaluate(graph, spec_of(value), under)
