"""The DAGs of the cluster's drills, once for each lane: the queue of one pair of hosts; how attempts stand still is elsewhere."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.providers.common.compat.sdk import DAG, task

# Airflow imports DAG files by their path: their folder is not a place to import from unless it is made one.
sys.path.append(str(Path(__file__).parent))

from held_operators import HeldEsqlOperator, HeldVezaOperator, hold_after_report

from airflow_provider_veza.operators.orphans import VezaCancelOrphanedQueriesOperator

LANES = os.environ.get("DRILL_LANES", "").split()
LANDED = f"{os.environ.get('DRILL_LANDED', '')}/{{{{ run_id }}}}"
START = datetime(2026, 1, 1, tzinfo=UTC)
# The condition names the run and the mapped instance: so the tenant's list of queries says whose each of them is.
SPEC = {
    "query_type": "SOURCE_TO_DESTINATION",
    "source_node_types": {
        "nodes": [
            {
                "node_type": "SnowflakeTable",
                "condition_expression": {
                    "operator": "AND",
                    "specs": [
                        {"fn": "EQ", "property": "name", "value": "{{ run_id }} {{ ti.map_index }}", "not": True}
                    ],
                },
            }
        ]
    },
    "result_value_type": "SOURCE_NODES_WITH_COUNTS",
}
HOLDS = "{{ dag_run.conf.get('hold_at', '') }}"
COMMON = {"task_id": "ask", "poll_interval": 1.0, "holds": HOLDS, "on_success_callback": hold_after_report}
ASK = {**COMMON, "query_spec": SPEC, "veza_conn_id": "{{ dag_run.conf['conn_id'] }}"}
ASK_IN_ESQL = {
    **COMMON,
    "query": "FROM logs-* | WHERE labels.run == ?run | STATS events = COUNT(*) BY login",
    "parameters": {"run": "{{ run_id }}"},
    "elasticsearch_conn_id": "{{ dag_run.conf['conn_id'] }}",
}
LANDING = {"output_path": LANDED, "part_bytes": 1, "deferrable": False}
LOCAL = {"executor": "LocalExecutor", "deferrable": False}


def lane_dag(lane: str, name: str, retries: int) -> DAG:
    """Return a DAG that runs when a drill triggers it, and whose tasks are retried at once."""
    defaults = {"retries": retries, "retry_delay": timedelta(seconds=1), "queue": lane}
    return DAG(
        f"drill_{name}_{lane}", schedule=None, start_date=START, catchup=False, default_args=defaults, tags=["drill"]
    )


def one_query(lane: str, name: str, *, retries: int = 1, **arguments: Any) -> DAG:
    """Return a DAG of one task that owns its query."""
    with lane_dag(lane, name, retries) as dag:
        HeldVezaOperator(**{**ASK, **arguments})
    return dag


def one_esql_query(lane: str, name: str, **arguments: Any) -> DAG:
    """Return a DAG of one task that owns a query in ES|QL."""
    with lane_dag(lane, name, 1) as dag:
        HeldEsqlOperator(**{**ASK_IN_ESQL, **arguments})
    return dag


def beside_another(lane: str, name: str) -> DAG:
    """Return a DAG in which another task, which has nothing to do with the query, can be cleared."""
    with lane_dag(lane, name, 1) as dag:
        HeldVezaOperator(**ASK, deferrable=False)
        nothing_to_ask()
    return dag


def beside_a_mapped_one(lane: str, name: str) -> DAG:
    """Return a DAG of two mapped instances, each with a query, and of another mapped task."""
    unmapped = {key: value for key, value in ASK.items() if key != "query_spec"}
    with lane_dag(lane, name, 1) as dag:
        HeldVezaOperator.partial(**unmapped, deferrable=False).expand(query_spec=[SPEC, SPEC])
        nothing_to_ask_of.expand(number=[1, 2])
    return dag


@task(task_id="other")
def nothing_to_ask() -> None:
    """End at once."""


@task(task_id="other")
def nothing_to_ask_of(number: int) -> int:
    """End at once."""
    return number


def dags_of(lane: str) -> list[DAG]:
    """Return all DAGs of a lane."""
    return [
        one_query(lane, "deferred", deferrable=True),
        one_query(lane, "running", deferrable=False),
        one_query(lane, "running_last", retries=0, deferrable=False),
        one_query(lane, "deferred_last", retries=0, deferrable=True),
        one_query(lane, "landing", **LANDING),
        one_query(lane, "local", **LOCAL),
        one_query(lane, "local_last", retries=0, **LOCAL),
        beside_another(lane, "beside"),
        beside_a_mapped_one(lane, "beside_mapped"),
        one_esql_query(lane, "esql_running", deferrable=False),
        one_esql_query(lane, "esql_landing", **LANDING),
    ]


def sweep(lane: str) -> DAG:
    """Return the DAG that sweeps once, without patience."""
    with lane_dag(lane, "sweep", 0) as dag:
        VezaCancelOrphanedQueriesOperator(task_id="sweep", grace=timedelta(0))
    return dag


DAGS = [dag for lane in LANES for dag in [*dags_of(lane), sweep(lane)]]
globals().update({dag.dag_id: dag for dag in DAGS})
