"""The DAGs of the drills: each holds one query and differs from the others in what it is told about time or ownership."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from airflow.providers.common.compat.sdk import DAG, BaseOperator

from airflow_provider_veza.operators.esql import EsqlQueryOperator
from airflow_provider_veza.operators.query import (
    VezaCancelQueryOperator,
    VezaGetQueryResultsOperator,
    VezaQueryOperator,
    VezaSubmitQueryOperator,
)
from airflow_provider_veza.sensors.query import VezaQuerySensor

DRILL_FOLDER = Path(os.environ.get("DRILL_FOLDER", "."))
"""Where tasks leave their process ids and stand still, and where the drills edit what this file reads."""

# Every table, under a condition that names the run: so the tenant's list of queries says whose each of them is.
SPEC = {
    "query_type": "SOURCE_TO_DESTINATION",
    "source_node_types": {
        "nodes": [
            {
                "node_type": "SnowflakeTable",
                "condition_expression": {
                    "operator": "AND",
                    "specs": [{"fn": "EQ", "property": "name", "value": "{{ run_id }}", "not": True}],
                },
            }
        ]
    },
    "result_value_type": "SOURCE_NODES_WITH_COUNTS",
}
SHORT_ATTEMPT = timedelta(seconds=20)
SHORT_QUERY = timedelta(seconds=8)
TENANT = "veza_drill"
ASK = {
    "task_id": "ask",
    "query_spec": SPEC,
    "poll_interval": 1.0,
    "hold_at": "{{ dag_run.conf.get('hold_at', '') }}",
    "veza_conn_id": f"{{{{ dag_run.conf.get('conn_id', '{TENANT}') }}}}",
}


ASK_IN_ESQL = {
    "task_id": "ask",
    "query": "FROM logs-* | WHERE labels.run == ?run | STATS events = COUNT(*) BY login",
    "parameters": {"run": "{{ run_id }}"},
    "poll_interval": 1.0,
    "hold_at": ASK["hold_at"],
    "elasticsearch_conn_id": "{{ dag_run.conf['conn_id'] }}",
}


class HoldPoint(StrEnum):
    """Where a first attempt can be made to stand still."""

    BEFORE_SUBMIT = "before_submit"
    BEFORE_RECORD = "before_record"
    AFTER_RECORD = "after_record"
    DURING_RESULTS = "during_results"


def stand_still(run_id: str, point: str) -> None:
    """Wait in front of a pipe until a drill opens its other end."""
    pipe = DRILL_FOLDER / f"{run_id}.{point}"
    os.mkfifo(pipe)
    pipe.read_bytes()


class HeldOperator(BaseOperator):
    """An operator as it is; it says which processes it runs in, and its first attempt stands still where it is told to.

    :param hold_at: a :class:`HoldPoint`, or empty.
    """

    def __init__(self, *, hold_at: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hold_at = hold_at
        self._run_id = ""
        self._is_first_attempt = True

    def pre_execute(self, context: Any) -> None:
        self._run_id, self._is_first_attempt = context["ti"].run_id, context["ti"].try_number == 1
        processes = {"task": os.getpid(), "supervisor": os.getppid()}
        (DRILL_FOLDER / f"{self._run_id}.{context['ti'].try_number}.json").write_text(json.dumps(processes))
        super().pre_execute(context)

    def submit(self, query: Any, **arguments: Any) -> Any:
        self._hold(HoldPoint.BEFORE_SUBMIT)
        handle = super().submit(query, **arguments)
        self._hold(HoldPoint.BEFORE_RECORD)
        return handle

    def announce(self, handle: Any, context: Any) -> None:
        self._hold(HoldPoint.AFTER_RECORD)
        super().announce(handle, context)

    def deliver(self, query: Any, context: Any) -> Any:
        next(query.pages())
        self._hold(HoldPoint.DURING_RESULTS)
        return super().deliver(query, context)

    def _hold(self, point: HoldPoint) -> None:
        if self._is_first_attempt and self.hold_at == point:
            stand_still(self._run_id, point)


class DrillQueryOperator(HeldOperator, VezaQueryOperator):
    """The operator of the drills at a Veza tenant."""

    template_fields = (*VezaQueryOperator.template_fields, "hold_at")


class DrillEsqlOperator(HeldOperator, EsqlQueryOperator):
    """The operator of the drills at Elasticsearch."""

    template_fields = (*EsqlQueryOperator.template_fields, "hold_at")


class ForgetfulQueryOperator(DrillQueryOperator):
    """A task on a deployment without ``[veza] record_path``."""

    def pre_execute(self, context: Any) -> None:
        os.environ.pop("AIRFLOW__VEZA__RECORD_PATH", None)
        super().pre_execute(context)


class HeldResultsOperator(VezaGetQueryResultsOperator):
    """A downstream reader that reads when it is told to."""

    def execute(self, context: Any) -> Any:
        stand_still(context["ti"].run_id, HoldPoint.DURING_RESULTS)
        return super().execute(context)


def drill_dag(name: str, *, retries: int = 1, **arguments: Any) -> DAG:
    """Return a DAG that runs when a drill triggers it, and whose tasks are retried at once."""
    return DAG(
        dag_id=f"drill_{name}",
        schedule=None,
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        default_args={"retries": retries, "retry_delay": timedelta(seconds=1)},
        tags=["drill"],
        **arguments,
    )


def one_query(name: str, dag_arguments: dict[str, Any] | None = None, **arguments: Any) -> DAG:
    """Return a DAG of one task that owns its query."""
    with drill_dag(name, **(dag_arguments or {})) as dag:
        DrillQueryOperator(**{**ASK, **arguments})
    return dag


def one_esql_query(name: str, **arguments: Any) -> DAG:
    """Return a DAG of one task that owns a query in ES|QL."""
    with drill_dag(name) as dag:
        DrillEsqlOperator(**{**ASK_IN_ESQL, **arguments})
    return dag


def with_edited_retries(name: str) -> DAG:
    """Return a DAG whose retries a drill edits: in a file, so that this one need not change."""
    edited = DRILL_FOLDER / f"drill_{name}"
    return one_query(name, {"retries": int(edited.read_text()) if edited.exists() else 1}, deferrable=True)


def two_queries_of_one_spec() -> DAG:
    """Return a DAG whose mapped instances ask the same."""
    unmapped = {name: value for name, value in ASK.items() if name != "query_spec"}
    with drill_dag("mapped") as dag:
        DrillQueryOperator.partial(**unmapped, deferrable=True).expand(query_spec=[SPEC, SPEC])
    return dag


def read_downstream() -> DAG:
    """Return a DAG in which a later task reads the rows of a query that another one owned."""
    with drill_dag("read_downstream") as dag:
        ask = DrillQueryOperator(**ASK, deferrable=True)
        handle = "{{ ti.xcom_pull(task_ids='ask', key='veza_query') | tojson }}"
        ask >> HeldResultsOperator(task_id="read", handle=handle, veza_conn_id=TENANT)
    return dag


def handed_over(name: str, **dag_arguments: Any) -> DAG:
    """Return a DAG whose run owns the query, and whose teardown ends it."""
    with drill_dag(name, **dag_arguments) as dag:
        submit = VezaSubmitQueryOperator(task_id="submit", query_spec=SPEC, veza_conn_id=TENANT)
        wait = VezaQuerySensor(
            task_id="wait", handle=submit.output, veza_conn_id=TENANT, deferrable=True, poke_interval=1
        )
        cancel = VezaCancelQueryOperator(task_id="cancel", handle=submit.output, veza_conn_id=TENANT)
        submit >> wait >> cancel.as_teardown(setups=submit)
    return dag


def forgetful() -> DAG:
    """Return a DAG whose task cannot remember its query below Airflow 3.3."""
    with drill_dag("forgetful") as dag:
        ForgetfulQueryOperator(**ASK, deferrable=False)
    return dag


SHORT_RUN = {"dagrun_timeout": SHORT_ATTEMPT}

DAGS = [
    one_query("deferred", deferrable=True),
    one_query("deferred_paused", deferrable=True),
    one_query("deferred_stays_paused", deferrable=True),
    one_query("deferred_short_run", SHORT_RUN, deferrable=True),
    one_query("deferred_short_attempt", deferrable=True, execution_timeout=SHORT_ATTEMPT),
    one_query("deferred_short_query", deferrable=True, timeout=SHORT_QUERY),
    one_query("deferred_short_query_retried", deferrable=True, timeout=SHORT_QUERY, retry_on_timeout=True),
    one_query("running", deferrable=False),
    one_query("running_short_run", SHORT_RUN, deferrable=False),
    one_query("running_short_attempt", deferrable=False, execution_timeout=SHORT_ATTEMPT),
    with_edited_retries("retries_raised"),
    with_edited_retries("retries_dropped"),
    two_queries_of_one_spec(),
    read_downstream(),
    handed_over("handed_over"),
    handed_over("handed_over_short_run", **SHORT_RUN),
    forgetful(),
    one_esql_query("esql_deferred", deferrable=True),
    one_esql_query("esql_running", deferrable=False),
]
globals().update({dag.dag_id: dag for dag in DAGS})
