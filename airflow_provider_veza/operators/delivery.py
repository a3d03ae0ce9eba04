"""Where the rows of a query go, XCom or files, by the arguments of the task that delivers them.

The loop that lands rows is in :mod:`.hooks`, what is written in :mod:`.results`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from os import PathLike
from typing import TYPE_CHECKING, Any, Protocol

from airflow_provider_veza.exceptions import ArgumentError
from airflow_provider_veza.operators.arguments import (
    ColumnNames,
    CompressionName,
    FailOrReplace,
    FailOrWarn,
    JoinablePath,
    Names,
    OutputFormat,
    StoragePath,
    column_names,
    flag,
    names,
    null_value,
    path,
    path_text,
)
from airflow_provider_veza.operators.assets import announce_landing, has_fixed_folder, outlet_of_folder
from airflow_provider_veza.operators.checked import Together, defaults_of
from airflow_provider_veza.operators.rendering import is_template
from airflow_provider_veza.operators.traced import TracedOperator
from airflow_provider_veza.results.table_options import NO_OPTIONS, TableOptions

if TYPE_CHECKING:
    from airflow_provider_veza.async_query.vocabulary import Page
    from airflow_provider_veza.hooks.bound import BoundQuery
    from airflow_provider_veza.hooks.landing_loop import LandingOrder
    from airflow_provider_veza.ownership.charge import Charge
    from airflow_provider_veza.results.inline import InlineLimits
    from airflow_provider_veza.results.landing_limits import LandingLimits

RESULT_FIELDS = ("output_path", "output_format", "compression", "columns", "column_names", "null_value", "on_bad_text")

_OF_FILES = (
    "output_format",
    "compression",
    "columns",
    "column_names",
    "null_value",
    "csv_escape_formulas",
    "part_bytes",
)


def is_nothing(delivered: Any) -> bool:
    """Whether what was delivered is no row, a count of zero, or the summary of a landing without rows."""
    return delivered == [] or (isinstance(delivered, dict) and 0 in (delivered.get("count"), delivered.get("rows")))


def counted(collected: Any) -> str:
    """Return how much of a result a task returns, in words.

    >>> counted([{}, {}]), counted({"count": 6})
    ('2 rows', 'a count of 6')
    """
    return f"{len(collected)} rows" if isinstance(collected, list) else f"a count of {collected['count']}"


class LandsTables(Protocol):
    """A task with the arguments that say where rows are landed, and how tables are written."""

    output_path: Any
    output_format: OutputFormat
    compression: CompressionName | None
    column_names: ColumnNames
    null_value: str
    csv_escape_formulas: bool


def table_options(task: LandsTables) -> TableOptions:
    """Return what a task chooses of a table besides its format.

    :raises ArgumentError: when an argument cannot be what it is.
    """
    return TableOptions(
        column_names=column_names(task.column_names, "column_names"),
        null_value=null_value(task.null_value, "null_value"),
        escape_formulas=flag(task.csv_escape_formulas, "csv_escape_formulas"),
    )


def writes_tables_by_default(task: LandsTables) -> bool:
    """Whether a task leaves all of that at the defaults."""
    chosen = (task.column_names, task.null_value, task.csv_escape_formulas)
    return chosen == (NO_OPTIONS.column_names, NO_OPTIONS.null_value, NO_OPTIONS.escape_formulas)


def run_at(context: Mapping[str, Any]) -> datetime | None:
    """Return when the run of a task was due (UTC): Airflow's ``run_after``, and on 2.11 the end of its interval.

    None where Airflow does not say. It orders the runs of one DAG, those that somebody triggers included.
    """
    run = context.get("dag_run")
    times = (getattr(run, name, None) for name in ("run_after", "data_interval_end", "logical_date"))
    found = next((time for time in times if isinstance(time, datetime) and time.tzinfo is not None), None)
    return None if found is None else datetime.fromtimestamp(found.timestamp(), UTC)


@dataclass(frozen=True)
class Delivery:
    """Delivers the rows of one query as its task says; it reads the task's arguments when it needs them."""

    task: DeliveringOperator

    def declare_asset(self) -> None:
        """Add the landed folder to the task's outlets, where it is known before the task runs and not among them already."""
        given = self.task.output_path
        if not isinstance(given, (str, PathLike, JoinablePath)):
            return
        text = path_text(given)
        outlet = outlet_of_folder(text) if has_fixed_folder(text) else None
        if outlet is not None and outlet.uri not in {getattr(own, "uri", None) for own in self.task.outlets}:
            self.task.outlets = [*self.task.outlets, outlet]

    def check(self) -> None:
        """Refuse what could never be delivered, before a query runs for it.

        :raises ArgumentError: when a library is missing that the format needs, or Airflow does not know the storage.
        :raises ConnectionSettingsError: when Airflow has no connection of the name in ``output_path``.
        :raises LandingError: when the folder cannot be read, or somebody else's file is in the way.
        """
        if self.task.output_path is None:
            self._warn_of_options_of_files()
            return
        from airflow_provider_veza.results.folder import Folder, require_storage
        from airflow_provider_veza.results.formats.known_formats import output_format
        from airflow_provider_veza.results.found_landing import require_no_foreign_file

        if is_template(self._folder):
            raise ArgumentError(
                f"output_path={self._folder!r} was not rendered; of a mapped task, give it as text and not as a Path."
            )
        task = self.task
        select, options = _selected(task), table_options(task)
        output_format(task.output_format, compression=task.compression, select=select, options=options)
        require_storage(self._folder)
        require_no_foreign_file(Folder(self._folder))

    def _warn_of_options_of_files(self) -> None:
        task, defaults = self.task, defaults_of(self.task.__class__)
        given = [name for name in _OF_FILES if getattr(task, name) != defaults[name]]
        if given:
            task.log.warning(
                "Without output_path= the rows go to XCom as they were sent, whatever %s says. To land them, give a folder.",
                ", ".join(f"{name}=" for name in given),
            )

    def deliver(self, query: BoundQuery, context: Mapping[str, Any]) -> Any:
        """Return the rows as plain JSON, a count as ``{"count": 6}``, or the summary of what was landed.

        :raises ResultsError: past a bound, empty or partial where that is an error, or when the rows cannot be landed.
        """
        if self.task.output_path is None:
            return self._collected(query)
        from airflow_provider_veza.hooks.landing_loop import land

        folder = self._folder
        order = self._landing_order(run_at(context))
        manifest = self.task.landed = land(query, order, self.task.log, self.task.check_attempt)
        announce_landing(manifest, folder, self.task.outlets, context)
        self.task.log.info(
            "Landed %d rows of query %s in %s (parts: %d).",
            manifest.rows,
            query.handle.shown_id,
            folder,
            len(manifest.parts),
        )
        summary = manifest.summary(folder)
        self.task.manifest_place = summary["manifest"]
        return summary

    def is_landed(self, query: BoundQuery) -> bool:
        """Whether the rows of a query lie in the folder of ``output_path``, whole."""
        if self.task.output_path is None:
            return False
        from airflow_provider_veza.hooks.landing_loop import is_landed

        return is_landed(query, self._landing_order(), self.task.log)

    def _collected(self, query: BoundQuery) -> Any:
        from airflow_provider_veza.results.inline import collect, with_warnings_logged
        from airflow_provider_veza.results.row_count import RowCountCheck, reconciled

        log, check = self.task.log, RowCountCheck(self.task.row_count_check)
        pages = with_warnings_logged(self._checked_pages(query), log)
        collected = collect(reconciled(pages, check, query.handle.id, log), self._inline_limits())
        log.info("Returning %s of query %s.", counted(collected), query.handle.shown_id)
        return collected

    def _checked_pages(self, query: BoundQuery) -> Iterator[Page]:
        for page in query.pages():
            yield page
            self.task.check_attempt()

    def _landing_order(self, run_at: datetime | None = None) -> LandingOrder:
        from airflow_provider_veza.hooks.landing_loop import LandingOrder

        task, limits = self.task, self._landing_limits()
        return LandingOrder(
            self._folder, task.output_format, task.compression, _selected(task), limits, table_options(task), run_at
        )

    def _inline_limits(self) -> InlineLimits:
        from airflow_provider_veza.results.bad_text import OnBadText
        from airflow_provider_veza.results.inline import InlineLimits

        task = self.task
        return InlineLimits(
            max_rows=task.max_rows,
            xcom_max_rows=task.xcom_max_rows if task.do_xcom_push else sys.maxsize,
            xcom_max_bytes=task.xcom_max_bytes if task.do_xcom_push else sys.maxsize,
            fail_on_empty=task.fail_on_empty,
            allow_partial=task.allow_partial_results,
            on_bad_text=OnBadText(task.on_bad_text),
        )

    def _landing_limits(self) -> LandingLimits:
        from airflow_provider_veza.results.bad_text import OnBadText
        from airflow_provider_veza.results.landing_limits import LandingLimits
        from airflow_provider_veza.results.row_count import RowCountCheck

        task = self.task
        return LandingLimits(
            max_rows=task.max_rows,
            fail_on_empty=task.fail_on_empty,
            row_count_check=RowCountCheck(task.row_count_check),
            part_bytes=task.part_bytes,
            allow_partial=task.allow_partial_results,
            on_bad_text=OnBadText(task.on_bad_text),
        )

    @property
    def _folder(self) -> str:
        return path(self.task.output_path, "output_path")


def _selected(task: DeliveringOperator) -> tuple[str, ...] | None:
    return None if task.columns is None else names(task.columns, "columns")


def _check_columns(task: DeliveringOperator) -> None:
    """Refuse columns and options of rows that are landed as they are."""
    if task.output_path is None or (task.columns is None and writes_tables_by_default(task)):
        return
    from airflow_provider_veza.results.formats.known_formats import check_columns, check_options

    options = table_options(task)
    check_columns(task.output_format, _selected(task), options)
    check_options(task.output_format, options)


def check_libraries(task: LandsTables) -> None:
    """Refuse what needs a library that is not here; a DAG is parsed where the same packages are as on workers."""
    if task.output_path is not None and (task.output_format, task.compression) != ("jsonl", None):
        from airflow_provider_veza.results.formats.known_formats import require_libraries

        require_libraries(task.output_format, task.compression)


class DeliveringOperator(TracedOperator):
    """An operator with the arguments that say where rows go."""

    output_path: StoragePath | None
    output_format: OutputFormat
    compression: CompressionName | None
    columns: Names | None
    column_names: ColumnNames
    null_value: str
    csv_escape_formulas: bool
    part_bytes: int
    row_count_check: FailOrWarn
    on_bad_text: FailOrReplace
    fail_on_empty: bool
    max_rows: int | None
    xcom_max_rows: int
    xcom_max_bytes: int
    allow_partial_results: bool = True
    """Whether a result that its service calls partial is delivered; the log and the manifest say so then."""
    together: Sequence[Together] = (
        *TracedOperator.together,
        (("output_format", "columns", "column_names", "null_value"), _check_columns),
        (("output_format", "compression"), check_libraries),
    )
    _charge: Charge | None = None

    def when_parsed(self) -> None:
        """Check what is known, and declare what will be landed."""
        super().when_parsed()
        Delivery(self).declare_asset()

    def deliver(self, query: BoundQuery, context: Mapping[str, Any]) -> Any:
        """Return the rows as plain JSON, or the summary of what was landed."""
        return Delivery(self).deliver(query, context)

    def check_attempt(self, *, surely: bool = False) -> None:
        """Go on only if this attempt still counts; raises where it does not."""
        if self._charge is not None:
            self._charge.check(surely=surely)
