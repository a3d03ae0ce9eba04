"""The likeliest mistakes of users, each made for real; docs/mistakes.md shows where each is told, and its first words.

A row is a mistake, in the words of who makes it, and what makes it: it is called with a place to write to, and returns a task, or
raises where the mistake is told while the DAG is parsed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.providers.common.compat.sdk import DAG

from airflow_provider_veza.decorators.query_task import veza_query_task
from airflow_provider_veza.operators.drift import VezaAccessDriftOperator
from airflow_provider_veza.operators.esql import EsqlQueryOperator
from airflow_provider_veza.operators.query import VezaGetQueryResultsOperator, VezaQueryOperator
from airflow_provider_veza.operators.saved_queries import VezaListSavedQueriesOperator
from airflow_provider_veza.sensors.query import VezaQuerySensor
from support.served_tenant import PAYROLL_ACCESS

USERS = {"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}}
NOBODY = {
    "source_node_types": {
        "nodes": [
            {
                "node_type": "OktaUser",
                "condition_expression": {"specs": [{"fn": "EQ", "property": "name", "value": "Nobody"}]},
            }
        ]
    }
}
HANDLE = {
    "v": 1,
    "service": "veza_nodes",
    "id": "q1",
    "conn_id": "veza_default",
    "submitted_at": "2026-01-01T00:00:00+00:00",
    "deadline": "2026-01-02T00:00:00+00:00",
    "fingerprint": "f",
}
PARSED, STARTED, RAN = "parse", "start", "run"


@dataclass(frozen=True)
class Mistake:
    """One mistake.

    :param told: when: while the DAG is parsed, when the task starts and nothing is sent yet, or when the query has run.
    :param make: returns the task, given a folder.
    :param connection: what of the connection is other than right.
    :param missing: a library that is not installed.
    :param outcome: how the query ends.
    """

    what: str
    told: str
    make: Callable[[Path], Any]
    connection: Mapping[str, Any] = field(default_factory=dict)
    missing: str = ""
    outcome: str = "succeed"


def query(**arguments: Any) -> Callable[[Path], Any]:
    return lambda _folder: VezaQueryOperator(**{"task_id": "ask", "query_spec": USERS, **arguments})


def landing(**arguments: Any) -> Callable[[Path], Any]:
    def make(folder: Path) -> Any:
        given = {"task_id": "land", "query_spec": PAYROLL_ACCESS, "output_path": str(folder), **arguments}
        return VezaQueryOperator(**given)

    return make


def drift(**arguments: Any) -> Callable[[Path], Any]:
    def make(folder: Path) -> Any:
        given = {"task_id": "drift", "current": f"{folder}/now", "output_path": f"{folder}/drift", **arguments}
        return VezaAccessDriftOperator(**given)

    return make


def decorated(returned: Any, **arguments: Any) -> Callable[[Path], Any]:
    def make(_folder: Path) -> Any:
        with DAG("mistaken", schedule=None):
            return veza_query_task(task_id="ask", **arguments)(lambda: returned)().operator

    return make


def mapped(**arguments: Any) -> Callable[[Path], Any]:
    def make(_folder: Path) -> Any:
        with DAG("mistaken", schedule=None):
            return veza_query_task(task_id="ask", **arguments)(lambda bucket: USERS).expand(bucket=["a", "b"])

    return make


def into_a_folder_of_somebody_else(folder: Path) -> Any:
    (folder / "_manifest.json").write_text(json.dumps({"made": "by another program"}))
    return landing()(folder)


MISTAKES = (
    # Arguments
    Mistake("An argument is misspelt", PARSED, query(query_sepc={})),
    Mistake("No query is given", PARSED, query(query_spec=None)),
    Mistake("A mapping that is no spec", PARSED, query(query_spec={"source_nodes": {"node_type": "OktaUser"}})),
    Mistake("Both a spec and a saved query", PARSED, query(saved_query_id="77")),
    Mistake("An unknown `cache_mode`", PARSED, query(cache_mode="immediate")),
    Mistake("`cached_result_context` without its `cache_id`", PARSED, query(cache_mode="cached_result_context")),
    Mistake(
        "A cache mode with `result_kind='result'`", PARSED, query(result_kind="result", cache_mode="immediate_run")
    ),
    Mistake("An unknown `output_format`", PARSED, landing(output_format="xml")),
    Mistake("An unknown `compression`", PARSED, landing(compression="lz4")),
    Mistake("`columns` of rows that are landed as they are", PARSED, landing(columns=["id"])),
    Mistake("A column twice", PARSED, landing(output_format="csv", columns=["id", "id"])),
    Mistake("`timeout=0`", PARSED, query(timeout=0)),
    Mistake("A negative `poll_interval`", PARSED, query(poll_interval=-5)),
    Mistake("The shortest interval above the longest", PARSED, query(min_poll_interval=60, max_poll_interval=5)),
    Mistake("`max_rows=0`", PARSED, query(max_rows=0)),
    Mistake("A relative `output_path`", PARSED, landing(output_path="lake/access")),
    Mistake("A misspelt kind of drift", PARSED, drift(fail_on={"new"})),
    Mistake("A percentage for `max_removed_fraction`", PARSED, drift(max_removed_fraction=20)),
    Mistake("An empty ES|QL query", PARSED, lambda _: EsqlQueryOperator(task_id="ask", query=" ")),
    Mistake(
        "One folder for all saved queries",
        PARSED,
        lambda folder: VezaListSavedQueriesOperator(task_id="list", output_path_pattern=str(folder)),
    ),
    Mistake("`@task.veza_query` with a spec as an argument", PARSED, decorated(USERS, query_spec=USERS)),
    Mistake(
        "Many handles for one sensor",
        PARSED,
        lambda _: VezaQuerySensor(task_id="wait", handle=[{**HANDLE, "tenant": "https://your.vezacloud.com"}] * 2),
    ),
    Mistake("A misspelt argument of a mapped `@task.veza_query`", PARSED, mapped(query_sepc=USERS)),
    Mistake(
        "A query's id where its handle is meant",
        PARSED,
        lambda _: VezaGetQueryResultsOperator(task_id="get", handle="q1"),
    ),
    Mistake("Nothing that was landed for `current`", PARSED, drift(current="")),
    # Packages
    Mistake("Parquet without pyarrow", PARSED, landing(output_format="parquet"), missing="pyarrow"),
    Mistake("zstd without zstandard", PARSED, landing(compression="zstd"), missing="zstandard"),
    Mistake("Drift without DuckDB", PARSED, drift(), missing="duckdb"),
    Mistake(
        "ES|QL without the client",
        PARSED,
        lambda _: EsqlQueryOperator(task_id="ask", query="FROM logs"),
        missing="elasticsearch",
    ),
    # Connections
    Mistake("The connection does not exist", STARTED, query(veza_conn_id="veza_prod")),
    Mistake("A connection without host", STARTED, query(), {"host": ""}),
    Mistake("A connection without key", STARTED, query(), {"password": ""}),
    Mistake("A host with a path", STARTED, query(), {"host": "https://acme.vezacloud.com/api/v1"}),
    Mistake("A key inside the host", STARTED, query(), {"host": "https://me:key@acme.vezacloud.com"}),
    Mistake("`http://` to another machine", STARTED, query(), {"host": "http://acme.vezacloud.com"}),
    Mistake("`https://` to a server without TLS", STARTED, query(), {"host": "https://{address}"}),
    Mistake("A port on which nobody listens", STARTED, query(), {"host": "http://127.0.0.1:9"}),
    Mistake("The host of an example", STARTED, query(), {"host": "https://your-tenant.vezacloud.com"}),
    Mistake("`Bearer` before the key", STARTED, query(), {"password": "Bearer k1"}),
    Mistake("A key that nothing has filled in", STARTED, query(), {"password": "${VEZA_API_KEY}"}),
    Mistake("The key in the login", STARTED, query(), {"login": "k1", "password": ""}),
    Mistake("A key with a space in it", STARTED, query(), {"password": "k1 personal"}),
    Mistake("A wrong key", STARTED, query(), {"password": "wrong-key"}),
    Mistake("A word where an extra is a number", STARTED, query(), {"extra": {"read_timeout": "soon"}}),
    Mistake(
        "OAuth2 without its token URL",
        STARTED,
        query(),
        {"login": "client", "extra": {"auth": "oauth2_client_credentials"}},
    ),
    # What to ask, and where to put it
    Mistake("A spec of a wrong shape", STARTED, query(query_spec={"source_node_types": ["OktaUser"]})),
    Mistake("A text that is no spec", STARTED, query(query_spec="all users")),
    Mistake("The function returns nothing", STARTED, decorated(None)),
    Mistake("A storage that is not installed", STARTED, landing(output_path="hdfs://lake/access")),
    Mistake(
        "A connection of the storage that does not exist", STARTED, landing(output_path="s3://nowhere@lake/access")
    ),
    Mistake("A folder with a manifest of another program", STARTED, into_a_folder_of_somebody_else),
    Mistake(
        "A handle of another tenant",
        STARTED,
        lambda _: VezaGetQueryResultsOperator(
            task_id="get", handle={**HANDLE, "tenant": "https://other.vezacloud.com"}
        ),
    ),
    Mistake("Drift before anything was landed", STARTED, drift()),
    # Results
    Mistake("More rows than XCom is for", RAN, query(query_spec=PAYROLL_ACCESS, xcom_max_rows=5)),
    Mistake("More rows than `max_rows`", RAN, landing(max_rows=5)),
    Mistake("Nothing is found, and `fail_on_empty`", RAN, query(query_spec=NOBODY, fail_on_empty=True)),
    Mistake("The query fails in Veza", RAN, query(), outcome="fail"),
    Mistake("The query takes longer than `timeout`", RAN, query(timeout=timedelta(seconds=1)), outcome="hang"),
    Mistake(
        "The query takes longer than `execution_timeout`",
        RAN,
        query(execution_timeout=timedelta(seconds=1)),
        outcome="hang",
    ),
)
