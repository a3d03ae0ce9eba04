"""Who can reach the bucket with the payroll exports? The wait costs no worker, the rows come back as XCom."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow.providers.common.compat.sdk import dag, task

from airflow_provider_veza.operators.query import VezaQueryOperator


@dag(schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC), catchup=False, tags=["veza", "example"])
def example_veza_access_to_bucket() -> None:
    who_can_reach_the_bucket = VezaQueryOperator(
        task_id="who_can_reach_the_bucket",
        query_spec={
            "query_type": "SOURCE_TO_DESTINATION",
            "source_node_types": {"nodes": [{"node_type": "OktaUser"}]},
            "relates_to_exp": {
                "specs": [
                    {
                        "node_types": {
                            "nodes": [
                                {
                                    "node_type": "S3Bucket",
                                    "condition_expression": {
                                        "specs": [{"fn": "EQ", "property": "name", "value": "{{ params.bucket }}"}]
                                    },
                                }
                            ]
                        }
                    }
                ]
            },
            "node_relationship_type": "EFFECTIVE_ACCESS",
            "result_value_type": "SOURCE_AND_DESTINATION_NODES",
        },
        cache_mode="immediate_run",
        params={"bucket": "acme-payroll-exports"},
        fail_on_empty=True,
        deferrable=True,
    )

    @task
    def names_and_permissions(rows: list[dict[str, Any]]) -> list[str]:
        return [f"{row['source']['properties']['name']}: {', '.join(row['abstract_permissions'])}" for row in rows]

    names_and_permissions(who_can_reach_the_bucket.output)


example_veza_access_to_bucket()
