"""Submit, wait, collect and clean up as separate tasks: several tasks use one query, and a teardown ends it if they fail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.providers.common.compat.sdk import dag

from airflow_provider_veza.operators.query import (
    VezaCancelQueryOperator,
    VezaGetQueryResultsOperator,
    VezaSubmitQueryOperator,
)
from airflow_provider_veza.sensors.query import VezaQuerySensor


@dag(
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    params={"department": "Finance"},
    tags=["veza", "example"],
)
def example_veza_submit_wait_collect() -> None:
    submit = VezaSubmitQueryOperator(
        task_id="submit", query_spec="query_specs/people_in_department.yaml", timeout=timedelta(hours=1)
    )
    wait = VezaQuerySensor(task_id="wait", handle=submit.output, deferrable=True)
    people = VezaGetQueryResultsOperator(task_id="people", handle=submit.output)
    cancel = VezaCancelQueryOperator(task_id="cancel", handle=submit.output)

    submit >> wait >> people >> cancel.as_teardown(setups=submit)


example_veza_submit_wait_collect()
