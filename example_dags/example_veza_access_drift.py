"""Who is new since last night? Lands who can reach the payroll bucket, compares, and fails where somebody was added."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from airflow.providers.common.compat.sdk import dag, task

from airflow_provider_veza.operators.drift import VezaAccessDriftOperator
from airflow_provider_veza.operators.query import VezaQueryOperator
from airflow_provider_veza.results.reading import read_manifest

# In your Airflow: "s3://aws_default@your-lake"
LAKE = Path(os.environ.get("AIRFLOW_HOME", "~/airflow")).expanduser().as_uri() + "/lake"


@dag(
    schedule=None,  # in your Airflow: "@daily"
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags=["veza", "example"],
)
def example_veza_access_drift() -> None:
    land = VezaQueryOperator(
        task_id="land",
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
                                        "specs": [{"fn": "EQ", "property": "name", "value": "acme-payroll-exports"}]
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
        output_path=f"{LAKE}/payroll_access/{{{{ run_id }}}}",  # one folder for each run: the baseline is found beside it
        fail_on_empty=True,
        deferrable=True,
    )

    drift = VezaAccessDriftOperator(
        task_id="drift",
        current=land.output,
        output_path=f"{LAKE}/payroll_access_drift/{{{{ run_id }}}}",
        fail_on={"added"},
        max_removed_fraction=0.5,
    )

    @task
    def who_is_new(ti: Any = None) -> list[str]:
        found = ti.xcom_pull(task_ids="drift", key="veza_drift")
        if not found:
            return []
        return [row["source"]["properties"]["name"] for row in read_manifest(found["manifests"]["added"])]

    # A teardown runs though the task before it failed, and leaves the run failed.
    drift >> who_is_new().as_teardown()


example_veza_access_drift()
