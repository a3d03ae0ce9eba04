"""The operator that compares two landed results; what counts as a change is said in :mod:`.results.drift.rule`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from airflow_provider_veza.async_query.layout import RowLayout
from airflow_provider_veza.exceptions import BaselineError, DriftError
from airflow_provider_veza.operators.airflow_arguments import OperatorArguments
from airflow_provider_veza.operators.airflow_rules import airflow_failures
from airflow_provider_veza.operators.arguments import (
    ChangeName,
    ColumnNames,
    CompressionName,
    FailOrWarn,
    LandedReference,
    Names,
    OutputFormat,
    StoragePath,
    fraction,
    landed,
    names,
    optional,
    path,
    some_of,
)
from airflow_provider_veza.operators.checked import Together, check_when_started, keep, naming
from airflow_provider_veza.operators.connections import VEZA_COLOR
from airflow_provider_veza.operators.delivery import check_libraries, table_options, writes_tables_by_default
from airflow_provider_veza.operators.traced import TracedOperator
from airflow_provider_veza.results.drift.counts import Change, DriftCounts, excesses
from airflow_provider_veza.results.drift.partial import PartialCheck
from airflow_provider_veza.services.veza_layout import LAYOUT

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import XComArg

    from airflow_provider_veza.lineage.facets import TaskLineage
    from airflow_provider_veza.results.drift.baseline import PassedOver
    from airflow_provider_veza.results.drift.comparability import DriftWishes
    from airflow_provider_veza.results.drift.landed_drift import DriftPlan, LandedDrift
    from airflow_provider_veza.results.reading import LandedResult

DRIFT_KEY = "veza_drift"
"""Under this name a task announces what differs, before it fails for it."""
_SHOWN = 5
"""Results that are passed over, in the log."""
_LAYOUTS = {"veza_nodes": LAYOUT, "veza_result": LAYOUT}


class VezaAccessDriftOperator(TracedOperator):
    """Compare two landed results of one query, and land what was added, removed and changed.

    Rows are about the same thing where they have the same ``type`` and ``id``, or the same source and destination. What of
    them counts as a change, and which statistics do not, is said in :class:`~.results.drift.rule.DriftRule` and
    :data:`~.services.veza_layout.LAYOUT`: properties and permissions count; access statistics, risk levels, counts and times
    of the last use do not. Needs the extra ``drift`` (DuckDB); memory does not grow with the results.

    Below ``output_path`` come ``added/``, ``removed/`` and ``changed/``, each a landed result of its own, and ``_drift.json``,
    written last. A changed row has the identity, the names of what ``changed``, and the row ``before`` and ``after``; in a
    table these are columns such as ``before.risk_level``. A task that is run again lands the same.

    Returns ``{"first_run": false, "added": 2, "removed": 0, "changed": 1, "unchanged": 97, ...}`` with the paths of all
    manifests; the same is in XCom ``veza_drift``, also when the task then fails.

    :param current: what a landing task returned, or the path of a landed folder or its manifest; from a template as
        ``{{ ti.xcom_pull("land") | tojson }}``.
    :param baseline: the same for what it is compared with. By default the newest earlier result of the same query, tenant and
        connection in the folders beside ``current``, in the order of the DAG runs that landed them, so let the last folder of a
        landing's ``output_path`` be the one that differs from run to run, such as ``{{ run_id }}``. Where none was landed there
        before, this is a first run: nothing differs, and ``first_run`` is true. What is passed over is in the log.
    :param output_path: folder on any storage of Airflow's ``ObjectStoragePath``.
    :param output_format: ``jsonl`` (default), ``csv`` or ``parquet`` (extra ``parquet``).
    :param compression: ``gzip`` or ``zstd`` (extra ``zstd``); by default none, for Parquet Snappy.
    :param column_names: of csv and parquet: ``dotted`` (default), ``underscored`` (letters, digits and underscores only:
        ``before_risk_level``), or a mapping of dotted names to other ones. How the two results name theirs does not matter.
    :param null_value: of csv: what stands for a null, such as ``NULL``; by default nothing.
    :param csv_escape_formulas: of csv: whether ``'`` is put before texts that a spreadsheet would take for a formula; default no.
    :param key: columns that say what a row is about, instead of those that Veza's rows have: ``["source_id"]``. Columns are
        named as in a table, also where the results are ``jsonl``.
    :param ignore_properties: what else may change: properties of whatever node (``updated_at``) or columns
        (``source_properties.email``). By default none.
    :param also_compare: statistics that count all the same, such as ``risk_level`` or ``destination_node_count``; by default
        none.
    :param fail_on: ``added``, ``removed``, ``changed``: fail, without retries, if there is any such row; by default never.
    :param max_removed_fraction: fail, without retries, if more of the baseline is gone. A connection that lost rights sees
        fewer rows, which looks like mass revocation.
    :param partial_check: ``fail`` (default) refuses a result that Veza calls partial, whose missing rows would look removed, and
        passes over such baselines; ``warn`` compares it.

    .. code-block:: python

        land = VezaQueryOperator(task_id="land", query_spec=spec, output_path="s3://aws_default@lake/access/{{ run_id }}")
        VezaAccessDriftOperator(
            task_id="drift",
            current=land.output,
            output_path="s3://aws_default@lake/access_drift/{{ run_id }}",
            fail_on={"added"},
        )
    """

    current: LandedReference
    output_path: StoragePath
    baseline: LandedReference | None
    output_format: OutputFormat
    compression: CompressionName | None
    column_names: ColumnNames
    null_value: str
    csv_escape_formulas: bool
    key: Names | None
    ignore_properties: Collection[str] | XComArg
    also_compare: Collection[str] | XComArg
    fail_on: Collection[ChangeName]
    max_removed_fraction: float | None
    partial_check: FailOrWarn
    template_fields: Sequence[str] = (
        "current",
        "baseline",
        "output_path",
        "output_format",
        "compression",
        "column_names",
        "null_value",
        "key",
        "ignore_properties",
        "also_compare",
    )
    template_fields_renderers = {"current": "json", "baseline": "json"}
    ui_color = VEZA_COLOR
    needs_extra = "drift"
    together: Sequence[Together] = (
        *TracedOperator.together,
        (("output_format", "compression"), check_libraries),
        (("output_format", "column_names", "null_value"), lambda task: _check_options(task)),
    )
    _compared: tuple[str, ...] = ()

    def __init__(
        self,
        *,
        current: LandedReference,
        output_path: StoragePath,
        baseline: LandedReference | None = None,
        output_format: OutputFormat = "jsonl",
        compression: CompressionName | None = None,
        column_names: ColumnNames = "dotted",
        null_value: str = "",
        csv_escape_formulas: bool = False,
        key: Names | None = None,
        ignore_properties: Collection[str] | XComArg = (),
        also_compare: Collection[str] | XComArg = (),
        fail_on: Collection[ChangeName] = (),
        max_removed_fraction: float | None = None,
        partial_check: FailOrWarn = "fail",
        **kwargs: Unpack[OperatorArguments],
    ) -> None:
        super().__init__(**kwargs)
        keep(self, locals())
        self.when_parsed()

    def execute(self, context: Any) -> dict[str, Any]:
        """Compare, land, and fail if more differs than is allowed.

        All that DuckDB needs is in a temporary folder of the worker: about 150 bytes for each row of both results.
        """
        from airflow_provider_veza.results.scratch import scratch_folder, telling_of_scratch

        with airflow_failures(), scratch_folder() as scratch:
            check_when_started(self)
            with telling_of_scratch(scratch):
                drift = self._landed(scratch)
            context["ti"].xcom_push(key=DRIFT_KEY, value=drift.summary())
            self._require_little(drift.differences.counts, str(drift.folder))
            return drift.summary()

    def _landed(self, scratch: Path) -> LandedDrift:
        from airflow_provider_veza.results.drift.comparability import agreed_rule, unseen_names
        from airflow_provider_veza.results.drift.comparison import comparison, first_run
        from airflow_provider_veza.results.drift.landed_drift import land_drift

        plan = self._plan(scratch)
        current = self._read(self.current, "current")
        baseline = self._baseline_of(current)
        if baseline is None:
            agreed_rule(current, current, self._wishes())  # What would fail the second night fails the first.
            self.log.info("No earlier result was landed beside %s: a first run, nothing differs.", current.folder)
            return land_drift(first_run(current), plan)
        self.log.info("Comparing %s with the baseline %s.", current.folder, baseline.folder)
        wishes = self._wishes()
        rule = agreed_rule(current, baseline, wishes)
        with comparison(current, baseline, rule, scratch) as differences:
            if unseen := unseen_names(current, baseline, wishes, rule):
                self.log.warning(
                    "No row has %s, which ignore_properties or also_compare names: check the spelling.",
                    ", ".join(unseen),
                )
            self.log.info("%s", ", ".join(f"{count} {name}" for name, count in differences.counts.to_json().items()))
            return land_drift(differences, plan)

    def _plan(self, scratch: Path) -> DriftPlan:
        """Return where to land, after a check that this can be done at all."""
        from airflow_provider_veza.hooks.wall_clock import utc_now
        from airflow_provider_veza.results.drift.landed_drift import DriftPlan
        from airflow_provider_veza.results.folder import Folder, require_storage
        from airflow_provider_veza.results.formats.known_formats import output_format

        with naming(self.task_id):
            output_format(self.output_format, compression=self.compression, options=table_options(self))
            require_storage(path(self.output_path, "output_path"))
        folder, options = Folder(path(self.output_path, "output_path")), table_options(self)
        return DriftPlan(folder, self.output_format, self.compression, scratch, self.log, utc_now, options)

    def _baseline_of(self, current: LandedResult) -> LandedResult | None:
        from airflow_provider_veza.results.drift.baseline import candidates_beside, newest_earlier, require_comparable

        if self.baseline is not None:
            baseline = self._read(self.baseline, "baseline")
            require_comparable(current, baseline)
            return baseline
        partial = PartialCheck(self.partial_check)
        choice = newest_earlier(current.manifest, candidates_beside(current.folder), partial)
        self._say_what_was_passed_over(choice.passed_over)
        return None if choice.baseline is None else self._checked(choice.baseline)

    def _say_what_was_passed_over(self, passed_over: Sequence[PassedOver]) -> None:
        for one in passed_over[:_SHOWN]:
            self.log.warning(
                "A result beside the current one is not taken for its baseline: %s: %s", one.why, one.folder
            )
        if len(passed_over) > _SHOWN:
            self.log.warning("Nor are %d more.", len(passed_over) - _SHOWN)

    def _read(self, reference: Any, name: str) -> LandedResult:
        from airflow_provider_veza.results.reading import read_manifest

        return self._checked(read_manifest(landed(reference, name)))

    def lineage(self, ti: Any) -> TaskLineage:
        """Return which landed results were compared, as far as this process has come, and where the differences are."""
        from airflow_provider_veza.lineage.datasets import folder_dataset

        told = super().lineage(None)
        return replace(told, inputs=tuple(folder_dataset(folder) for folder in self._compared))

    def _checked(self, result: LandedResult) -> LandedResult:
        """Return the result with the layout of its rows, unless it lacks rows that would look removed."""
        if result.manifest.partial:
            problem = f"{result.folder} is a part of its result only, as Veza said when it was landed"
            if PartialCheck(self.partial_check) is PartialCheck.FAIL:
                raise BaselineError(
                    f"{problem}: what it lacks would look added or removed. Nothing was compared. Land it again, or allow this "
                    "with partial_check='warn'."
                )
            self.log.warning("%s: what it lacks looks added or removed.", problem)
        self._compared = (*self._compared, str(result.folder))
        layout = _LAYOUTS.get(result.manifest.handle.service, RowLayout())
        return replace(result, layout=layout, dotted_names=True)

    def _wishes(self) -> DriftWishes:
        from airflow_provider_veza.results.drift.comparability import DriftWishes

        return DriftWishes(
            key=optional(names)(self.key, "key"),
            ignore_properties=frozenset(names(self.ignore_properties, "ignore_properties")),
            also_compare=frozenset(names(self.also_compare, "also_compare")),
        )

    def _require_little(self, counts: DriftCounts, folder: str) -> None:
        fail_on = frozenset(map(Change, some_of(ChangeName)(self.fail_on, "fail_on")))
        largest = optional(fraction)(self.max_removed_fraction, "max_removed_fraction")
        if too_much := list(excesses(counts, fail_on, largest)):
            raise DriftError(
                f"Access drifted: {'; '.join(too_much)}. The rows are landed. A retry would find the same; clear "
                "the task that landed the current result to ask Veza again.",
                about=folder,
            )


def _check_options(task: VezaAccessDriftOperator) -> None:
    if not writes_tables_by_default(task):
        from airflow_provider_veza.results.formats.known_formats import check_options

        check_options(task.output_format, table_options(task))
