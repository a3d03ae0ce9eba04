"""Ask who can reach each bucket that another task names: the function returns the query spec, the rest is Airflow's."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

from airflow.providers.common.compat.sdk import dag, task

from airflow_provider_veza.operators.summary import summary


def tell(context: Any) -> None:
    """Log what a notifier would send."""
    logging.getLogger(__name__).info("%s", json.dumps(summary(context)))


@dag(schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC), catchup=False, tags=["veza", "example"])
def example_veza_decorated_query() -> None:
    @task
    def bucket_to_ask_for() -> str:
        return "acme-payroll-exports"

    @task.veza_query(deferrable=True, cache_mode="immediate_run", on_success_callback=tell, on_failure_callback=tell)
    def who_can_reach(bucket: str) -> dict[str, Any]:
        named = {"specs": [{"fn": "EQ", "property": "name", "value": bucket}]}
        return {
            "query_type": "SOURCE_TO_DESTINATION",
            "source_node_types": {"nodes": [{"node_type": "OktaUser"}]},
            "relates_to_exp": {
                "specs": [{"node_types": {"nodes": [{"node_type": "S3Bucket", "condition_expression": named}]}}]
            },
            "result_value_type": "SOURCE_AND_DESTINATION_NODES",
        }

    who_can_reach(bucket_to_ask_for())


example_veza_decorated_query()
