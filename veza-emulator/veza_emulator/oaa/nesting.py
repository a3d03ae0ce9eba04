"""The order of things that are nested in each other, and the cycle if there is one; knows not what is nested."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter


class NestingError(Exception):
    """Things are nested in a circle; the first one is also the last."""

    def __init__(self, cycle: Sequence[str]) -> None:
        super().__init__(" -> ".join(cycle))
        self.cycle = tuple(cycle)


def innermost_first(inside: Mapping[str, Iterable[str]]) -> Sequence[str]:
    """Return everything in an order in which each comes after all that is inside it.

    :raises NestingError: if something is inside itself, at any depth.
    """
    try:
        return tuple(TopologicalSorter(inside).static_order())
    except CycleError as error:
        raise NestingError(tuple(reversed(error.args[1]))) from None
