"""The DAGs of the drills without a triggerer: what leaves queries behind, and the sweep."""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.providers.common.compat.sdk import DAG

from airflow_provider_veza.operators.orphans import VezaCancelOrphanedQueriesOperator
from airflow_provider_veza.operators.query import VezaQueryOperator, VezaSubmitQueryOperator

SPEC = {"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}}


def drill_dag(name: str) -> DAG:
    """Return a DAG that runs only when a drill triggers it."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return DAG(dag_id=f"drill_orphans_{name}", schedule=None, start_date=start, catchup=False, tags=["drill"])


with drill_dag("task") as of_task:
    VezaQueryOperator(task_id="ask", query_spec=SPEC, deferrable=True)

with drill_dag("running") as of_running_task:
    VezaQueryOperator(task_id="ask", query_spec=SPEC, deferrable=False, poll_interval=1.0)

with drill_dag("paused") as of_paused_dag:
    VezaQueryOperator(task_id="ask", query_spec=SPEC, deferrable=True)

with drill_dag("run") as of_run:
    submit = VezaSubmitQueryOperator(task_id="ask", query_spec=SPEC)
    VezaQueryOperator(task_id="then", query_spec=SPEC, deferrable=True).set_upstream(submit)

with drill_dag("submit") as of_submit_task:
    VezaSubmitQueryOperator(task_id="ask", query_spec=SPEC)

with drill_dag("sweep") as sweep:
    VezaCancelOrphanedQueriesOperator(task_id="sweep", grace=0)
