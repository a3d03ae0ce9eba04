"""A task on a connection that a run names; by default on one that Airflow keeps in its database."""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.providers.common.compat.sdk import dag

from airflow_provider_veza.operators.query import VezaQueryOperator


@dag(schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC), catchup=False)
def stored_connection():
    VezaQueryOperator(
        task_id="ask",
        veza_conn_id="{{ dag_run.conf.get('conn_id', 'veza_stored') }}",
        query_spec={"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}},
        cache_mode="immediate_run",  # a result that is there already would end the task before it defers
        max_rows=100_000,
        xcom_max_rows=100_000,
        xcom_max_bytes=100_000_000,
        deferrable=True,
    )


tested = stored_connection()
