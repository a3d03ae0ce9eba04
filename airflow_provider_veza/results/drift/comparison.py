"""Which rows were added, removed and changed between two landed results, in bounded memory.

They are landed in :mod:`.landed_drift`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from airflow_provider_veza.async_query.rows import Row
from airflow_provider_veza.exceptions import DriftError
from airflow_provider_veza.results.drift.counts import Change, DriftCounts
from airflow_provider_veza.results.drift.differing_rows import ChangeShape, KeptRows, rows_at
from airflow_provider_veza.results.drift.index import DriftIndex, drift_index, write_digests
from airflow_provider_veza.results.drift.rule import DriftRule
from airflow_provider_veza.results.reading import LandedResult


@dataclass(frozen=True)
class Differences:
    """What differs between two results.

    :param baseline: None on a first run, where nothing differs.
    :param rule: by which rows were compared.
    :param rows: yields the rows that differ in one way, with changed rows in a given shape: in the order of the current result,
        and removed ones in that of the baseline.
    """

    current: LandedResult
    baseline: LandedResult | None
    rule: DriftRule | None
    counts: DriftCounts
    rows: Callable[[Change, ChangeShape], Iterator[Row]]


def first_run(current: LandedResult) -> Differences:
    """Return that nothing differs, since there is nothing that could."""
    return Differences(current, None, None, DriftCounts(), lambda _change, _shape: iter(()))


@contextmanager
def comparison(current: LandedResult, baseline: LandedResult, rule: DriftRule, scratch: Path) -> Iterator[Differences]:
    """Read both results once and compare them; rows that differ are read again when they are asked for.

    :param scratch: an empty local folder; takes about 150 bytes for each row of both, whatever its size, and the earlier halves
        of changed rows.
    :raises DriftError: when a row does not say what it is about.
    :raises ArgumentError: without DuckDB.
    :raises LandingError: when a part cannot be read, or is not what its manifest says.
    """
    files = {}
    for side, result in (("baseline", baseline), ("current", current)):
        files[side] = scratch / f"{side}.digests"
        write_digests(files[side], _digests(result, rule))
    with drift_index(**files, scratch=scratch) as index:
        rows = _DifferingRows(current, baseline, rule, index, scratch)
        yield Differences(current, baseline, rule, index.counts, rows.of)


@dataclass(frozen=True)
class _DifferingRows:
    """The rows at the positions that differ; parts without any are not read."""

    current: LandedResult
    baseline: LandedResult
    rule: DriftRule
    index: DriftIndex
    scratch: Path

    def of(self, change: Change, shape: ChangeShape) -> Iterator[Row]:
        match change:
            case Change.ADDED:
                return rows_at(self.current, self.index.added())
            case Change.REMOVED:
                return rows_at(self.baseline, self.index.removed())
            case _:
                return self._changed(shape)

    def _changed(self, shape: ChangeShape) -> Iterator[Row]:
        kept = KeptRows(self.scratch / "before", rows_at(self.baseline, self.index.changed_before()))
        before = kept.in_order(self.index.ranks_of_before())
        after = rows_at(self.current, self.index.changed_after())
        for old, new in zip(before, after, strict=True):
            yield shape(old, new, self.rule)


def _digests(result: LandedResult, rule: DriftRule) -> Iterator[tuple[int, int]]:
    for position, row in enumerate(result):
        digests = rule.digests(row)
        if digests is None:
            raise DriftError(
                f"Row {position + 1} has no value in one of {', '.join(rule.identity)}, so that nobody can "
                "say what it is about. Name columns that all rows have with key=. Nothing was compared.",
                about=result.folder,
            )
        yield digests
