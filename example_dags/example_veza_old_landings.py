"""Each night a landing of its own, and only the last of them are kept: the newest always finds the one to compare it with."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from airflow.providers.common.compat.sdk import dag, task

from airflow_provider_veza.operators.drift import VezaAccessDriftOperator
from airflow_provider_veza.operators.query import VezaQueryOperator
from airflow_provider_veza.results.keeping import remove_older_landings

# In your Airflow: "s3://aws_default@your-lake"
LAKE = Path(os.environ.get("AIRFLOW_HOME", "~/airflow")).expanduser().as_uri() + "/lake"


@dag(
    schedule=None,  # in your Airflow: "@daily"
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags=["veza", "example"],
)
def example_veza_old_landings() -> None:
    land = VezaQueryOperator(
        task_id="land",
        query_spec={"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}},
        output_path=f"{LAKE}/okta_users/{{{{ run_id }}}}",
        deferrable=True,
    )

    drift = VezaAccessDriftOperator(
        task_id="drift",
        current=land.output,
        output_path=f"{LAKE}/okta_users_drift/{{{{ run_id }}}}",
    )

    @task
    def tidy() -> list[str]:
        return remove_older_landings(f"{LAKE}/okta_users", keep_last=30)

    drift >> tidy()


example_veza_old_landings()
