"""To which destinations that one spec names each source relates, and how; `answer` combines several specs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from veza_emulator.graph.bits import Bits, bits_at, bits_of_mask, numbers_in
from veza_emulator.graph.edge_marks import RawPermissions
from veza_emulator.graph.edges import Mask, distinct
from veza_emulator.graph.paths import AllowedPaths, Paths
from veza_emulator.graph.tenant_graph import NO_PERMISSIONS, TenantGraph
from veza_emulator.query.counting import CountCondition
from veza_emulator.query.evaluation.matching import Match
from veza_emulator.query.evaluation.permission_tests import Gives, PermissionTest, passing, single_tests
from veza_emulator.query.evaluation.selection import Selected, Selection
from veza_emulator.query.expressions import BooleanOperator
from veza_emulator.query.node_selectors import NodeSelector


@dataclass(frozen=True)
class DestinationTerms:
    """What a spec says of its destinations, in terms of one graph.

    :param operator: whether a source must relate to destinations of every selector, or of any.
    :param test: what the permissions must be; None if a path is enough.
    :param summary: the nodes on a path that are counted and shown.
    :param summary_counts: what must hold of their number for each destination.
    """

    paths: AllowedPaths
    destinations: Selection
    operator: BooleanOperator
    no_relation: bool
    test: PermissionTest | None
    summary: Mask
    summary_counts: Sequence[CountCondition]


class Destinations:
    """The destinations of one spec, source by source."""

    def __init__(self, graph: TenantGraph, terms: DestinationTerms, sources: Selection) -> None:
        self._graph = graph
        self._terms = terms
        self._sources = sources
        tests: Iterable[Gives | None] = dict.fromkeys(single_tests(terms.test)) if terms.test else (None,)
        self._paths = {test: Paths(terms.paths, test.holds if test else lambda _: True) for test in tests}
        found = [paths.find(sources.numbers, terms.destinations.numbers) for paths in self._paths.values()]
        self.sources, destinations = (
            distinct(len(graph.nodes), np.concatenate(ends)) for ends in zip(*found, strict=True)
        )
        self.destinations = graph.in_order_of_ids(destinations)
        self._positions = np.full(len(graph.nodes), -1, dtype=np.int64)
        self._positions[self.destinations] = np.arange(len(self.destinations))
        for paths in self._paths.values():
            paths.follow(self._positions)
        self._bits_of_part = [
            bits_of_mask(np.isin(self.destinations, part.numbers)) for part in terms.destinations.parts
        ]
        self._is_plain = self._asks_only_for_paths()

    def judge(self, source: int | None) -> Bits | None:
        """Return the destinations of a source, None if the source does not meet the spec.

        :param source: None stands for every source that relates to nothing.
        """
        if self._is_plain and source is not None:
            return self._reached(source, Paths.reached) or None
        found = [self._judge_part(place, source) for place in range(len(self._terms.destinations.parts))]
        held = [bits for bits in found if bits is not None]
        is_met = len(held) == len(found) if self._terms.operator is BooleanOperator.AND else bool(held)
        if self._terms.no_relation:
            return None if is_met else 0
        if not is_met:
            return None
        joined = 0
        for bits in held:
            joined |= bits
        return joined

    def position_of(self, destination: int) -> int:
        """Return the position of a node in the sets of destinations, -1 if no source relates to it."""
        return int(self._positions[destination])

    def selector_of(self, destination: int) -> NodeSelector | None:
        """Return the selector that means a destination, None if none does."""
        destinations = self._terms.destinations
        return destinations.selector_of(destination) if destinations.mask[destination] else None

    def permissions(self, source: int, destination: int) -> RawPermissions:
        """Return the raw permissions between a source and a destination to which it relates."""
        if self._is_direct(source, destination):
            return self._all_paths.direct_permissions(source, destination)
        return self._all_paths.permissions(source, destination)

    def all_permissions(self, source: int, destinations: Bits) -> RawPermissions:
        """Return the raw permissions between a source and any of several destinations."""
        if not (self._sources.only_direct[source] or self._terms.destinations.only_direct.any()):
            return self._all_paths.all_permissions(source, destinations)
        numbers = self.destinations[numbers_in(destinations)].tolist()
        return NO_PERMISSIONS.union(*(self.permissions(source, number) for number in numbers))

    def summary(self, source: int, destination: int) -> set[int]:
        """Return the nodes to show that lie on the paths between a source and a destination."""
        if self._is_direct(source, destination):
            return set()
        position = int(self._positions[destination])
        return self._all_paths.between(source, position, self._terms.summary)

    def _asks_only_for_paths(self) -> bool:
        """Tell whether every destination that a source reaches counts, as in most queries: then there is little to do."""
        terms = self._terms
        (part, *others) = terms.destinations.parts
        asks_more = others or part.match or part.selector.counted or part.selector.direct or terms.summary_counts
        may_reach_itself = bool(self._sources.mask[self.destinations].any())
        return not (asks_more or may_reach_itself or terms.no_relation or self._sources.only_direct.any())

    def _is_direct(self, source: int, destination: int) -> bool:
        return bool(self._sources.only_direct[source] or self._terms.destinations.only_direct[destination])

    def _judge_part(self, place: int, source: int | None) -> Bits | None:
        part = self._terms.destinations.parts[place]
        bits = 0 if source is None else self._of_part(part, source, self._bits_of_part[place])
        counted = part.selector.counted
        if counted is None or not (bits or counted.include_zero):
            return bits or None
        return bits if counted.holds(bits.bit_count(), len(part.numbers)) else None

    def _of_part(self, part: Selected, source: int, meant: Bits) -> Bits:
        """Return the destinations among those that a part means; a source does not relate to itself."""
        is_direct = part.selector.direct or bool(self._sources.only_direct[source])
        bits = self._reached(source, Paths.directly_reached if is_direct else Paths.reached) & meant
        position = self.position_of(source)
        if position >= 0:
            bits &= ~(1 << position)
        if bits and part.match is not None:
            bits = self._matching(part.match, source, bits)
        if bits and self._terms.summary_counts:
            counts: Counter[int] = (
                Counter() if is_direct else self._all_paths.counts_between(source, self._terms.summary)
            )
            bits = self._summed_up(counts, bits)
        return bits

    def _reached(self, source: int, reached: Callable[[Paths, int], Bits]) -> Bits:
        test = self._terms.test
        if test is None or isinstance(test, Gives):
            return reached(self._paths[test], source)
        return passing(test, lambda gives: reached(self._paths[gives], source))

    def _matching(self, match: Match, source: int, bits: Bits) -> Bits:
        nodes = self._graph.nodes
        positions = numbers_in(bits)
        pairs = zip(positions.tolist(), self.destinations[positions].tolist(), strict=True)
        return bits_at(position for position, number in pairs if match(nodes[number], nodes[source]))

    def _summed_up(self, counts: Counter[int], bits: Bits) -> Bits:
        conditions = self._terms.summary_counts
        return bits_at(
            position
            for position in numbers_in(bits).tolist()
            if all(condition.holds(counts[position], 0) for condition in conditions)
        )

    @cached_property
    def _all_paths(self) -> Paths:
        """The paths whatever permissions they give."""
        if None in self._paths:
            return self._paths[None]
        paths = Paths(self._terms.paths, lambda _: True)
        paths.find(self.sources, self.destinations)
        paths.follow(self._positions)
        return paths
