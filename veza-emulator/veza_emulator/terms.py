"""Puts the relation of a query spec in terms of one graph: which edges, nodes and permissions it means; judges no source."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from veza_emulator.edge_marks import EdgeKind, EdgeMark
from veza_emulator.edges import Mask
from veza_emulator.expressions import BooleanOperator
from veza_emulator.graph import TenantGraph
from veza_emulator.matching import Surroundings
from veza_emulator.node_selectors import EFFECTIVE_PERMISSION, NodeSelector, NodeSelectors
from veza_emulator.permission_tests import (
    PermissionTest,
    effective_test,
    raw_test,
    test_of_expression,
    together,
)
from veza_emulator.query_spec import NodeRelationshipType, QuerySpec
from veza_emulator.related import Related, Terms
from veza_emulator.relating import RelatingExpression
from veza_emulator.relations import RelationExpression, RelationSpec
from veza_emulator.selection import Selection, select
from veza_emulator.ways import Terrain

_KIND_OF = {
    NodeRelationshipType.EFFECTIVE_ACCESS: EdgeKind.EFFECTIVE,
    NodeRelationshipType.CONFIGURED: EdgeKind.CONFIGURED,
}


class GraphTerms:
    """Puts relations of one query in terms of its graph."""

    def __init__(self, spec: QuerySpec, around: Surroundings, sources: Selection) -> None:
        self._spec = spec
        self._around = around
        self._graph: TenantGraph = around.graph
        self._sources = sources

    def relating(self, expression: RelationExpression) -> RelatingExpression:
        """Return the answers to an expression's parts."""
        return RelatingExpression(
            [Related(self._graph, self._terms(spec), self._sources) for spec in expression.specs],
            [self.relating(child) for child in expression.children],
            expression.operator,
            expression.negated,
        )

    def _terms(self, spec: RelationSpec) -> Terms:
        summary = self._spec.path_summary
        return Terms(
            terrain=Terrain(
                edges=self._graph.edges,
                marks=self._graph.marks,
                usable=self._graph.marks.where(self._counts),
                passable=~self._mask(_nodes_on_the_way(spec.avoided)),
                required=self._requirements(spec.required),
                direction=spec.direction,
            ),
            destinations=select(self._graph, spec.destinations.selectors, self._around),
            operator=spec.destinations.operator,
            no_relation=spec.no_relation,
            test=_test_of(spec),
            summary=self._mask(summary.node_types if summary else ()),
            summary_counts=summary.counted if summary else (),
        )

    def _counts(self, mark: EdgeMark) -> bool:
        return mark.kind in (EdgeKind.BOTH, _KIND_OF[self._spec.relationship])

    def _requirements(self, required: NodeSelectors) -> tuple[Mask, ...]:
        selectors = _nodes_on_the_way(required)
        if required.operator is BooleanOperator.OR:
            return (self._mask(selectors),) if selectors else ()
        return tuple(self._mask([selector]) for selector in selectors)

    def _mask(self, selectors: Sequence[NodeSelector]) -> Mask:
        if not selectors:
            return np.zeros(len(self._graph.nodes), dtype=np.bool_)
        return select(self._graph, selectors, self._around).mask


def _nodes_on_the_way(selectors: NodeSelectors) -> Sequence[NodeSelector]:
    return [selector for selector in selectors.selectors if selector.node_type != EFFECTIVE_PERMISSION]


def _test_of(spec: RelationSpec) -> PermissionTest | None:
    required = [
        test_of_expression(selector.condition)
        for selector in spec.required.selectors
        if selector.node_type == EFFECTIVE_PERMISSION
    ]
    tests = [together(required, spec.required.operator)] if required else []
    if spec.raw_permissions:
        tests.append(raw_test(spec.raw_permissions))
    if spec.effective_permissions:
        tests.append(effective_test(spec.effective_permissions))
    return together(tests, BooleanOperator.AND) if tests else None
