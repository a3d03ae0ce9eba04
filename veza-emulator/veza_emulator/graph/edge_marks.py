"""What can be said of an edge: the permissions that it gives and in which view of access it counts; knows no node."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from veza_emulator.graph.edges import Mask
from veza_emulator.graph.permissions import EffectivePermission, effective_permissions

RawPermissions = frozenset[str]


class EdgeKind(StrEnum):
    """In which view of access an edge counts: as it is configured, as it takes effect, or both."""

    BOTH = "BOTH"
    CONFIGURED = "CONFIGURED"
    EFFECTIVE = "EFFECTIVE"


class EdgeMark(NamedTuple):
    """What is said of an edge; a link gives no permissions."""

    raw: RawPermissions
    effective: frozenset[EffectivePermission]
    kind: EdgeKind


class EdgeMarks:
    """Every different mark of a graph's edges under a number, since few marks stand on many edges."""

    def __init__(self, known: Iterable[EdgeMark] = ()) -> None:
        self._marks = list(known)
        self._numbers = {mark: number for number, mark in enumerate(self._marks)}

    def number_of(self, raw: RawPermissions, kind: EdgeKind) -> int:
        """Return the number of a mark, a new one if there is none yet."""
        mark = EdgeMark(raw, effective_permissions(raw), kind)
        number = self._numbers.setdefault(mark, len(self._marks))
        if number == len(self._marks):
            self._marks.append(mark)
        return number

    def where(self, holds: Callable[[EdgeMark], bool]) -> Mask:
        """Return for each number whether this holds of its mark."""
        return np.fromiter((holds(mark) for mark in self._marks), dtype=np.bool_, count=len(self._marks))

    def __getitem__(self, number: int) -> EdgeMark:
        return self._marks[number]

    def __iter__(self) -> Iterator[EdgeMark]:
        return iter(self._marks)
