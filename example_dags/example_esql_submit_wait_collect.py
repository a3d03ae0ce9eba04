"""One ES|QL query, read by two tasks: submitted, waited for and deleted by tasks of their own. Needs the extra elasticsearch."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from airflow.providers.common.compat.sdk import dag

from airflow_provider_veza.operators.esql import (
    EsqlDeleteQueryOperator,
    EsqlGetQueryResultsOperator,
    EsqlSubmitQueryOperator,
)
from airflow_provider_veza.sensors.esql import EsqlQuerySensor

# In your Airflow: "s3://aws_default@your-lake"
LAKE = Path(os.environ.get("AIRFLOW_HOME", "~/airflow")).expanduser().as_uri() + "/lake"


@dag(
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    params={"bucket": "acme-payroll-exports", "days": 7},
    tags=["esql", "example"],
)
def example_esql_submit_wait_collect() -> None:
    submit = EsqlSubmitQueryOperator(
        task_id="submit",
        query="esql/bucket_activity.esql",
        parameters={"bucket": "{{ params.bucket }}"},
        timeout=timedelta(hours=1),
    )
    wait = EsqlQuerySensor(task_id="wait", handle=submit.output, deferrable=True)
    rows = EsqlGetQueryResultsOperator(task_id="rows", handle=submit.output)
    land = EsqlGetQueryResultsOperator(
        task_id="land", handle=submit.output, output_path=f"{LAKE}/activity/{{{{ run_id }}}}", output_format="csv"
    )
    delete = EsqlDeleteQueryOperator(task_id="delete", handle=submit.output)

    submit >> wait >> [rows, land] >> delete.as_teardown(setups=submit)


example_esql_submit_wait_collect()
