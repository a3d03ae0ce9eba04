"""Who is linked to whom in the demo tenant: pairs drawn mostly within one unit of the company; knows no node type.

A company of any size is made of units of about a thousand nodes. Most links stay within a unit, so that what one person reaches
does not grow with the company.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from veza_emulator.demo.dice import Dice
from veza_emulator.demo.draft import Draft, Span
from veza_emulator.graph.edge_marks import RawPermissions
from veza_emulator.graph.edges import Numbers

_NODES_OF_A_UNIT = 1_000
_SHARE_BEYOND_THE_UNIT = 0.02


class Wiring:
    """Draws links and grants of a company of so many nodes into a draft."""

    def __init__(self, draft: Draft, dice: Dice, size: int) -> None:
        self._draft = draft
        self._dice = dice
        self._units = max(1, size // _NODES_OF_A_UNIT)

    def link(self, sources: Span, targets: Span, counts: Sequence[int]) -> None:
        """Link each source to some targets, as many as one of the counts says."""
        self._draft.link_all(*self._pairs(sources, targets, counts))

    def grant(self, givers: Span, resources: Span, counts: Sequence[int], choices: Sequence[RawPermissions]) -> None:
        """Let each giver give on some resources one of these choices of permissions."""
        tails, heads = self._pairs(givers, resources, counts)
        self._draft.grant_all(tails, heads, self._dice.numbers(len(tails), len(choices)), choices)

    def pair_up(self, sources: Span, targets: Span) -> None:
        """Link each target from one source, which is the same person elsewhere."""
        count = min(sources.count, targets.count)
        self._draft.link_all(sources.numbers[:count], targets.numbers[:count])

    def nest(self, nodes: Span, share: float) -> None:
        """Put this share of the nodes into one before them; nobody is put in a circle."""
        places = np.arange(nodes.count)[1:]
        nested = places[self._dice.fractions(len(places)) < share]
        # No further back than the unit is wide.
        reach = np.minimum(nested, max(1, nodes.count // self._units))
        around = nested - 1 - (self._dice.fractions(len(nested)) * reach).astype(np.int64)
        self._draft.link_all(nested + nodes.first, around + nodes.first)

    def _pairs(self, sources: Span, targets: Span, counts: Sequence[int]) -> tuple[Numbers, Numbers]:
        if not targets.count:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        count_of = np.array(counts, dtype=np.int64)[self._dice.numbers(sources.count, len(counts))]
        places = np.repeat(np.arange(sources.count), count_of)
        starts, widths = self._window(places, sources.count, targets.count)
        heads = starts + (self._dice.fractions(len(places)) * widths).astype(np.int64)
        pairs = np.sort(places * targets.count + heads)
        # The same target may have been drawn twice.
        pairs = pairs[np.diff(pairs, prepend=-1) > 0]
        return pairs // targets.count + sources.first, pairs % targets.count + targets.first

    def _window(self, places: Numbers, source_count: int, target_count: int) -> tuple[Numbers, Numbers]:
        """Return, for each drawn source, the first target that it may meet and how many it may meet."""
        unit = places * self._units // source_count
        starts = unit * target_count // self._units
        widths = (unit + 1) * target_count // self._units - starts
        anywhere = (widths == 0) | (self._dice.fractions(len(places)) < _SHARE_BEYOND_THE_UNIT)
        return np.where(anywhere, 0, starts), np.where(anywhere, target_count, widths)
