"""How many rows differ between two results, and how many are too many; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum


class Change(StrEnum):
    """How a row can differ between two results."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True)
class DriftCounts:
    """How many rows differ.

    :param unchanged: rows of the current result that the baseline has too.
    """

    added: int = 0
    removed: int = 0
    changed: int = 0
    unchanged: int = 0

    def of(self, change: Change) -> int:
        """Return how many rows differ in this way."""
        return {Change.ADDED: self.added, Change.REMOVED: self.removed, Change.CHANGED: self.changed}[change]

    def to_json(self) -> dict[str, int]:
        """Return the counts by name."""
        return asdict(self)

    @property
    def baseline(self) -> int:
        """Rows of the baseline."""
        return self.removed + self.changed + self.unchanged

    @property
    def removed_fraction(self) -> float:
        """The part of the baseline that was removed; 0 where it was empty."""
        return self.removed / self.baseline if self.baseline else 0.0


def excesses(counts: DriftCounts, fail_on: Collection[Change], max_removed_fraction: float | None) -> Iterator[str]:
    """Say what differs more than is allowed.

    :param fail_on: changes of which a single one is too much.
    :param max_removed_fraction: of the baseline; None for no bound.

    >>> list(excesses(DriftCounts(added=2, removed=1, unchanged=9), {Change.ADDED}, 0.05))
    ['2 added', '1 of 10 removed, more than max_removed_fraction=0.05']
    """
    for change in Change:
        if change in fail_on and counts.of(change):
            yield f"{counts.of(change)} {change}"
    if max_removed_fraction is not None and counts.removed_fraction > max_removed_fraction:
        yield f"{counts.removed} of {counts.baseline} removed, more than max_removed_fraction={max_removed_fraction}"
