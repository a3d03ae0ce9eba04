"""One query mapped over many systems: who is active in each, all waiting at once and holding no worker."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow.providers.common.compat.sdk import dag, task

from airflow_provider_veza.operators.query import VezaQueryOperator


@dag(
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    params={"systems": ["OktaUser", "AzureADUser", "AwsIamRole", "SnowflakeRole"]},
    tags=["veza", "example"],
)
def example_veza_mapped_systems() -> None:
    @task
    def specs(params: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        return [
            {
                "query_type": "SOURCE_TO_DESTINATION",
                "source_node_types": {"nodes": [{"node_type": system, "properties_to_get": ["name"]}]},
                "result_value_type": "SOURCE_NODES_WITH_COUNTS",
            }
            for system in (params or {})["systems"]
        ]

    nodes = VezaQueryOperator.partial(task_id="nodes", deferrable=True).expand(query_spec=specs())

    @task
    def count(results: Any) -> dict[str, int]:
        return {rows[0]["type"]: len(rows) for rows in results}

    count(nodes.output)


example_veza_mapped_systems()
