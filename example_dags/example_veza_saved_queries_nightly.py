"""Land every saved query of a compliance set each night, each in a folder of its own, a few at a time.

The pool bounds how many run at once: create it with `airflow pools set veza 4 "Queries to Veza" --include-deferred`, so that
deferred tasks count too. Here it is Airflow's own, so that the example runs as it is.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from airflow.providers.common.compat.sdk import dag, task

from airflow_provider_veza.operators.query import VezaQueryOperator
from airflow_provider_veza.operators.saved_queries import VezaListSavedQueriesOperator

# In your Airflow: "s3://aws_default@your-lake"
LAKE = Path(os.environ.get("AIRFLOW_HOME", "~/airflow")).expanduser().as_uri() + "/lake"
POOL = os.environ.get("EXAMPLE_VEZA_POOL", "default_pool")
NAMES = ("airflow nightly: users of Okta", "airflow nightly: roles of AWS")
NODE_TYPES = ("OktaUser", "AwsIamRole")


@dag(schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC), catchup=False, tags=["veza", "example"])
def example_veza_saved_queries_nightly() -> None:
    @task
    def save_what_is_missing() -> None:
        """Make the set, so that the example runs on any tenant; in production it is kept in Veza."""
        from airflow_provider_veza.hooks.veza import VezaHook

        hook = VezaHook()
        for name, node_type in zip(NAMES, NODE_TYPES, strict=True):
            if not any(hook.saved_queries(name)):
                definition = {"name": name, "source_node_types": {"nodes": [{"node_type": node_type}]}}
                hook.get_conn().post(f"{hook.tenant}/api/v1/assessments/queries", json=definition).raise_for_status()

    listed = VezaListSavedQueriesOperator(
        task_id="list_the_set",
        name_pattern="airflow nightly: *",
        output_path_pattern=f"{LAKE}/{{name}}/{{{{ run_id }}}}",
    )
    save_what_is_missing() >> listed
    VezaQueryOperator.partial(
        task_id="land",
        cache_mode="immediate_run",
        map_index_template="{{ task.saved_query_id }}",
        pool=POOL,
        deferrable=True,
        retries=2,
    ).expand_kwargs(listed.output)


example_veza_saved_queries_nightly()
