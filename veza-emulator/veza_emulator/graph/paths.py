"""The paths between sources and destinations in every direction that counts: who relates, by which edges, over which nodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from veza_emulator.graph.bits import Bits, numbers_in
from veza_emulator.graph.edge_marks import EdgeMark, EdgeMarks, RawPermissions
from veza_emulator.graph.edges import Edges, Mask, Numbers
from veza_emulator.graph.path_edges import PathEdges, PathRule
from veza_emulator.graph.reach import Reach
from veza_emulator.graph.tenant_graph import NO_PERMISSIONS
from veza_emulator.reading.numbered_enum import NumberedEnum

_KEPT_STATES = 128
"""As many sources as a page may show."""


class Direction(NumberedEnum):
    """Which way access may flow between source and destination."""

    ANY_DIRECTION = "ANY_DIRECTION"
    SOURCE_TO_DESTINATION = "SOURCE_TO_DESTINATION"
    DESTINATION_TO_SOURCE = "DESTINATION_TO_SOURCE"


@dataclass(frozen=True)
class AllowedPaths:
    """Over which edges and nodes paths may run, and in which direction.

    :param usable: which edges count, by mark.
    :param required: of each of these masks, a node must lie on the path.
    """

    edges: Edges
    marks: EdgeMarks
    usable: Mask
    passable: Mask
    required: tuple[Mask, ...]
    direction: Direction


class DirectedPaths:
    """The paths in one direction, seen from the sources; access flows along them, or against them."""

    def __init__(self, allowed: AllowedPaths, giving: Mask, *, against: bool) -> None:
        self._edges = allowed.edges.reversed if against else allowed.edges
        self._marks = allowed.marks
        self._against = against
        first, last = (giving, allowed.usable) if against else (allowed.usable, giving)
        self._rule = PathRule(allowed.usable, first, last, allowed.passable, allowed.required)

    def find(self, sources: Numbers, destinations: Numbers) -> PathEdges:
        """Find the edges of all paths."""
        self._found = PathEdges(self._edges, self._rule, sources, destinations)
        return self._found

    @property
    def leads_somewhere(self) -> bool:
        """Whether any path was found."""
        return len(self._found.first.tails) > 0

    def follow(self, positions: Numbers) -> None:
        """Follow the paths that were found, to destinations at these positions."""
        self._positions = positions
        self.reach = Reach(self._edges, self._rule, self._found, positions)
        self.states = lru_cache(_KEPT_STATES)(self.reach.states)

    def permissions(self, source: int, destination: int) -> RawPermissions:
        """Return the raw permissions that the paths between two nodes give: each those of its edge at the resource."""
        if self._against:
            marks: Iterable[int] = self.reach.marks_of_first_edges(source, 1 << int(self._positions[destination]))
        else:
            marks = self.reach.marks_of_last_edges(source, destination, self.states(source))
        return NO_PERMISSIONS.union(*(self._marks[mark].raw for mark in marks))

    def all_permissions(self, source: int, destinations: Bits) -> RawPermissions:
        """Return the raw permissions that the paths to any of several destinations give."""
        if self._against:
            marks: Iterable[int] = self.reach.marks_of_first_edges(source, destinations)
        else:
            marks = self.reach.marks_of_last_edges_to_any(source, destinations, self.states(source))
        return NO_PERMISSIONS.union(*(self._marks[mark].raw for mark in marks))

    def direct_permissions(self, source: int, destination: int) -> RawPermissions:
        """Return the raw permissions that the edges between two nodes give."""
        leaving = self._edges.usable_from(np.array([source]), self._rule.usable)
        marks = self._edges.marks[leaving[self._edges.heads[leaving] == destination]].tolist()
        return NO_PERMISSIONS.union(*(self._marks[mark].raw for mark in marks))

    def on_the_way(self, source: int, wanted: Mask) -> Iterator[tuple[int, Bits]]:
        """Yield wanted nodes on the way from a source, each with the destinations beyond it; some more than once."""
        for state in self.states(source):
            if wanted[state[0]]:
                yield state[0], self.reach.reached_from(state)


class Paths:
    """The paths of both directions that count, whose edges at the resource have a giving mark."""

    def __init__(self, allowed: AllowedPaths, gives: Callable[[EdgeMark], bool]) -> None:
        giving = allowed.usable & allowed.marks.where(gives)
        self._directed = [
            DirectedPaths(allowed, giving, against=against)
            for against, excluding in (
                (False, Direction.DESTINATION_TO_SOURCE),
                (True, Direction.SOURCE_TO_DESTINATION),
            )
            if allowed.direction is not excluding
        ]

    def find(self, sources: Numbers, destinations: Numbers) -> tuple[Numbers, Numbers]:
        """Return which sources may relate, and which destinations; some twice."""
        found = [paths.find(sources, destinations) for paths in self._directed]
        none = sources[:0]
        return (
            np.concatenate([none, *(paths.first.starts() for paths in found)]),
            np.concatenate([none, *(paths.targets for paths in found)]),
        )

    def follow(self, positions: Numbers) -> None:
        """Follow the paths that were found, to destinations at these positions."""
        self._directed = [paths for paths in self._directed if paths.leads_somewhere]
        for paths in self._directed:
            paths.follow(positions)
        self._reaches = [paths.reach for paths in self._directed]

    def reached(self, source: int) -> Bits:
        """Return the destinations that a source relates to."""
        found = 0
        for reach in self._reaches:
            found |= reach.reached(source)
        return found

    def directly_reached(self, source: int) -> Bits:
        """Return the destinations that a source relates to by one edge."""
        found = 0
        for reach in self._reaches:
            found |= reach.directly_reached(source)
        return found

    def permissions(self, source: int, destination: int) -> RawPermissions:
        """Return the raw permissions between two nodes."""
        return NO_PERMISSIONS.union(*(paths.permissions(source, destination) for paths in self._directed))

    def all_permissions(self, source: int, destinations: Bits) -> RawPermissions:
        """Return the raw permissions between a source and any of several destinations."""
        return NO_PERMISSIONS.union(*(paths.all_permissions(source, destinations) for paths in self._directed))

    def direct_permissions(self, source: int, destination: int) -> RawPermissions:
        """Return the raw permissions of the edges between two nodes."""
        return NO_PERMISSIONS.union(*(paths.direct_permissions(source, destination) for paths in self._directed))

    def between(self, source: int, position: int, wanted: Mask) -> set[int]:
        """Return the wanted nodes on the paths between a source and a destination."""
        passed = (pair for paths in self._directed for pair in paths.on_the_way(source, wanted))
        return {node for node, beyond in passed if beyond >> position & 1}

    def counts_between(self, source: int, wanted: Mask) -> Counter[int]:
        """Return for the position of each destination how many wanted nodes lie on the paths to it."""
        beyond: dict[int, Bits] = {}
        for paths in self._directed:
            for node, bits in paths.on_the_way(source, wanted):
                beyond[node] = beyond.get(node, 0) | bits
        return Counter(position for bits in beyond.values() for position in numbers_in(bits).tolist())
