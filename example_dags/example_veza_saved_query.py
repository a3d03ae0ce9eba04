"""Run a query that is saved in Veza, found by its name; whoever edits it there changes what this DAG asks."""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.providers.common.compat.sdk import dag, task

from airflow_provider_veza.operators.query import VezaQueryOperator

NAME = "airflow example: roles that nobody should forget"
DEFINITION = {
    "name": NAME,
    "query_type": "SOURCE_TO_DESTINATION",
    "source_node_types": {"nodes": [{"node_type": "AwsIamRole"}]},
    "result_value_type": "SOURCE_NODES_WITH_COUNTS",
}


@dag(schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC), catchup=False, tags=["veza", "example"])
def example_veza_saved_query() -> None:
    @task
    def find_or_save() -> str:
        """Return the id of the saved query; a tenant that does not have it gets it."""
        from airflow_provider_veza.hooks.veza import VezaHook

        hook = VezaHook()
        if not any(hook.saved_queries(NAME)):
            hook.get_conn().post(f"{hook.tenant}/api/v1/assessments/queries", json=DEFINITION).raise_for_status()
        return str(next(hook.saved_queries(NAME))["id"])

    VezaQueryOperator(task_id="run_it", saved_query_id=find_or_save(), deferrable=True)


example_veza_saved_query()
