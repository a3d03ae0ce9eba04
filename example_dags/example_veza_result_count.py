"""How many people can reach any bucket? The result family answers with a number, once its task is COMPLETE."""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.providers.common.compat.sdk import dag

from airflow_provider_veza.operators.query import VezaQueryOperator


@dag(schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC), catchup=False, tags=["veza", "example"])
def example_veza_result_count() -> None:
    VezaQueryOperator(
        task_id="people_who_reach_a_bucket",
        result_kind="result",
        query_spec={
            "query_type": "SOURCE_TO_DESTINATION",
            "source_node_types": {"nodes": [{"node_type": "OktaUser"}]},
            "relates_to_exp": {"specs": [{"node_types": {"nodes": [{"node_type": "S3Bucket"}]}}]},
            "result_value_type": "SOURCE_NODES_WITH_COUNTS",
        },
        deferrable=True,
    )


example_veza_result_count()
