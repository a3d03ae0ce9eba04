"""EsqlQueryOperator: from the arguments to the rows, deferred and not, with nothing left in the cluster."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import DAG, AirflowFailException, TaskDeferred

from airflow_provider_veza.async_query.standing import Answer
from airflow_provider_veza.exceptions import (
    ArgumentError,
    EmptyResultError,
    PartialResultError,
    QueryFailedError,
    RefusedError,
)
from airflow_provider_veza.operators.assets import landed_asset
from airflow_provider_veza.operators.drift import VezaAccessDriftOperator
from airflow_provider_veza.operators.esql import EsqlQueryOperator
from airflow_provider_veza.results.reading import read_manifest
from esql_double.server import Double
from support.declared_assets import declare
from support.served_cluster import ACTIVITY_ROWS, answer_at_once, answer_partially, fail
from support.task_run import TaskRun, fire, fire_late
from support.told_airflow import ToldAirflow

QUERY = "FROM logs-aws.s3access-* | STATS requests = COUNT(*) BY login"


def query(**arguments: Any) -> EsqlQueryOperator:
    return EsqlQueryOperator(
        **{"task_id": "ask", "query": QUERY, "deferrable": True, "poll_interval": 0.05, **arguments}
    )


def task(**arguments: Any) -> TaskRun:
    return TaskRun(lambda: query(**arguments))


def handle_id(run: TaskRun) -> str:
    return str(run.xcom["veza_query"]["id"])


def test_a_deferred_query_returns_rows_by_column_and_leaves_nothing_in_the_cluster(cluster: Double) -> None:
    run = task()
    deferral = run.execute()
    cluster.end(handle_id(run))
    assert run.resume(deferral, fire(deferral.trigger)) == ACTIVITY_ROWS
    assert (cluster.running, cluster.stored) == ([], [])


def test_a_query_that_ends_inside_the_submit_is_not_deferred_for(cluster: Double) -> None:
    answer_at_once(cluster)
    assert task().execute() == ACTIVITY_ROWS
    assert cluster.stored == []


def test_without_deferring_the_worker_waits(cluster: Double) -> None:
    answer_at_once(cluster, duration=0.3)
    assert task(deferrable=False).execute() == ACTIVITY_ROWS
    assert cluster.stored == []


def test_the_result_is_kept_in_the_cluster_if_asked_for(cluster: Double) -> None:
    answer_at_once(cluster)
    run = task(keep_results=True)
    run.execute()
    assert cluster.stored == [handle_id(run)]


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [
        ({"parameters": ["acme", 7]}, {"params": ["acme", 7]}),
        ({"parameters": {"bucket": "acme", "days": 7}}, {"params": [{"bucket": "acme"}, {"days": 7}]}),
        ({"filter": {"term": {"event.outcome": "success"}}}, {"filter": {"term": {"event.outcome": "success"}}}),
        ({"locale": "de-DE", "time_zone": "Europe/Berlin"}, {"locale": "de-DE", "time_zone": "Europe/Berlin"}),
        ({"columnar": True}, {"columnar": True}),
    ],
    ids=lambda value: "-".join(value),
)
def test_every_argument_reaches_the_cluster(cluster: Double, arguments: dict[str, Any], sent: dict[str, Any]) -> None:
    cluster.configure(version="9.4.0")
    answer_at_once(cluster)
    assert task(**arguments).execute() == ACTIVITY_ROWS
    [body] = cluster.submits
    assert {name: body[name] for name in sent} == sent


def test_data_arguments_and_query_files_are_templates() -> None:
    assert EsqlQueryOperator.template_ext == (".esql",)
    assert {"query", "parameters", "filter", "output_path"} <= set(EsqlQueryOperator.template_fields)


def test_a_failed_query_is_reported_once_with_its_reason_and_a_retry_asks_anew(cluster: Double) -> None:
    run = task()
    deferral = run.execute()
    fail(cluster, handle_id(run))
    with pytest.raises(QueryFailedError, match=r"verification_exception.*Unknown column \[logn\].*submits it anew"):
        run.resume(deferral, fire(deferral.trigger))
    assert cluster.stored == []
    answer_at_once(cluster)
    assert run.execute() == ACTIVITY_ROWS
    assert len(cluster.submits) == 2


@pytest.mark.parametrize(
    ("status", "kind"), [(429, "circuit_breaking_exception"), (503, "no_shard_available_action_exception")]
)
def test_a_submit_that_elasticsearch_refuses_leaves_no_doubt_to_the_retry(
    cluster: Double, status: int, kind: str
) -> None:
    cluster.refuse_next(status, kind, "[request] Data too large")
    run = task(on_ambiguous_submit="fail")
    with pytest.raises(RefusedError, match="Data too large.*A retry submits anew"):
        run.execute()
    answer_at_once(cluster)
    assert run.execute() == ACTIVITY_ROWS


def test_a_query_that_elasticsearch_does_not_understand_fails_without_retries(cluster: Double) -> None:
    cluster.refuse_next(400, "parsing_exception", "mismatched input 'FORM'")
    with pytest.raises(AirflowFailException, match="BadRequestError.*mismatched input 'FORM'"):
        task().execute()


def test_a_partial_result_fails_and_a_retry_asks_anew(cluster: Double) -> None:
    answer_partially(cluster)
    run = task()
    with pytest.raises(
        PartialResultError, match="node_disconnected_exception.*allow_partial_results=True takes the rows"
    ):
        run.execute()
    assert cluster.stored == []
    answer_at_once(cluster)
    assert run.execute() == ACTIVITY_ROWS


def test_nothing_of_a_partial_result_is_landed(cluster: Double, tmp_path: Path) -> None:
    answer_partially(cluster)
    with pytest.raises(PartialResultError):
        task(output_path=str(tmp_path / "lake")).execute()
    assert [path.name for path in (tmp_path / "lake").iterdir()] == []


def test_a_partial_result_is_delivered_where_it_is_allowed(cluster: Double) -> None:
    answer_partially(cluster)
    assert task(allow_partial_results=True).execute() == ACTIVITY_ROWS


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_a_landed_result_is_deleted_in_the_cluster(cluster: Double, tmp_path: Path, form: str) -> None:
    answer_at_once(cluster)
    summary = task(output_path=str(tmp_path / "lake"), output_format=form).execute()
    assert [row["login"] for row in read_manifest(summary["manifest"])] == [row["login"] for row in ACTIVITY_ROWS]
    assert cluster.stored == []


def test_a_landed_table_has_the_types_that_elasticsearch_names(cluster: Double, tmp_path: Path) -> None:
    answer_at_once(cluster)
    summary = task(output_path=str(tmp_path / "lake"), output_format="parquet").execute()
    table = read_manifest(summary["manifest"]).to_arrow()
    assert [str(table.schema.field(name).type) for name in ("requests", "login")] == ["int64", "string"]
    assert str(table.schema.field("last_used").type).startswith("timestamp")


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_an_empty_table_has_the_columns_that_elasticsearch_names(cluster: Double, tmp_path: Path, form: str) -> None:
    answer_at_once(cluster, values=[])
    summary = task(output_path=str(tmp_path / "lake"), output_format=form).execute()
    table = read_manifest(summary["manifest"]).to_arrow()
    assert (table.num_rows, table.column_names) == (0, ["requests", "last_used", "login"])
    assert [str(table.schema.field(name).type) for name in ("requests", "login")] == ["int64", "string"]


def test_two_landed_results_can_be_compared(cluster: Double, tmp_path: Path) -> None:
    answer_at_once(cluster)
    task(output_path=f"{tmp_path}/activity/1").execute()
    answer_at_once(cluster, values=[[1, "2026-11-22T07:00:00.000Z", "eve@acme.example"]])
    current = task(output_path=f"{tmp_path}/activity/2").execute()
    drift = TaskRun(
        lambda: VezaAccessDriftOperator(
            task_id="drift", current=current, key=["login"], output_path=f"{tmp_path}/drift"
        )
    ).execute()
    assert (drift["added"], drift["removed"], drift["changed"]) == (1, 2, 0)


def test_a_landed_asset_is_announced_with_the_manifest(
    cluster: Double, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_at_once(cluster)
    declare(monkeypatch, landed_asset(f"{tmp_path}/lake"))
    run = task(output_path=f"{tmp_path}/lake")
    run.execute()
    [asset] = run.operator.outlets
    assert run.outlet_events[asset].extra["rows"] == len(ACTIVITY_ROWS)


def test_a_kill_leaves_no_query_and_no_stored_result(cluster: Double, told_airflow: ToldAirflow) -> None:
    run = task()
    run.execute()
    told_airflow.answer = Answer("failed")
    run.operator.on_kill()
    assert (cluster.running, cluster.stored) == ([], [])


def test_a_kill_of_a_task_whose_query_has_ended_deletes_the_stored_result(
    cluster: Double, told_airflow: ToldAirflow
) -> None:
    run = task()
    run.execute()
    told_airflow.answer = Answer("failed")
    cluster.end(handle_id(run))
    run.operator.on_kill()
    assert cluster.stored == []


def test_a_landing_whose_delivery_airflow_never_heard_of_is_complete_though_its_source_is_released(
    cluster: Double, tmp_path: Path
) -> None:
    answer_at_once(cluster)
    run = task(output_path=f"{tmp_path}/lake")
    run.loses_success = True
    landed = run.execute()
    run.loses_success = False
    assert run.execute() == landed
    assert (len(cluster.queries), cluster.stored) == (1, [])


def test_rows_for_xcom_that_airflow_never_accepted_are_asked_anew_once_their_source_is_released_and_the_log_says_so(
    cluster: Double, logged: Callable[[], str]
) -> None:
    answer_at_once(cluster)
    run = task()
    run.loses_success = True
    rows = run.execute()
    run.loses_success = False
    assert run.execute() == rows
    assert len(cluster.queries) == 2
    assert "the second of the two cases in which a task asks twice" in logged()


def test_a_result_that_was_cut_at_the_row_limit_is_said_aloud(cluster: Double, logged: Callable[[], str]) -> None:
    answer_at_once(cluster, warnings=["No limit defined, adding default limit of [2]"])
    task().execute()
    assert "which is where Elasticsearch cuts a query without LIMIT: rows may be missing" in logged()


def test_a_passed_deadline_leaves_no_query_and_ends_the_retries(cluster: Double) -> None:
    run = task()
    deferral = run.execute()
    assert isinstance(deferral, TaskDeferred)
    with pytest.raises(AirflowFailException, match="did not end in time.*No retry follows"):
        run.resume(deferral, fire_late(deferral.trigger))
    assert (cluster.running, cluster.stored) == ([], [])


def test_a_retry_after_a_crash_adopts_the_query(cluster: Double) -> None:
    run = task()
    run.execute()
    first = handle_id(run)
    deferral = run.execute()
    assert (handle_id(run), len(cluster.submits)) == (first, 1)
    cluster.end(first)
    assert run.resume(deferral, fire(deferral.trigger)) == ACTIVITY_ROWS


def test_a_cleared_task_deletes_its_query_and_asks_anew(cluster: Double) -> None:
    run = task()
    run.execute()
    first = handle_id(run)
    run.clear()
    run.execute()
    assert cluster.running == [handle_id(run)] != [first]


def test_a_retry_with_other_parameters_replaces_the_query(cluster: Double) -> None:
    days = iter([7, 90])
    run = TaskRun(lambda: query(parameters={"days": next(days)}))
    run.execute()
    run.execute()
    assert (len(cluster.submits), cluster.running) == (2, [handle_id(run)])


def test_an_empty_result_may_be_an_error(cluster: Double) -> None:
    answer_at_once(cluster, values=[])
    assert task().execute() == []
    with pytest.raises(EmptyResultError, match="check the names"):
        task(fail_on_empty=True).execute()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"query": ""}, "query"),
        ({"query": {"FROM": "logs"}}, "query"),
        ({"parameters": "acme"}, "parameters"),
        ({"include_ccs_metadata": True, "include_execution_metadata": True}, "do not go together"),
        ({"timeout": 0}, "timeout"),
        ({"filter": "event.outcome: success"}, "filter"),
    ],
    ids=str,
)
def test_a_wrong_query_is_refused_when_the_dag_file_is_parsed(arguments: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ArgumentError, match=rf"{complaint}.*\(task 'ask'\)$"):
        query(**arguments)


def test_without_the_client_the_extra_is_named_while_the_dag_is_parsed(
    cluster: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "elasticsearch", None)
    with pytest.raises(ArgumentError, match=r"airflow-provider-veza\[elasticsearch\]"):
        task().execute()


def test_where_only_the_worker_is_without_the_client_the_extra_is_named_and_no_retry_follows(
    cluster: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed_elsewhere = query()
    monkeypatch.setitem(__import__("sys").modules, "elasticsearch", None)
    with pytest.raises(AirflowFailException, match=r"airflow-provider-veza\[elasticsearch\]"):
        TaskRun(lambda: parsed_elsewhere).execute()


def test_the_credentials_are_nowhere_but_in_the_requests(cluster: Double, logged: Callable[[], str]) -> None:
    run = task()
    deferral = run.execute()
    told = json.dumps([run.xcom, deferral.trigger.serialize(), run.state_store.values], default=str) + logged()
    assert cluster.api_key not in told


def test_the_operator_maps_over_queries() -> None:
    with DAG("mapped", schedule=None):
        mapped = EsqlQueryOperator.partial(task_id="ask", deferrable=True).expand(query=[QUERY, QUERY])
    assert mapped.task_id == "ask"


def test_default_args_reach_every_argument() -> None:
    defaults = {"elasticsearch_conn_id": "logs", "keep_results": True, "allow_partial_results": True}
    with DAG("defaults", schedule=None, default_args=defaults):
        operator = query()
    assert (operator.elasticsearch_conn_id, operator.keep_results, operator.allow_partial_results) == (
        "logs",
        True,
        True,
    )
