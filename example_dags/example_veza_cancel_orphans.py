"""Maintenance: cancel the queries that nobody waits for any more. One DAG for the whole Airflow; needs [veza] record_path."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.providers.common.compat.sdk import dag

from airflow_provider_veza.operators.orphans import VezaCancelOrphanedQueriesOperator


@dag(
    schedule=None,  # in your Airflow: "*/10 * * * *"
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags=["veza", "example"],
)
def example_veza_cancel_orphans() -> None:
    VezaCancelOrphanedQueriesOperator(
        task_id="cancel_orphans", retries=2, execution_timeout=timedelta(minutes=10), max_cancels=100
    )


example_veza_cancel_orphans()
