"""Which edges can lie on a path from some source to some target, found as arrays; which path leads where is not asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from veza_emulator.graph.edges import Edges, Mask, Numbers, distinct, mask_of


@dataclass(frozen=True)
class PathRule:
    """What must hold of a path.

    :param usable: which edges may be on it, by mark; the next two are part of it.
    :param first: which may be its first.
    :param last: which may be its last.
    :param passable: which nodes may lie on it.
    :param required: of each of these masks, a node must lie on it.
    """

    usable: Mask
    first: Mask
    last: Mask
    passable: Mask
    required: tuple[Mask, ...] = ()


@dataclass(frozen=True)
class Steps:
    """Edges that leave some nodes, either to a node on the way (`passes`), or to a target (`arrives`), or both."""

    tails: Numbers
    heads: Numbers
    passes: Mask
    arrives: Mask

    def onward(self) -> Mapping[int, Sequence[int]]:
        """Return to which nodes on the way each node leads."""
        return _grouped(self.tails[self.passes], self.heads[self.passes])

    def arrivals(self) -> Mapping[int, Sequence[int]]:
        """Return at which targets each node arrives."""
        return _grouped(self.tails[self.arrives], self.heads[self.arrives])

    def starts(self) -> Numbers:
        """Return every node that an edge leaves."""
        return self.tails[np.flatnonzero(np.diff(self.tails, prepend=-1))]


class PathEdges:
    """The edges of all paths from sources to targets: those that leave a source, and those further on the way."""

    def __init__(self, edges: Edges, rule: PathRule, sources: Numbers, targets: Numbers) -> None:
        self._edges = edges
        self._rule = rule
        self._is_target = mask_of(edges.node_count, targets)
        self._leads = self._nodes_that_lead(sources, targets)
        self.first = self._steps(self._sources_that_lead(sources, targets), rule.first)
        entries = distinct(edges.node_count, self.first.heads[self.first.passes])
        on_the_way = edges.spread(entries, rule.usable, self._leads)
        on_the_way[entries] = True
        self.further = self._steps(np.flatnonzero(on_the_way), rule.usable)

    @property
    def targets(self) -> Numbers:
        """Every target at which a path arrives."""
        arrivals = [steps.heads[steps.arrives] for steps in (self.first, self.further)]
        return distinct(self._edges.node_count, np.concatenate(arrivals))

    def _nodes_that_lead(self, sources: Numbers, targets: Numbers) -> Mask:
        """Return the nodes on the way from which a target can be reached."""
        turned, rule = self._edges.reversed, self._rule
        from_sources, to_targets = self._edges.degree(sources), turned.degree(targets)
        if not from_sources or not to_targets:
            return np.zeros_like(rule.passable)
        within = rule.passable
        if from_sources < to_targets:
            within = self._edges.spread(sources, rule.usable, within)
        givers = turned.heads[turned.usable_from(targets, rule.last)]
        givers = distinct(self._edges.node_count, givers[within[givers]])
        leads = turned.spread(givers, rule.usable, within)
        leads[givers] = True
        return leads

    def _sources_that_lead(self, sources: Numbers, targets: Numbers) -> Numbers:
        turned, rule = self._edges.reversed, self._rule
        if not self._edges.degree(sources):
            return sources[:0]
        before = turned.heads[turned.usable_from(np.flatnonzero(self._leads), rule.first)]
        directly = turned.heads[turned.usable_from(targets, rule.first & rule.last)]
        leads = mask_of(self._edges.node_count, before)
        leads[directly] = True
        return sources[leads[sources]]

    def _steps(self, nodes: Numbers, usable: Mask) -> Steps:
        leaving = self._edges.usable_from(nodes, usable)
        heads = self._edges.heads[leaving]
        passes = self._leads[heads]
        arrives = self._is_target[heads] & self._rule.last[self._edges.marks[leaving]]
        kept = passes | arrives
        return Steps(self._edges.tails[leaving[kept]], heads[kept], passes[kept], arrives[kept])


def _grouped(keys: Numbers, values: Numbers) -> dict[int, list[int]]:
    """Return the values of each key; equal keys stand together, as edges do by their tails."""
    starts = np.flatnonzero(np.diff(keys, prepend=-1))
    ends = [*starts[1:].tolist(), len(keys)]
    every = values.tolist()
    return (
        {key: every[start:end] for key, start, end in zip(keys[starts].tolist(), starts.tolist(), ends, strict=True)}
        if len(keys)
        else {}
    )
