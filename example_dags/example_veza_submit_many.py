"""One query for each department as separate mapped tasks; one teardown ends whatever of them still runs when the run is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.common.compat.sdk import dag

from airflow_provider_veza.operators.query import (
    VezaCancelQueryOperator,
    VezaGetQueryResultsOperator,
    VezaSubmitQueryOperator,
)
from airflow_provider_veza.sensors.query import VezaQuerySensor


def people_in(department: str) -> dict[str, Any]:
    """Return a query spec."""
    condition = {"specs": [{"fn": "EQ", "property": "department", "value": department}]}
    return {"source_node_types": {"nodes": [{"node_type": "OktaUser", "condition_expression": condition}]}}


@dag(schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC), catchup=False, tags=["veza", "example"])
def example_veza_submit_many() -> None:
    submit = VezaSubmitQueryOperator.partial(task_id="submit", timeout=timedelta(hours=1)).expand(
        query_spec=[people_in("Finance"), people_in("Engineering")]
    )
    wait = VezaQuerySensor.partial(task_id="wait", deferrable=True).expand(handle=submit.output)
    people = VezaGetQueryResultsOperator.partial(task_id="people").expand(handle=submit.output)
    cancel = VezaCancelQueryOperator(task_id="cancel", handle=submit.output)

    submit >> wait >> people >> cancel.as_teardown(setups=submit)


example_veza_submit_many()
