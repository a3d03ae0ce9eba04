"""Answers a query spec from a tenant's graph; pure: no clock, no cache, no wire format."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from airflow_provider_veza.emulator.graph import Node, RawPermissions, Relations, TenantGraph
from airflow_provider_veza.emulator.permissions import effective_permissions
from airflow_provider_veza.emulator.query_spec import (
    BooleanOperator,
    Condition,
    ConditionExpression,
    JsonScalar,
    NodeSelector,
    PermissionFilter,
    QuerySpec,
    Relation,
    ResultValueType,
)
from airflow_provider_veza.emulator.rows import PathRow, QueryResult, Row, SourceRow

Selected = Mapping[int, tuple[str, ...]]
"""The selected nodes, each with the properties that its rows show."""


def evaluate(graph: TenantGraph, spec: QuerySpec) -> QueryResult:
    """Return every row that answers the spec, ordered by source name, source id, destination id."""
    sources = _select(graph, spec.sources)
    if spec.relation is None:
        rows: Iterable[Row] = (SourceRow(graph.nodes[index], 0, shown) for index, shown in sources.items())
    else:
        rows = _related_rows(graph, spec, sources, spec.relation)
    return QueryResult(spec.result_value_type, tuple(sorted(rows, key=lambda row: row.key)))


def _related_rows(graph: TenantGraph, spec: QuerySpec, sources: Selected, relation: Relation) -> Iterable[Row]:
    destinations = _select(graph, relation.destinations)
    related = _permitted(graph.relations(sources, destinations), relation)
    if relation.no_relation:
        return [SourceRow(graph.nodes[index], 0, shown) for index, shown in sources.items() if index not in related]
    if spec.result_value_type is ResultValueType.SOURCE_NODES_WITH_COUNTS:
        return [SourceRow(graph.nodes[index], len(reached), sources[index]) for index, reached in related.items()]
    return [
        PathRow(graph.nodes[index], graph.nodes[other], raw, sources[index], destinations[other])
        for index, reached in related.items()
        for other, raw in reached.items()
    ]


def _permitted(relations: Relations, relation: Relation) -> Relations:
    permitted = {
        source: {other: raw for other, raw in reached.items() if _has_permissions(raw, relation)}
        for source, reached in relations.items()
    }
    return {source: reached for source, reached in permitted.items() if reached}


def _has_permissions(raw: RawPermissions, relation: Relation) -> bool:
    return _passes(raw, relation.raw_permissions) and (
        relation.effective_permissions is None or _passes(effective_permissions(raw), relation.effective_permissions)
    )


def _passes(held: Collection[str], wanted: PermissionFilter | None) -> bool:
    if wanted is None:
        return True
    combine = all if wanted.operator is BooleanOperator.AND else any
    return combine(value in held for value in wanted.values)


def _select(graph: TenantGraph, selectors: Iterable[NodeSelector]) -> Selected:
    selected: dict[int, tuple[str, ...]] = {}
    for selector in selectors:
        for index in _candidates(graph, selector):
            if selector.condition is None or _meets(graph.nodes[index], selector.condition):
                selected.setdefault(index, selector.properties_to_get)
    return selected


def _candidates(graph: TenantGraph, selector: NodeSelector) -> Iterable[int]:
    if not selector.node_id:
        return graph.of_type(selector.node_type)
    index = graph.index_of(selector.node_id)
    return () if index is None or graph.nodes[index].type != selector.node_type else (index,)


def _meets(node: Node, expression: ConditionExpression) -> bool:
    combine = all if expression.operator is BooleanOperator.AND else any
    return combine(_holds(node, condition) for condition in expression.conditions)


def _holds(node: Node, condition: Condition) -> bool:
    actual = node.id if condition.property == "id" else node.properties.get(condition.property)
    return any(_equal(actual, value) for value in condition.values) != condition.negated


def _equal(actual: object, value: JsonScalar) -> bool:
    # In Python True equals 1; in JSON the two differ.
    return isinstance(actual, bool) == isinstance(value, bool) and actual == value
