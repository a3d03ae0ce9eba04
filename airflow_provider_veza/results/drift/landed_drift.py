"""Differences become three landed results, and last a ``_drift.json``.

Which rows differ is decided in :mod:`.comparison`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.identity import Fingerprint
from airflow_provider_veza.async_query.layout import RowLayout
from airflow_provider_veza.async_query.rows import Row
from airflow_provider_veza.async_query.task_log import TaskLog
from airflow_provider_veza.async_query.vocabulary import Page
from airflow_provider_veza.exceptions import ForeignFileError
from airflow_provider_veza.results.drift.baseline import DRIFT_SERVICE
from airflow_provider_veza.results.drift.comparison import Differences
from airflow_provider_veza.results.drift.counts import Change
from airflow_provider_veza.results.drift.differing_rows import (
    ChangeShape,
    FlatChange,
    layout_of_changes,
    layout_of_rows,
    nested_change,
)
from airflow_provider_veza.results.folder import Folder
from airflow_provider_veza.results.formats.known_formats import format_row, output_format
from airflow_provider_veza.results.landing import Landing
from airflow_provider_veza.results.landing_plan import LandingPlan
from airflow_provider_veza.results.manifest import Columns, manifest_place
from airflow_provider_veza.results.own_files import FileKind, is_half_written, read_own
from airflow_provider_veza.results.reading import LandedResult
from airflow_provider_veza.results.table_options import NO_OPTIONS, TableOptions

DRIFT_NAME = "_drift.json"
"""Engines that read a whole folder leave out names that begin so."""
OLD_DRIFT_NAME = "drift.json"
DRIFT_FILE = FileKind(DRIFT_NAME, "v", "first_run")
OLD_DRIFT_FILE = FileKind(OLD_DRIFT_NAME, "v", "first_run")
DRIFT_VERSION = 1
_PAGE_ROWS = 1_000


@dataclass(frozen=True)
class DriftPlan:
    """Where and how differences are landed.

    :param scratch: a local folder for parts in the making.
    :param now: the time in UTC.
    :param options: what else was chosen of a table.
    """

    folder: Folder
    output_format: str
    compression: str | None
    scratch: Path
    log: TaskLog
    now: Callable[[], datetime]
    options: TableOptions = NO_OPTIONS


@dataclass(frozen=True)
class LandedDrift:
    """What was landed of the differences between two results."""

    differences: Differences
    folder: Folder

    def summary(self) -> dict[str, Any]:
        """Return what XCom gets: how much differs, and where all else is said."""
        counts, baseline = self.differences.counts, self.differences.baseline
        return {
            "first_run": baseline is None,
            **counts.to_json(),
            "removed_fraction": counts.removed_fraction,
            "drift": f"{self.folder}/{DRIFT_NAME}",
            "current": manifest_place(self.differences.current.folder),
            "baseline": None if baseline is None else manifest_place(baseline.folder),
            "manifests": {str(change): manifest_place(self.folder / change) for change in Change},
        }

    def report(self) -> dict[str, Any]:
        """Return what ``_drift.json`` says: the summary, the two results, and how they were compared."""
        baseline, rule = self.differences.baseline, self.differences.rule
        return {
            "v": DRIFT_VERSION,
            **self.summary(),
            "current": _described(self.differences.current),
            "baseline": None if baseline is None else _described(baseline),
            "identity": None if rule is None else list(rule.identity),
            "ignored": None if rule is None else sorted(rule.ignored),
        }


def land_drift(differences: Differences, plan: DriftPlan) -> LandedDrift:
    """Land what differs as ``added/``, ``removed/`` and ``changed/``, and then ``_drift.json``.

    Where there is a ``_drift.json``, the three belong to the comparison that it describes. Landing the same comparison again
    changes nothing in them, and goes on where an attempt before was killed.

    :raises ForeignFileError: when somebody else's file has the name of one of ours.
    :raises LandingError: when the folder cannot be written, or a part of a compared result cannot be read any more.
    :raises ColumnError: when the differences do not fit a table.
    """
    _remove_report(plan.folder)
    for change in Change:
        _land(change, differences, plan)
    landed = LandedDrift(differences, plan.folder)
    plan.folder.write_json(DRIFT_NAME, landed.report())
    return landed


def _remove_report(folder: Folder) -> None:
    """Remove what says that the differences are whole, half written or not; a ``drift.json`` of somebody else stays."""
    if read_own(folder, DRIFT_FILE) is not None:
        folder.remove(DRIFT_NAME)
    with suppress(ForeignFileError):
        if read_own(folder, OLD_DRIFT_FILE) is not None:
            folder.remove(OLD_DRIFT_NAME)
    for name in folder.names():
        if is_half_written(name, (DRIFT_FILE, OLD_DRIFT_FILE)):
            folder.remove(name)


def _land(change: Change, differences: Differences, plan: DriftPlan) -> None:
    layout = _layout(change, differences)
    options, handle = plan.options, _handle(change, differences)
    form = output_format(plan.output_format, compression=plan.compression, layout=layout, options=options)
    of_change = LandingPlan(plan.folder / change, handle, form, plan.scratch, options=options)
    landing = Landing(of_change, plan.log, plan.now)
    if landing.begin() is not None:
        return
    if not landing.progress.all_read:
        rows = differences.rows(change, _shape(form.name, differences))
        for page in _pages(rows, landing.progress.rows, differences.counts.of(change)):
            landing.take(page)
    landing.finish()


def _pages(rows: Iterator[Row], landed: int, total: int) -> Iterator[Page]:
    """Yield the rows that are not landed yet; the number of rows before a page serves as its token."""
    rows = islice(rows, landed, None)
    while True:
        page = tuple(islice(rows, _PAGE_ROWS))
        landed += len(page)
        goes_on = len(page) == _PAGE_ROWS and landed < total
        yield Page(page, str(landed) if goes_on else None, total=total)
        if not goes_on:
            return


def _shape(output_format: str, differences: Differences) -> ChangeShape:
    if not format_row(output_format).has_columns:
        return nested_change
    return FlatChange(differences.current.layout, *_columns(differences))


def _layout(change: Change, differences: Differences) -> RowLayout:
    layout = differences.current.layout
    before, after = _columns(differences)
    match change:
        case Change.ADDED:
            return layout_of_rows(layout, after)
        case Change.REMOVED:
            return layout_of_rows(layout, before)
        case _:
            return layout_of_changes(layout, before, after)


def _columns(differences: Differences) -> tuple[Columns, Columns]:
    before = () if differences.baseline is None else differences.baseline.columns
    return before, differences.current.columns


def _handle(change: Change, differences: Differences) -> QueryHandle:
    """Return what stands for a query in the manifest of differences: the same for the same comparison, and for no other."""
    baseline, rule = differences.baseline, differences.rule
    fingerprint = Fingerprint.of(
        change=change,
        current=_content(differences.current),
        baseline=None if baseline is None else _content(baseline),
        rule=None if rule is None else [rule.identity, sorted(rule.ignored)],
    ).digest
    handle = differences.current.manifest.handle
    return replace(handle, service=DRIFT_SERVICE, id=f"{change}-{fingerprint}", fingerprint=fingerprint, owned=False)


def _content(result: LandedResult) -> list[str]:
    return [result.manifest.handle.id, *(part.sha256 for part in result.manifest.parts)]


def _described(result: LandedResult) -> dict[str, Any]:
    manifest = result.manifest
    return {
        "manifest": manifest_place(result.folder),
        "query_id": manifest.handle.id,
        "rows": manifest.rows,
        "partial": manifest.partial,
        "finished_at": manifest.finished_at.isoformat(),
    }
