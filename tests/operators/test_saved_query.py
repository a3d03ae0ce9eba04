"""saved_query_id on the operators that submit: from the arguments to the rows, over kills and crashes."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from airflow.providers.common.compat.sdk import DAG, AirflowFailException

from airflow_provider_veza.async_query.standing import Answer
from airflow_provider_veza.exceptions import ArgumentError
from airflow_provider_veza.operators.query import VezaQueryOperator, VezaSubmitQueryOperator
from support.served_tenant import AT_ONCE, PAYROLL_ACCESS, cancelled_ids, creates
from support.task_run import TaskRun, fire
from support.told_airflow import ToldAirflow
from veza_emulator.http.server import RunningTenant


@pytest.fixture
def saved_query_id(running: RunningTenant) -> str:
    """Save the query for the payroll bucket and return its id."""
    url = f"{running.url}/api/v1/assessments/queries"
    key = {"Authorization": f"Bearer {running.api_key}"}
    requests.post(url, json={"name": "Payroll", **PAYROLL_ACCESS}, headers=key, timeout=30).raise_for_status()
    return str(requests.get(url, headers=key, timeout=30).json()["values"][0]["id"])


def task(operator: type[Any] = VezaQueryOperator, **arguments: Any) -> TaskRun:
    defaults = {"deferrable": True, "poll_interval": 0.05} if operator is VezaQueryOperator else {}
    return TaskRun(lambda: operator(task_id="ask", **{**defaults, **arguments}))


def test_a_deferred_run_of_a_saved_query_returns_the_rows_of_its_spec(
    running: RunningTenant, saved_query_id: str
) -> None:
    run = task(saved_query_id=saved_query_id)
    deferral = run.execute()
    running.tenant.finish(run.xcom["veza_query"]["id"])

    rows = run.resume(deferral, fire(deferral.trigger))

    assert len(rows) == 12
    assert {row["destination"]["properties"]["name"] for row in rows} == {"acme-payroll-exports"}


def test_a_submitted_run_of_a_saved_query_leaves_its_handle(running: RunningTenant, saved_query_id: str) -> None:
    handle = task(VezaSubmitQueryOperator, saved_query_id=saved_query_id).execute()

    assert (handle["service"], handle["id"]) == ("veza_nodes", running.tenant.executions()[0].id)


def test_a_killed_task_cancels_the_run_of_its_saved_query(
    running: RunningTenant, told_airflow: ToldAirflow, saved_query_id: str
) -> None:
    run = task(saved_query_id=saved_query_id)
    run.execute()
    told_airflow.answer = Answer("failed")

    run.operator.on_kill()

    assert cancelled_ids(running.tenant) == [run.xcom["veza_query"]["id"]]


def test_a_retry_adopts_the_run_of_the_same_saved_query(running: RunningTenant, saved_query_id: str) -> None:
    run = task(saved_query_id=saved_query_id)
    run.execute()
    first = run.xcom["veza_query"]["id"]

    run.execute()

    assert run.xcom["veza_query"]["id"] == first
    assert creates(running.tenant) == 1


def test_a_retry_does_not_adopt_a_query_that_asked_a_spec(running: RunningTenant, saved_query_id: str) -> None:
    """The DAG was edited in between: another query, though with the same rows."""
    run = task(query_spec=PAYROLL_ACCESS)
    run.execute()
    first = run.xcom["veza_query"]["id"]
    run.make_operator = task(saved_query_id=saved_query_id).make_operator

    run.execute()

    assert run.xcom["veza_query"]["id"] != first
    assert cancelled_ids(running.tenant) == [first]


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"query_spec": PAYROLL_ACCESS, "saved_query_id": "s1"},
        {"saved_query_id": ""},
        {"saved_query_id": "s1", "result_kind": "result"},
        {"saved_query_id": "s1", "cache_mode": "cached_result_context", "cache_id": "c1"},
        {"saved_query_id": "s1", "max_staleness": 60},
    ],
    ids=["neither", "both", "empty", "as a result", "attached to a cached result", "with a staleness"],
)
def test_exactly_one_query_is_given_and_only_what_is_documented_for_it(arguments: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError):
        VezaQueryOperator(task_id="ask", **arguments)


def test_a_saved_query_that_is_not_there_fails_without_retries(running: RunningTenant) -> None:
    with pytest.raises(AirflowFailException, match="NotFound"):
        task(saved_query_id="8a4c1d3e-5d3f-4c1b-9d5f-3f1f0a7c2b11").execute()


def test_the_id_is_rendered(running: RunningTenant, saved_query_id: str) -> None:
    running.tenant.set_behaviour(AT_ONCE)
    with DAG("access"):
        operator = VezaQueryOperator(task_id="ask", saved_query_id="{{ params.saved }}", deferrable=True)
    operator.render_template_fields({"params": {"saved": saved_query_id}})

    assert operator.saved_query_id == saved_query_id
    assert len(TaskRun(lambda: operator).execute()) == 12


NOBODY_OF_THIS_NAME = {"specs": [{"fn": "EQ", "property": "name", "value": "nobody of this name"}]}
NOBODY = {"source_node_types": {"nodes": [{"node_type": "OktaUser", "condition_expression": NOBODY_OF_THIS_NAME}]}}


def test_a_saved_query_without_rows_draws_a_warning_that_lists_what_its_definition_asks_for(
    running: RunningTenant, caplog: pytest.LogCaptureFixture, capsys: Any
) -> None:
    running.tenant.set_behaviour(AT_ONCE)
    url, key = f"{running.url}/api/v1/assessments/queries", {"Authorization": f"Bearer {running.api_key}"}
    requests.post(url, json={"name": "Nobody", **NOBODY}, headers=key, timeout=30).raise_for_status()
    saved = str(requests.get(url, headers=key, timeout=30).json()["values"][0]["id"])

    assert task(saved_query_id=saved).execute() == []

    told = f"Asked for: node types 'OktaUser'; properties 'name'. It is the saved query '{saved}'."
    assert told in capsys.readouterr().out + caplog.text
