"""The arguments that say where a result goes, XCom or files, shared by all operators that deliver rows; no service's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperator

from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.exceptions import ArgumentError
from airflow_provider_veza.operators.arguments import choice
from airflow_provider_veza.operators.assets import announce_landing, has_fixed_folder, landed_asset
from airflow_provider_veza.results.inline import (
    DEFAULT_XCOM_BYTES,
    DEFAULT_XCOM_ROWS,
    InlineLimits,
    collect,
    with_warnings_logged,
)
from airflow_provider_veza.results.landing_limits import DEFAULT_PART_BYTES, LandingLimits, RowCountCheck

if TYPE_CHECKING:
    from airflow_provider_veza.async_query.vocabulary import Page
    from airflow_provider_veza.hooks.base import AsyncQueryHook
    from airflow_provider_veza.operators.landing import LandingOrder

RESULT_FIELDS = ("output_path", "output_format", "compression", "columns")


class ResultOperator(BaseOperator):
    """An operator whose result is the rows of a query.

    Without ``output_path`` they are the return value. With it they are landed as a folder of parts and a ``manifest.json``;
    the return value is the manifest's summary, and the folder is declared as an asset, so that DAGs can be scheduled on it
    (see :func:`~.assets.landed_asset`; a mapped operator must name its ``outlets`` itself,
    and so must one whose path begins with a template).

    :param output_path: folder to land in, on any storage of Airflow's ``ObjectStoragePath``, such as
        ``s3://conn_id@bucket/access/{{ ds }}``. One folder holds one result: a landing replaces what was
        landed there before, at its end and all at once.
    :param output_format: ``jsonl`` (rows as they were sent), ``csv`` or ``parquet`` (flattened; extra ``parquet``).
    :param compression: ``gzip`` or ``zstd`` (extra ``zstd``); by default none, for Parquet Snappy.
    :param columns: of csv and parquet: the columns to write, in this order; by default all.
    :param part_bytes: JSON text in one part, about.
    :param row_count_check: ``fail`` or ``warn`` when the service counted other than what came; the count was seen only on a
        private endpoint of Veza.
    :param fail_on_empty: fail when nothing is found; Veza answers some misspelt names with no rows instead of an error.
    :param max_rows: fail past so many rows.
    :param xcom_max_rows: rows that XCom may get.
    :param xcom_max_bytes: bytes of JSON that XCom may get.
    """

    allow_partial_results = True
    """Whether a result that its service calls partial is delivered; the log and the manifest say so then."""

    def __init__(
        self,
        *,
        output_path: str | None = None,
        output_format: str = "jsonl",
        compression: str | None = None,
        columns: Sequence[str] | None = None,
        part_bytes: int = DEFAULT_PART_BYTES,
        row_count_check: str = "fail",
        fail_on_empty: bool = False,
        max_rows: int | None = None,
        xcom_max_rows: int = DEFAULT_XCOM_ROWS,
        xcom_max_bytes: int = DEFAULT_XCOM_BYTES,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.output_path = output_path
        self.output_format = output_format
        self.compression = compression
        self.columns = columns
        check = choice(RowCountCheck, row_count_check, "row_count_check")
        self.inline_limits = InlineLimits(max_rows, xcom_max_rows, xcom_max_bytes, fail_on_empty)
        self.landing_limits = LandingLimits(max_rows, fail_on_empty, check, part_bytes)
        if isinstance(output_path, str) and has_fixed_folder(output_path):
            self.outlets = [*self.outlets, landed_asset(output_path)]

    def check_delivery(self) -> None:
        """Refuse what could never be delivered, before a query runs for it.

        :raises ArgumentError: when format, compression and columns do not go together, or need a library that is not here.
        :raises LandingError: when Airflow does not know the storage of ``output_path``.
        """
        if self.output_path is None:
            return
        from airflow_provider_veza.results.folder import Folder
        from airflow_provider_veza.results.formats.registry import output_format

        output_format(self.output_format, compression=self.compression, select=self._select)
        Folder(self._folder)

    def deliver(self, hook: AsyncQueryHook, handle: QueryHandle, context: Mapping[str, Any]) -> Any:
        """Return the rows as plain JSON, a count as ``{"count": 6}``, or the summary of what was landed.

        :raises ResultsError: past a bound, empty or partial where that is an error, or when the rows cannot be landed.
        """
        if self.output_path is None:
            pages = with_warnings_logged(self._checked_pages(hook, handle), self.log)
            return collect(pages, replace(self.inline_limits, allow_partial=self.allow_partial_results))
        from airflow_provider_veza.operators.landing import land

        folder = self._folder
        manifest = land(hook, handle, self._landing_order(), self.log, self.check_attempt)
        announce_landing(manifest, folder, self.outlets, context)
        self.log.info(
            "Landed %d rows of query %s as %d parts in %s.", manifest.rows, handle.id, len(manifest.parts), folder
        )
        return manifest.summary(folder)

    def is_landed(self, hook: AsyncQueryHook, handle: QueryHandle) -> bool:
        """Whether the rows of a query lie in the folder of ``output_path``, whole."""
        if self.output_path is None:
            return False
        from airflow_provider_veza.operators.landing import is_landed

        return is_landed(hook, handle, self._landing_order(), self.log)

    def check_attempt(self, *, surely: bool = False) -> None:
        """Go on only if this attempt of the task still counts; raises where it does not."""

    def _checked_pages(self, hook: AsyncQueryHook, handle: QueryHandle) -> Iterator[Page]:
        for page in hook.pages(handle):
            yield page
            self.check_attempt()

    def _landing_order(self) -> LandingOrder:
        from airflow_provider_veza.operators.landing import LandingOrder

        limits = replace(self.landing_limits, allow_partial=self.allow_partial_results)
        return LandingOrder(self._folder, self.output_format, self.compression, self._select, limits)

    @property
    def _folder(self) -> str:
        folder = (self.output_path or "").rstrip("/")
        if not folder:
            raise ArgumentError(f"Task {self.task_id}: output_path={self.output_path!r} names no folder once rendered.")
        return folder

    @property
    def _select(self) -> tuple[str, ...] | None:
        return None if self.columns is None else tuple(self.columns)
