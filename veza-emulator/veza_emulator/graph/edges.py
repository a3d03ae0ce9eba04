"""The edges of a graph as arrays, seen along or against their direction; knows nodes by number alone, and no query."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt
import rustworkx

Numbers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_MANY = 200
"""From here on a mask of all nodes is faster than a set."""


def mask_of(count: int, numbers: Numbers) -> Mask:
    """Return a mask over this many things in which these are set."""
    mask = np.zeros(count, dtype=np.bool_)
    mask[numbers] = True
    return mask


def distinct(count: int, numbers: Numbers) -> Numbers:
    """Return these of this many numbers in order, each once."""
    return (
        np.flatnonzero(mask_of(count, numbers))
        if len(numbers) > _MANY
        else np.array(sorted(set(numbers.tolist())), dtype=np.int64)
    )


class Edges:
    """Edges from tails to heads, kept together by tail; `marks` is one number for each edge, whatever it means."""

    def __init__(self, node_count: int, tails: Numbers, heads: Numbers, marks: Numbers) -> None:
        order = np.argsort(tails, kind="stable")
        self.node_count = node_count
        self.tails = tails[order]
        self.heads = heads[order]
        self.marks = marks[order]
        self._starts = np.searchsorted(self.tails, np.arange(node_count + 1))

    @cached_property
    def reversed(self) -> Edges:
        """The same edges seen against their direction."""
        turned = Edges(self.node_count, self.heads, self.tails, self.marks)
        turned.__dict__.update(reversed=self, components=-self.components)
        return turned

    @cached_property
    def components(self) -> Numbers:
        """For each node a number: the same within a cycle, and never smaller at an edge's tail than at its head."""
        graph = rustworkx.PyDiGraph()
        graph.add_nodes_from(range(self.node_count))
        graph.extend_from_edge_list(list(zip(self.tails.tolist(), self.heads.tolist(), strict=True)))
        numbers = np.empty(self.node_count, dtype=np.int64)
        for number, members in enumerate(rustworkx.strongly_connected_components(graph)):
            numbers[members] = number
        return numbers

    def degree(self, nodes: Numbers) -> int:
        """Return how many edges leave these nodes."""
        return int((self._starts[nodes + 1] - self._starts[nodes]).sum())

    def leaving(self, nodes: Numbers) -> Numbers:
        """Return the numbers of the edges that leave these nodes."""
        starts = self._starts[nodes]
        counts = self._starts[nodes + 1] - starts
        ends = np.cumsum(counts)
        total = int(ends[-1]) if len(ends) else 0
        return np.repeat(starts - ends + counts, counts) + np.arange(total)

    def spread(self, starts: Numbers, usable: Mask, within: Mask) -> Mask:
        """Return the nodes that are reached from these by one edge or more, all of them within a mask.

        :param usable: which edges may be used, by mark.
        """
        seen = np.zeros(self.node_count, dtype=np.bool_)
        frontier = starts
        while len(frontier):
            heads = self.heads[self.usable_from(frontier, usable)]
            fresh = heads[within[heads] & ~seen[heads]]
            seen[fresh] = True
            frontier = distinct(self.node_count, fresh)
        return seen

    def usable_from(self, nodes: Numbers, usable: Mask) -> Numbers:
        """Return the numbers of the edges that leave these nodes and have a usable mark."""
        leaving = self.leaving(nodes)
        return leaving[usable[self.marks[leaving]]]
