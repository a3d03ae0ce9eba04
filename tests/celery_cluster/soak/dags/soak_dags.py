"""The load of the soak: one DAG of each kind of task; every attempt leaves a trace of its steps, which only the soak reads."""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.providers.common.compat.sdk import DAG, BaseOperator

from airflow_provider_veza.operators.esql import EsqlQueryOperator
from airflow_provider_veza.operators.orphans import VezaCancelOrphanedQueriesOperator
from airflow_provider_veza.operators.query import (
    VezaCancelQueryOperator,
    VezaGetQueryResultsOperator,
    VezaQueryOperator,
    VezaSubmitQueryOperator,
)
from airflow_provider_veza.sensors.query import VezaQuerySensor

FOLDER = Path(os.environ.get("DRILL_FOLDER", "."))
HOST = os.environ.get("REAL_AIRFLOW_HOST", "")
QUEUE = os.environ.get("DRILL_LANES", "default")
START = datetime(2026, 1, 1, tzinfo=UTC)
MANY_RETRIES = 12
KEY = "{{ run_id }} {{ ti.task_id }} {{ ti.map_index }}"
SPEC = {
    "query_type": "SOURCE_TO_DESTINATION",
    "source_node_types": {
        "nodes": [
            {
                "node_type": "SnowflakeTable",
                "condition_expression": {
                    "operator": "AND",
                    "specs": [{"fn": "EQ", "property": "name", "value": KEY, "not": True}],
                },
            }
        ]
    },
    "result_value_type": "SOURCE_NODES_WITH_COUNTS",
}
TENANT, CLUSTER = "veza_drill", "esql_drill"
IN_VEZA = {"query_spec": SPEC, "veza_conn_id": TENANT, "poll_interval": 1.0}
IN_ESQL = {
    "query": "FROM logs-* | WHERE labels.run == ?run | STATS events = COUNT(*) BY login",
    "parameters": {"run": KEY},
    "elasticsearch_conn_id": CLUSTER,
    "poll_interval": 1.0,
}
LANDED = f"{os.environ.get('DRILL_LANDED', '')}/{{{{ run_id }}}}/{{{{ ti.task_id }}}}"
TO_FILES = {"output_path": LANDED, "part_bytes": 2_000}


class Traced(BaseOperator):
    """An operator as it is, whose attempts leave a trace."""

    _trace: Path | None = None

    def pre_execute(self, context: Any) -> None:
        ti = context["ti"]
        map_index = -1 if ti.map_index is None else ti.map_index
        self._trace = FOLDER / f"{ti.run_id}.{ti.task_id}.{map_index}.{ti.try_number}.jsonl"
        self._note("began")
        super().pre_execute(context)

    def on_kill(self) -> None:
        self._note("killed")
        super().on_kill()

    def submit(self, query: Any, **arguments: Any) -> Any:
        self._note("submitting")
        handle = super().submit(query, **arguments)
        self._note("submitted")
        return handle

    def announce(self, handle: Any, context: Any) -> None:
        self._note("recorded")
        super().announce(handle, context)

    def collect(self, handle: Any, context: Any) -> Any:
        result = super().collect(handle, context)
        self._note("delivered")
        return result

    def release(self, handle: Any, context: Any) -> None:
        self._note("releasing")
        super().release(handle, context)

    def _note(self, step: str) -> None:
        if self._trace is not None:
            line = json.dumps(
                {"at": time.time(), "step": step, "host": HOST, "task": os.getpid(), "supervisor": os.getppid()}
            )
            with self._trace.open("a") as file:
                file.write(f"{line}\n")


class Query(Traced, VezaQueryOperator):
    """Owns a query at the tenant."""


class Submit(Traced, VezaSubmitQueryOperator):
    """Submits a query, which the run then owns."""


class EsqlQuery(Traced, EsqlQueryOperator):
    """Owns a query at the cluster."""


def soak_dag(name: str, retries: int = MANY_RETRIES) -> DAG:
    """Return a DAG whose tasks are retried at once."""
    defaults = {"retries": retries, "retry_delay": timedelta(seconds=1), "queue": QUEUE}
    return DAG(f"soak_{name}", schedule=None, start_date=START, catchup=False, default_args=defaults, tags=["soak"])


with soak_dag("owned") as owned:
    Query(task_id="deferred", deferrable=True, **IN_VEZA)
    Query(task_id="running", deferrable=False, **IN_VEZA)
    Query(task_id="landing", deferrable=False, **IN_VEZA, **TO_FILES)
    Query(task_id="landing_deferred", deferrable=True, **IN_VEZA, **TO_FILES)
    EsqlQuery(task_id="esql", deferrable=False, **IN_ESQL)
    EsqlQuery(task_id="esql_landing", deferrable=True, **IN_ESQL, **TO_FILES)

with soak_dag("mapped") as mapped:
    unmapped = {name: value for name, value in IN_VEZA.items() if name != "query_spec"}
    Query.partial(task_id="mapped", deferrable=True, **unmapped).expand(query_spec=[SPEC, SPEC, SPEC])

with soak_dag("handed_over") as handed_over:
    submit = Submit(task_id="submit", query_spec=SPEC, veza_conn_id=TENANT)
    wait = VezaQuerySensor(task_id="wait", handle=submit.output, veza_conn_id=TENANT, deferrable=True, poke_interval=1)
    read = VezaGetQueryResultsOperator(task_id="read", handle=submit.output, veza_conn_id=TENANT)
    cancel = VezaCancelQueryOperator(task_id="cancel", handle=submit.output, veza_conn_id=TENANT)
    submit >> wait >> read >> cancel.as_teardown(setups=submit)

with soak_dag("last", retries=0) as last:
    Query(task_id="last_running", deferrable=False, **IN_VEZA)
    Query(task_id="last_deferred", deferrable=True, **IN_VEZA)

with soak_dag("sweep") as sweep:
    VezaCancelOrphanedQueriesOperator(task_id="sweep", grace=timedelta(0))
