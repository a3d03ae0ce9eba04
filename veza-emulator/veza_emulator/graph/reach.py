"""Which targets each source reaches along which paths of one direction; knows nodes and edges by number alone.

A target is known by its position in the sets that are returned. A path may run through a cycle and pass any node more than once.
Its two ends are not on the way, unless it passes them there too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import pairwise, repeat
from operator import or_

import numpy as np
import rustworkx

from veza_emulator.graph.bits import Bits, bits_at, numbers_in
from veza_emulator.graph.edges import Edges, Numbers
from veza_emulator.graph.path_edges import PathEdges, PathRule

State = tuple[int, int]
"""A node on the way, and as bits the requirements that remain to be met after it."""


class Reach:
    """What each of some sources reaches of some targets."""

    def __init__(self, edges: Edges, rule: PathRule, paths: PathEdges, positions: Numbers) -> None:
        self._edges = edges
        self._rule = rule
        self._positions = positions
        self._first_onward = paths.first.onward()
        self._onward = paths.further.onward()
        self._first_arrivals = _bits_at(paths.first.arrivals(), positions)
        self._arrivals = _bits_at(paths.further.arrivals(), positions)
        on_the_way = paths.further.starts()
        self._met = _requirements_met(rule, on_the_way)
        self._all_requirements = (1 << len(rule.required)) - 1
        self._reached: list[dict[int, Bits]] = []
        for missing in range(self._all_requirements + 1):
            self._reached.append({})
            self._fill(missing, on_the_way)

    def directly_reached(self, source: int) -> Bits:
        """Return the targets that a source reaches by one edge, on which no required node can lie."""
        return 0 if self._all_requirements else self._first_arrivals.get(source, 0)

    def reached(self, source: int) -> Bits:
        """Return the targets that a source reaches."""
        beyond = self._beyond(self._first_onward.get(source, ()), self._all_requirements)
        return beyond if self._all_requirements else beyond | self._first_arrivals.get(source, 0)

    def reached_from(self, state: State) -> Bits:
        """Return the targets that are reached from a state."""
        node, missing = state
        return self._reached[missing].get(node, 0)

    def states(self, source: int) -> set[State]:
        """Return every state on the way from a source to any target."""
        waiting = list(self._enter(self._first_onward.get(source, ()), self._all_requirements))
        seen: set[State] = set()
        while waiting:
            state = waiting.pop()
            if state not in seen:
                seen.add(state)
                node, missing = state
                waiting.extend(self._enter(self._onward.get(node, ()), missing))
        return seen

    def marks_of_first_edges(self, source: int, targets: Bits) -> Iterator[int]:
        """Yield the marks of the edges with which a path from a source to any of these targets can begin."""
        for edge in self._edges.usable_from(np.array([source]), self._rule.first).tolist():
            head = int(self._edges.heads[edge])
            position = int(self._positions[head])
            arrives = position >= 0 and not self._all_requirements and bool(targets >> position & 1)
            if arrives or self.reached_from(self._state(head, self._all_requirements)) & targets:
                yield int(self._edges.marks[edge])

    def marks_of_last_edges(self, source: int, target: int, states: set[State]) -> Iterator[int]:
        """Yield the marks of the edges with which a path from a source, of which these are the states, can end."""
        turned = self._edges.reversed
        for edge in turned.usable_from(np.array([target]), self._rule.last).tolist():
            tail = int(turned.heads[edge])
            if (tail, 0) in states or (tail == source and not self._all_requirements):
                yield int(turned.marks[edge])

    def marks_of_last_edges_to_any(self, source: int, targets: Bits, states: set[State]) -> Iterable[int]:
        """Return the marks of the edges with which a path from such a source to any of these targets can end."""
        givers = {node for node, missing in states if not missing}
        if not self._all_requirements:
            givers.add(source)
        leaving = self._edges.usable_from(np.array(sorted(givers), dtype=np.int64), self._rule.last)
        positions = self._positions[self._edges.heads[leaving]]
        is_wanted = np.isin(positions, numbers_in(targets))
        marks: list[int] = np.unique(self._edges.marks[leaving[is_wanted]]).tolist()
        return marks

    def _fill(self, missing: int, on_the_way: Numbers) -> None:
        """Find what is reached from each node on the way; the heads of edges come before their tails."""
        components = self._edges.components[on_the_way]
        order = np.argsort(components, kind="stable")
        nodes = on_the_way[order].tolist()
        starts = np.flatnonzero(np.diff(components[order], prepend=components.min(initial=0) - 1)).tolist()
        for start, end in pairwise([*starts, len(nodes)]):
            members = nodes[start:end]
            for cycle in [members] if len(members) == 1 else self._cycles(members, missing):
                self._fill_cycle(cycle, missing)

    def _fill_cycle(self, nodes: Sequence[int], missing: int) -> None:
        """Find what is reached from nodes that all reach each other, and so the same."""
        found = 0
        for node in nodes:
            found |= self._beyond(self._onward.get(node, ()), missing)
            if not missing:
                found |= self._arrivals.get(node, 0)
        for node in nodes:
            self._reached[missing][node] = found

    def _cycles(self, nodes: Sequence[int], missing: int) -> Iterator[Sequence[int]]:
        """Yield the nodes that reach each other without meeting a requirement, heads of edges before their tails.

        That nodes reach each other in the whole graph does not say that they do along the paths that count here.
        """
        places = {node: place for place, node in enumerate(nodes)}
        graph = rustworkx.PyDiGraph()
        graph.add_nodes_from(nodes)
        for node in nodes:
            states = self._enter(self._onward.get(node, ()), missing)
            heads = (places[head] for head, still in states if still == missing and head in places)
            graph.extend_from_edge_list([(places[node], head) for head in heads])
        for members in rustworkx.strongly_connected_components(graph):
            yield [nodes[place] for place in members]

    def _beyond(self, nodes: Sequence[int], missing: int) -> Bits:
        if missing:
            beyond: Iterable[Bits] = map(self.reached_from, self._enter(nodes, missing))
        else:
            beyond = map(self._reached[0].get, nodes, repeat(0))
        return reduce(or_, beyond, 0)

    def _enter(self, nodes: Iterable[int], missing: int) -> Iterator[State]:
        return (self._state(node, missing) for node in nodes)

    def _state(self, node: int, missing: int) -> State:
        return node, missing & ~self._met.get(node, 0)


def _bits_at(arrivals: Mapping[int, Sequence[int]], positions: Numbers) -> Mapping[int, Bits]:
    return {node: bits_at(positions[targets].tolist()) for node, targets in arrivals.items()}


def _requirements_met(rule: PathRule, nodes: Numbers) -> Mapping[int, int]:
    met: dict[int, int] = {}
    for number, mask in enumerate(rule.required):
        for node in nodes[mask[nodes]].tolist():
            met[node] = met.get(node, 0) | 1 << number
    return met
