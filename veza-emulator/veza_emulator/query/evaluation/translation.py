"""Puts what sources must relate to in terms of one graph: which edges, nodes and permissions are meant; judges no source."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from veza_emulator.graph.edge_marks import EdgeKind, EdgeMark
from veza_emulator.graph.edges import Mask
from veza_emulator.graph.paths import AllowedPaths
from veza_emulator.graph.permission_nodes import EFFECTIVE_PERMISSION
from veza_emulator.graph.tenant_graph import NO_PERMISSIONS, TenantGraph
from veza_emulator.query.evaluation.answer import DestinationsExpression
from veza_emulator.query.evaluation.destinations import Destinations, DestinationTerms
from veza_emulator.query.evaluation.matching import Surroundings
from veza_emulator.query.evaluation.permission_tests import (
    PermissionTest,
    effective_test,
    raw_test,
    test_of_expression,
    together,
)
from veza_emulator.query.evaluation.selection import Selection, select
from veza_emulator.query.expressions import BooleanOperator
from veza_emulator.query.node_selectors import NodeSelector, NodeSelectors
from veza_emulator.query.relates_to import RelatesTo, RelatesToExpression
from veza_emulator.query.spec import NodeRelationshipType, QuerySpec

_KIND_OF = {
    NodeRelationshipType.EFFECTIVE_ACCESS: EdgeKind.EFFECTIVE,
    NodeRelationshipType.CONFIGURED: EdgeKind.CONFIGURED,
}


class Translator:
    """Puts what one query asks in terms of its graph."""

    def __init__(self, spec: QuerySpec, around: Surroundings, sources: Selection) -> None:
        self._spec = spec
        self._around = around
        self._graph: TenantGraph = around.graph
        self._sources = sources

    def destinations(self, expression: RelatesToExpression) -> DestinationsExpression:
        """Return the destinations of an expression's parts."""
        return DestinationsExpression(
            [Destinations(self._graph, self._terms(spec), self._sources) for spec in expression.specs],
            [self.destinations(child) for child in expression.children],
            expression.operator,
            expression.negated,
        )

    def _terms(self, spec: RelatesTo) -> DestinationTerms:
        summary = self._spec.path_summary
        return DestinationTerms(
            paths=AllowedPaths(
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
            test=self._test_of(spec),
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

    def _test_of(self, spec: RelatesTo) -> PermissionTest | None:
        required = [
            test_of_expression(selector.condition, self._raw_names)
            for selector in spec.required.selectors
            if selector.node_type == EFFECTIVE_PERMISSION
        ]
        tests = [together(required, spec.required.operator)] if required else []
        if spec.raw_permissions:
            tests.append(raw_test(spec.raw_permissions))
        if spec.effective_permissions:
            tests.append(effective_test(spec.effective_permissions))
        return together(tests, BooleanOperator.AND) if tests else None

    @cached_property
    def _raw_names(self) -> frozenset[str]:
        return NO_PERMISSIONS.union(*(mark.raw for mark in self._graph.marks))


def _nodes_on_the_way(selectors: NodeSelectors) -> Sequence[NodeSelector]:
    return [selector for selector in selectors.selectors if selector.node_type != EFFECTIVE_PERMISSION]
