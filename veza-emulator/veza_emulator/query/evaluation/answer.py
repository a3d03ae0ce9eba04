"""Which sources meet what a query spec wants them to relate to, and to which destinations each of them relates.

Inferred, where several specs stand together: a source that meets the expression shows, and counts once each, the destinations of
every spec and child expression that it meets; what stands under `not` or `no_relation` shows none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np

from veza_emulator.graph.bits import Bits, numbers_in
from veza_emulator.graph.edge_marks import RawPermissions
from veza_emulator.graph.edges import Mask, Numbers, distinct
from veza_emulator.graph.tenant_graph import NO_PERMISSIONS, TenantGraph
from veza_emulator.query.evaluation.destinations import Destinations
from veza_emulator.query.expressions import BooleanOperator
from veza_emulator.query.node_selectors import NodeSelector

_KEPT_SOURCES = 128
"""As many as a page may show."""


class Found(NamedTuple):
    """Destinations of one source by one spec."""

    by: Destinations
    bits: Bits

    def destinations(self) -> Numbers:
        """Return the destinations, by id."""
        return self.by.destinations[numbers_in(self.bits)]

    def includes(self, destination: int) -> bool:
        """Tell whether a node is among the destinations."""
        position = self.by.position_of(destination)
        return position >= 0 and bool(self.bits >> position & 1)


@dataclass(frozen=True)
class DestinationsExpression:
    """The destinations of several specs and further expressions under one operator."""

    specs: Sequence[Destinations]
    children: Sequence[DestinationsExpression]
    operator: BooleanOperator
    negated: bool

    def judge(self, source: int | None) -> Sequence[Found] | None:
        """Return what a source shows, None if it does not meet the expression; see `Destinations.judge`."""
        if self._is_one_spec:
            return _shown(self.specs[0], source)
        parts = [_shown(spec, source) for spec in self.specs] + [child.judge(source) for child in self.children]
        held = [part for part in parts if part is not None]
        is_met = len(held) == len(parts) if self.operator is BooleanOperator.AND else bool(held)
        if self.negated:
            return None if is_met else ()
        return [found for part in held for found in part] if is_met else None

    def all_specs(self) -> Iterator[Destinations]:
        """Yield the answer to every spec."""
        yield from self.specs
        for child in self.children:
            yield from child.all_specs()

    @cached_property
    def _is_one_spec(self) -> bool:
        return len(self.specs) == 1 and not self.children and not self.negated


def _shown(spec: Destinations, source: int | None) -> Sequence[Found] | None:
    bits = spec.judge(source)
    if bits is None:
        return None
    return (Found(spec, bits),) if bits else ()


class Answer:
    """The sources that meet an expression, each with its destinations.

    :ivar sources: the sources in the order in which they were selected.
    :ivar counts: for each of them, to how many destinations it relates.
    """

    def __init__(self, graph: TenantGraph, expression: DestinationsExpression, sources: Numbers) -> None:
        self._graph = graph
        self._expression = expression
        is_met = np.full(len(sources), expression.judge(None) is not None)
        counts = np.zeros(len(sources), dtype=np.int64)
        for place in self._places_to_judge(sources):
            found = expression.judge(int(sources[place]))
            is_met[place] = found is not None
            counts[place] = self._count(found or ())
        self.sources = sources[is_met]
        self.counts = counts[is_met]
        self._found = lru_cache(_KEPT_SOURCES)(self._judged)

    def only(self, is_wanted: Callable[[int], bool]) -> Answer:
        """Return this answer without the sources that are not wanted."""
        kept = np.fromiter(map(is_wanted, self.sources.tolist()), dtype=np.bool_, count=len(self.sources))
        fewer = copy(self)
        fewer.sources, fewer.counts = self.sources[kept], self.counts[kept]
        return fewer

    def destinations(self, source: int) -> Numbers:
        """Return the destinations of a source, by id."""
        found = self._found(source)
        return found[0].destinations() if len(found) == 1 else self._joined(found)

    def all_destinations(self) -> Numbers:
        """Return every destination of any source."""
        return np.flatnonzero(self._is_destination())

    def selector_of(self, destination: int) -> NodeSelector:
        """Return the selector that says what is shown of a destination."""
        return next(selector for spec in self._expression.all_specs() if (selector := spec.selector_of(destination)))

    def permissions(self, source: int, destination: int) -> RawPermissions:
        """Return the raw permissions between a source and one of its destinations."""
        found = (part.by for part in self._found(source) if part.includes(destination))
        return NO_PERMISSIONS.union(*(spec.permissions(source, destination) for spec in found))

    def all_permissions(self, source: int) -> RawPermissions:
        """Return the raw permissions between a source and any of its destinations."""
        return NO_PERMISSIONS.union(*(part.by.all_permissions(source, part.bits) for part in self._found(source)))

    def summary(self, source: int, destination: int) -> Numbers:
        """Return the nodes to show between a source and one of its destinations, by id."""
        found = (part.by for part in self._found(source) if part.includes(destination))
        numbers = set().union(*(spec.summary(source, destination) for spec in found))
        return self._graph.in_order_of_ids(np.array(sorted(numbers), dtype=np.int64))

    def _is_destination(self) -> Mask:
        found = np.zeros(len(self._graph.nodes), dtype=np.bool_)
        for source in self.sources.tolist():
            found[self.destinations(source)] = True
        return found

    def _places_to_judge(self, sources: Numbers) -> Sequence[int]:
        """Return where the sources stand that may relate to something; the others are all alike."""
        may_relate = np.zeros(len(self._graph.nodes), dtype=np.bool_)
        for spec in self._expression.all_specs():
            may_relate[spec.sources] = True
        return np.flatnonzero(may_relate[sources]).tolist()

    def _judged(self, source: int) -> Sequence[Found]:
        return self._expression.judge(source) or ()

    def _count(self, found: Sequence[Found]) -> int:
        return found[0].bits.bit_count() if len(found) == 1 else len(self._joined(found))

    def _joined(self, found: Sequence[Found]) -> Numbers:
        none = np.empty(0, dtype=np.int64)
        every = np.concatenate([none, *(part.destinations() for part in found)])
        return self._graph.in_order_of_ids(distinct(len(self._graph.nodes), every))
