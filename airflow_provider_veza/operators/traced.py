"""The methods by which OpenLineage asks an operator what it read and wrote; what is told is in :mod:`.lineage`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from airflow_provider_veza.async_query.handle import HANDLE_KEY, QueryHandle
from airflow_provider_veza.exceptions import AsyncQueryError
from airflow_provider_veza.operators.announced import announced
from airflow_provider_veza.operators.arguments import StoragePath, path
from airflow_provider_veza.operators.checked import CheckedOperator

if TYPE_CHECKING:
    from airflow_provider_veza.lineage.datasets import NamedDataset
    from airflow_provider_veza.lineage.facets import TaskLineage
    from airflow_provider_veza.results.manifest import Manifest


class TracedOperator(CheckedOperator):
    """An operator of which OpenLineage is told; Airflow asks it in a process of its own, which must not wait for anything."""

    output_path: StoragePath | None = None
    """Where rows are landed, by an operator that lands some."""
    landed: Manifest | None = None
    """What this process has landed; another one, before or after a deferral, does not know it."""
    manifest_place = ""
    """Where its manifest is."""

    def get_openlineage_facets_on_start(self) -> Any:
        """Tell where rows will be landed; the query is not known yet, or not in this process."""
        return self.lineage(None).told()

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:
        """Tell what was asked, where the rows are, and how many."""
        return self.lineage(task_instance).told()

    def get_openlineage_facets_on_failure(self, task_instance: Any) -> Any:
        """Tell what was asked, and where nothing, or not all, was landed."""
        return self.lineage(task_instance).told()

    def lineage(self, ti: Any) -> TaskLineage:
        """Return what is known of this task now.

        :param ti: the task instance; None when the task starts.
        """
        from airflow_provider_veza.lineage.facets import TaskLineage

        handle = self.landed.handle if self.landed is not None else self._told_handle(ti)
        return TaskLineage(() if handle is None else self.read_datasets(handle), self._output(), handle, self.landed)

    def read_datasets(self, handle: QueryHandle) -> Sequence[NamedDataset]:
        """Return what the query reads."""
        from airflow_provider_veza.lineage.datasets import asked_datasets

        saved, esql = getattr(self, "saved_query_id", None), getattr(self, "query", None)
        return asked_datasets(handle, saved_query_id=saved, esql_query=esql)

    def _output(self) -> NamedDataset | None:
        from airflow_provider_veza.lineage.datasets import folder_dataset

        if self.output_path is None:
            return None
        with suppress(AsyncQueryError):
            return folder_dataset(path(self.output_path, "output_path"))
        return None

    def _told_handle(self, ti: Any) -> QueryHandle | None:
        if ti is None:
            return None
        with suppress(AsyncQueryError):
            data = getattr(self, "handle", None) or announced(ti, HANDLE_KEY)
            return QueryHandle.from_json(data) if data else None
        return None
