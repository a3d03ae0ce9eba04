"""The facets of one task's events, in OpenLineage's own classes; imported only where Airflow's OpenLineage provider asks.

What a dataset is called is in :mod:`.datasets`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_veza.lineage.datasets import NamedDataset

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage

    from airflow_provider_veza.async_query.handle import QueryHandle
    from airflow_provider_veza.results.manifest import Manifest


@dataclass(frozen=True)
class TaskLineage:
    """What is known of a task when one of its events is sent.

    :param inputs: what it reads.
    :param output: the folder that it lands in; None where rows go to XCom.
    :param handle: of its query; None before it has one.
    :param landed: what it has landed; None before.
    """

    inputs: Sequence[NamedDataset] = ()
    output: NamedDataset | None = None
    handle: QueryHandle | None = None
    landed: Manifest | None = None

    def told(self) -> OperatorLineage:
        """Return it in OpenLineage's classes.

        At least one dataset of ours keeps Airflow from telling which files were opened, checkpoint and manifest among them.
        """
        from airflow.providers.openlineage.extractors import OperatorLineage
        from openlineage.client.event_v2 import Dataset

        return OperatorLineage(
            inputs=[Dataset(namespace=one.namespace, name=one.name) for one in self.inputs],
            outputs=[] if self.output is None else [self._told_output(self.output)],
            run_facets=self._run_facets(),
        )

    def _run_facets(self) -> Mapping[str, Any]:
        from openlineage.client.facet_v2 import external_query_run

        if self.handle is None:
            return {}
        facet = external_query_run.ExternalQueryRunFacet(externalQueryId=self.handle.id, source=self.handle.tenant)
        return {"externalQuery": facet}

    def _told_output(self, folder: NamedDataset) -> Any:
        from openlineage.client.event_v2 import OutputDataset
        from openlineage.client.facet_v2 import output_statistics_output_dataset, schema_dataset

        if self.landed is None:
            return OutputDataset(namespace=folder.namespace, name=folder.name)
        fields = [
            schema_dataset.SchemaDatasetFacetFields(name=column.name, type=str(column.type))
            for column in self.landed.columns
        ]
        statistics = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
            rowCount=self.landed.rows, size=self.landed.bytes, fileCount=len(self.landed.parts)
        )
        return OutputDataset(
            namespace=folder.namespace,
            name=folder.name,
            facets={"schema": schema_dataset.SchemaDatasetFacet(fields=fields)} if fields else {},
            outputFacets={"outputStatistics": statistics},
        )
