"""The paths between sources and destinations in every direction that counts: who relates, by which edges, over which nodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from veza_emulator.bits import Bits, numbers_in
from veza_emulator.edge_marks import EdgeMark, EdgeMarks, RawPermissions
from veza_emulator.edges import Edges, Mask, Numbers
from veza_emulator.graph import NO_PERMISSIONS
from veza_emulator.passages import Passage, PathEdges
from veza_emulator.relations import Direction
from veza_emulator.routes import Routes

_KEPT_STATES = 128
"""As many sources as a page may show."""


@dataclass(frozen=True)
class Terrain:
    """Where paths may run.

    :param usable: which edges count, by mark.
    :param required: of each of these masks, a node must lie on the path.
    """

    edges: Edges
    marks: EdgeMarks
    usable: Mask
    passable: Mask
    required: tuple[Mask, ...]
    direction: Direction


class Way:
    """The paths in one direction, seen from the sources; access flows along the paths, or against them."""

    def __init__(self, terrain: Terrain, giving: Mask, *, against: bool) -> None:
        self._edges = terrain.edges.reversed if against else terrain.edges
        self._marks = terrain.marks
        self._against = against
        first, last = (giving, terrain.usable) if against else (terrain.usable, giving)
        self._passage = Passage(terrain.usable, first, last, terrain.passable, terrain.required)

    def find(self, sources: Numbers, destinations: Numbers) -> PathEdges:
        """Find the edges of all paths."""
        self._paths = PathEdges(self._edges, self._passage, sources, destinations)
        return self._paths

    @property
    def leads_somewhere(self) -> bool:
        """Whether any path was found."""
        return len(self._paths.first.tails) > 0

    def follow(self, positions: Numbers) -> None:
        """Follow the paths that were found, to destinations at these positions."""
        self._positions = positions
        self.routes = Routes(self._edges, self._passage, self._paths, positions)
        self.states = lru_cache(_KEPT_STATES)(self.routes.states)

    def permissions(self, source: int, destination: int) -> RawPermissions:
        """Return the raw permissions that the paths between two nodes give: each those of its edge at the resource."""
        if self._against:
            marks: Iterable[int] = self.routes.marks_of_first_edges(source, 1 << int(self._positions[destination]))
        else:
            marks = self.routes.marks_of_last_edges(source, destination, self.states(source))
        return NO_PERMISSIONS.union(*(self._marks[mark].raw for mark in marks))

    def all_permissions(self, source: int, destinations: Bits) -> RawPermissions:
        """Return the raw permissions that the paths to any of several destinations give."""
        if self._against:
            marks: Iterable[int] = self.routes.marks_of_first_edges(source, destinations)
        else:
            marks = self.routes.marks_of_last_edges_to_any(source, destinations, self.states(source))
        return NO_PERMISSIONS.union(*(self._marks[mark].raw for mark in marks))

    def direct_permissions(self, source: int, destination: int) -> RawPermissions:
        """Return the raw permissions that the edges between two nodes give."""
        leaving = self._edges.usable_from(np.array([source]), self._passage.usable)
        marks = self._edges.marks[leaving[self._edges.heads[leaving] == destination]].tolist()
        return NO_PERMISSIONS.union(*(self._marks[mark].raw for mark in marks))

    def on_the_way(self, source: int, wanted: Mask) -> Iterator[tuple[int, Bits]]:
        """Yield wanted nodes on the way from a source, each with the destinations beyond it; some more than once."""
        for state in self.states(source):
            if wanted[state[0]]:
                yield state[0], self.routes.reached_from(state)


class Ways:
    """The paths of both directions that count, whose edges at the resource have a giving mark."""

    def __init__(self, terrain: Terrain, gives: Callable[[EdgeMark], bool]) -> None:
        giving = terrain.usable & terrain.marks.where(gives)
        self._ways = [
            Way(terrain, giving, against=against)
            for against, excluding in (
                (False, Direction.DESTINATION_TO_SOURCE),
                (True, Direction.SOURCE_TO_DESTINATION),
            )
            if terrain.direction is not excluding
        ]

    def find(self, sources: Numbers, destinations: Numbers) -> tuple[Numbers, Numbers]:
        """Return which sources may relate, and which destinations; some twice."""
        found = [way.find(sources, destinations) for way in self._ways]
        none = sources[:0]
        return (
            np.concatenate([none, *(paths.first.starts() for paths in found)]),
            np.concatenate([none, *(paths.targets for paths in found)]),
        )

    def follow(self, positions: Numbers) -> None:
        """Follow the paths that were found, to destinations at these positions."""
        self._ways = [way for way in self._ways if way.leads_somewhere]
        for way in self._ways:
            way.follow(positions)
        self._routes = [way.routes for way in self._ways]

    def reached(self, source: int) -> Bits:
        """Return the destinations that a source relates to."""
        found = 0
        for routes in self._routes:
            found |= routes.reached(source)
        return found

    def directly_reached(self, source: int) -> Bits:
        """Return the destinations that a source relates to by one edge."""
        found = 0
        for routes in self._routes:
            found |= routes.directly_reached(source)
        return found

    def permissions(self, source: int, destination: int) -> RawPermissions:
        """Return the raw permissions between two nodes."""
        return NO_PERMISSIONS.union(*(way.permissions(source, destination) for way in self._ways))

    def all_permissions(self, source: int, destinations: Bits) -> RawPermissions:
        """Return the raw permissions between a source and any of several destinations."""
        return NO_PERMISSIONS.union(*(way.all_permissions(source, destinations) for way in self._ways))

    def direct_permissions(self, source: int, destination: int) -> RawPermissions:
        """Return the raw permissions of the edges between two nodes."""
        return NO_PERMISSIONS.union(*(way.direct_permissions(source, destination) for way in self._ways))

    def between(self, source: int, position: int, wanted: Mask) -> set[int]:
        """Return the wanted nodes on the paths between a source and a destination."""
        passed = (pair for way in self._ways for pair in way.on_the_way(source, wanted))
        return {node for node, beyond in passed if beyond >> position & 1}

    def counts_between(self, source: int, wanted: Mask) -> Counter[int]:
        """Return for the position of each destination how many wanted nodes lie on the paths to it."""
        beyond: dict[int, Bits] = {}
        for way in self._ways:
            for node, bits in way.on_the_way(source, wanted):
                beyond[node] = beyond.get(node, 0) | bits
        return Counter(position for bits in beyond.values() for position in numbers_in(bits).tolist())
