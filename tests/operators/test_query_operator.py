"""VezaQueryOperator: from the arguments to the rows, deferred and not."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import DAG, AirflowFailException, TaskDeferred

from airflow_provider_veza.exceptions import (
    ArgumentError,
    EmptyResultError,
    QueryFailedError,
    QuerySpecError,
    QueryUnreachableError,
    XComLimitError,
)
from airflow_provider_veza.operators.query import VezaQueryOperator
from support.served_tenant import AT_ONCE, PAYROLL_ACCESS, cancelled_ids, connect, creates
from support.task_run import TaskRun, fire, fire_late
from veza_emulator.http.server import RunningTenant
from veza_emulator.tenant.behaviours import Behaviour, Outcome
from veza_emulator.tenant.faults import Fault, FaultKind, FaultMatch
from veza_emulator.tenant.tenant import Tenant


def query(**arguments: Any) -> VezaQueryOperator:
    defaults = {"task_id": "ask", "query_spec": PAYROLL_ACCESS, "deferrable": True, "poll_interval": 0.05}
    return VezaQueryOperator(**{**defaults, **arguments})


def task(**arguments: Any) -> TaskRun:
    return TaskRun(lambda: query(**arguments))


def test_a_deferred_query_returns_the_rows_as_veza_sent_them(tenant: Tenant) -> None:
    run = task()
    deferral = run.execute()
    tenant.finish(run.xcom["veza_query"]["id"])
    rows = run.resume(deferral, fire(deferral.trigger))
    assert len(rows) == 12
    assert {row["destination"]["properties"]["name"] for row in rows} == {"acme-payroll-exports"}
    assert tenant.running() == []


NOBODY = {
    "source_node_types": {
        "nodes": [
            {
                "node_type": "OktaUser",
                "condition_expression": {"specs": [{"fn": "EQ", "property": "name", "value": "nobody of this name"}]},
            }
        ]
    }
}


@pytest.mark.parametrize(
    "arguments", [{}, {"output_path": "file://{folder}"}, {"result_kind": "result"}], ids=["XCom", "landed", "count"]
)
def test_an_answer_without_rows_draws_a_warning_that_lists_the_names_that_were_asked_for(
    tenant: Tenant, tmp_path: Path, arguments: dict[str, Any], caplog: pytest.LogCaptureFixture, capsys: Any
) -> None:
    tenant.set_behaviour(AT_ONCE)
    given = {name: value.format(folder=tmp_path) for name, value in arguments.items()}
    task(query_spec=NOBODY, **given).execute()
    assert "Asked for: node types 'OktaUser'; properties 'name'." in capsys.readouterr().out + caplog.text


def test_an_empty_result_that_is_an_error_draws_the_same_warning(
    tenant: Tenant, caplog: pytest.LogCaptureFixture, capsys: Any
) -> None:
    tenant.set_behaviour(AT_ONCE)
    with pytest.raises(EmptyResultError):
        task(query_spec=NOBODY, fail_on_empty=True).execute()
    assert "Asked for: node types 'OktaUser'; properties 'name'." in capsys.readouterr().out + caplog.text


def test_the_handle_and_the_link_are_in_xcom_before_the_task_defers(running: RunningTenant) -> None:
    run = task()
    assert isinstance(run.execute(), TaskDeferred)
    assert run.xcom["veza_query"]["tenant"] == running.url
    assert run.xcom["veza_url"] == running.url


def test_the_link_template_of_the_connection_names_tenant_and_query(
    running: RunningTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(monkeypatch, running, ui_url_template="{tenant}/app/queries/{query_id}")
    run = task()
    run.execute()
    assert run.xcom["veza_url"] == f"{running.url}/app/queries/{run.xcom['veza_query']['id']}"
    assert run.operator.query_url == run.xcom["veza_url"]


def test_a_query_that_is_done_at_the_first_look_is_not_deferred(tenant: Tenant) -> None:
    tenant.set_behaviour(AT_ONCE)
    assert len(task().execute()) == 12


def test_without_deferring_the_worker_waits(tenant: Tenant) -> None:
    tenant.set_behaviour(Behaviour(duration=timedelta(seconds=0.2)))
    assert len(task(deferrable=False).execute()) == 12


def test_a_wait_in_the_worker_survives_failing_looks(tenant: Tenant) -> None:
    tenant.set_behaviour(Behaviour(duration=timedelta(seconds=0.1)))
    tenant.faults.add(Fault(FaultKind.HTML, FaultMatch(path_suffix="async_get"), times=2))
    assert len(task(deferrable=False).execute()) == 12


def test_the_result_family_returns_a_number(tenant: Tenant) -> None:
    tenant.set_behaviour(AT_ONCE)
    spec = {**PAYROLL_ACCESS, "result_value_type": "SOURCE_NODES_WITH_COUNTS"}
    assert task(result_kind="result", query_spec=spec).execute() == {"count": 12}


def test_an_attached_cached_result_is_read_and_starts_no_query(tenant: Tenant) -> None:
    tenant.set_behaviour(AT_ONCE)
    first = task()
    first.execute()
    cache_id = first.xcom["veza_query"]["cache_id"]
    rows = task(query_spec=None, cache_mode="cached_result_context", cache_id=cache_id).execute()
    assert len(rows) == 12
    assert [entry.note.mode for entry in tenant.journal.entries() if "create" in entry.path] == [
        "cached_result_if_available",
        "cached_result_context",
    ]


def test_an_unknown_cache_id_fails_without_retries_and_leaves_nothing(tenant: Tenant) -> None:
    with pytest.raises(AirflowFailException, match="NotFoundError.*request_id"):
        task(query_spec=None, cache_mode="cached_result_context", cache_id="no-such-entry").execute()
    assert tenant.running() == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("users.yaml", "source_node_types:\n  nodes:\n    - node_type: OktaUser\n      node_id: {{ params.who }}\n"),
        ("users.json", '{"source_node_types": {"nodes": [{"node_type": "OktaUser", "node_id": "{{ params.who }}"}]}}'),
    ],
)
@pytest.mark.parametrize("mapped", [False, True])
def test_a_spec_may_be_a_yaml_or_json_file_which_is_a_template(
    tenant: Tenant, tmp_path: Path, name: str, text: str, mapped: bool
) -> None:
    tenant.set_behaviour(AT_ONCE)
    (tmp_path / name).write_text(text)

    def rendered() -> VezaQueryOperator:
        with DAG("files", schedule=None, template_searchpath=str(tmp_path)):
            operator = query(query_spec=name)
        if not mapped:
            operator.resolve_template_files()
        operator.render_template_fields({"params": {"who": "nobody"}})
        return operator

    assert TaskRun(rendered).execute() == []


def test_spec_files_are_templates() -> None:
    assert set(VezaQueryOperator.template_ext) == {".json", ".yaml", ".yml"}
    assert "query_spec" in VezaQueryOperator.template_fields


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (
            {"query_spec": {"source_node_types": {"nodes": [{"node_type": 7}]}}},
            r"source_node_types\.nodes\[0\]\.node_type",
        ),
        ({"query_spec": "not: [a spec"}, "it is a plain text.*YAML is read from"),
        ({"query_spec": "specs/missing.json5"}, "plain text"),
    ],
)
def test_a_wrong_query_fails_without_retries_and_sends_nothing(
    tenant: Tenant, arguments: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(AirflowFailException, match=complaint):
        task(**arguments).execute()
    assert tenant.journal.entries() == []


WRONG = [
    ({"query_spec": {}}, "There is no query"),
    ({"query_spec": 7}, "query_spec must be a mapping"),
    ({"query_spec": {"source_nodes": {}}}, "Query spec, at source_node_types: it is missing"),
    ({"query_spec": {"request": {"body": {}}}}, "Query spec, at request: this is a whole request"),
    ({"query_spec": {"data": {"source_node_types": {}}}}, "Query spec, at data: the query spec stands here"),
    ({"saved_query_id": "s1"}, "query_spec: not together with saved_query_id"),
    ({"cache_mode": "sometimes"}, "cache_mode must be one of"),
    ({"cache_mode": "immediate"}, "cache_mode must be one of"),
    ({"cache_id": "c1"}, "cache_id goes only with"),
    ({"result_kind": "nodez"}, "result_kind must be one of nodes, result, not 'nodez'"),
    ({"result_kind": "result", "cache_mode": "immediate_run"}, "documents no cache"),
    ({"max_staleness": "a day"}, "max_staleness must be"),
    ({"timeout": 0}, "timeout must be positive"),
    ({"timeout": "soon"}, "timeout must be a timedelta, seconds, or text"),
    ({"poll_interval": -1}, "poll_interval must not be negative"),
    ({"min_poll_interval": 40}, "min_poll_interval"),
    ({"on_previous_query": "hope"}, "on_previous_query must be one of"),
    ({"on_ambiguous_submit": "hope"}, "on_ambiguous_submit must be one of"),
    ({"max_rows": 0}, "max_rows must be at least 1"),
    ({"xcom_max_bytes": -5}, "xcom_max_bytes must be at least 1"),
    ({"fail_on_empty": "yes"}, "fail_on_empty must be True or False"),
    ({"output_format": "xml"}, "output_format must be one of"),
    ({"compression": "lz4"}, "compression must be one of"),
    ({"output_path": "/lake", "columns": "id, name"}, "columns must be a list of names"),
    ({"output_path": "/lake", "columns": ["id"]}, "columns= does not go with"),
]


@pytest.mark.parametrize(("arguments", "complaint"), WRONG)
def test_wrong_arguments_are_refused_when_the_dag_file_is_parsed(arguments: dict[str, Any], complaint: str) -> None:
    with pytest.raises((ArgumentError, QuerySpecError), match=rf"{complaint}.*\(task 'ask'\)$"):
        query(**arguments)


@pytest.mark.parametrize(("arguments", "complaint"), WRONG)
def test_wrong_values_that_came_later_fail_the_task_without_retries_and_send_nothing(
    tenant: Tenant, arguments: dict[str, Any], complaint: str
) -> None:
    run = task()
    parsed = run.make_operator

    def with_policy() -> VezaQueryOperator:
        operator: VezaQueryOperator = parsed()
        vars(operator).update(arguments)
        return operator

    run.make_operator = with_policy
    with pytest.raises(AirflowFailException, match=rf"{complaint}.*\(task 'ask'\)$"):
        run.execute()
    assert tenant.journal.entries() == []


def test_a_wrong_key_fails_at_once_without_retries(running: RunningTenant, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, running, key="wrong")
    with pytest.raises(AirflowFailException, match=r"UnauthorizedError.*request_id"):
        task().execute()
    assert [entry.status for entry in running.tenant.journal.entries()] == [401]


def test_a_key_without_rights_fails_at_once_without_retries(
    running: RunningTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(monkeypatch, running, key="no-query-rights")
    with pytest.raises(AirflowFailException, match="ForbiddenError"):
        task().execute()


def test_a_failed_query_is_reported_once_and_a_retry_submits_anew(tenant: Tenant) -> None:
    tenant.set_behaviour(Behaviour(duration=timedelta(0), pending=timedelta(0), outcome=Outcome.FAIL))
    run = task()
    with pytest.raises(QueryFailedError, match="A retry submits it anew"):
        run.execute()
    tenant.set_behaviour(AT_ONCE)
    assert len(run.execute()) == 12
    assert creates(tenant) == 2


@pytest.mark.parametrize(
    ("outcome", "arguments"),
    [
        (Outcome.FAIL, {}),
        (Outcome.SUCCEED, {"xcom_max_rows": 1}),
        (Outcome.SUCCEED, {"query_spec": NOBODY, "fail_on_empty": True}),
    ],
    ids=["failed", "too many rows", "empty"],
)
def test_a_query_that_has_ended_is_not_said_to_be_not_cancelled_though_no_retry_is_left(
    tenant: Tenant, outcome: Outcome, arguments: dict[str, Any], caplog: pytest.LogCaptureFixture, capsys: Any
) -> None:
    tenant.set_behaviour(Behaviour(duration=timedelta(0), pending=timedelta(0), outcome=outcome))
    with pytest.raises(Exception, match=r"The query failed|xcom_max_rows|no rows"):
        TaskRun(lambda: query(**arguments), retries=0).execute()
    assert "cancelled" not in capsys.readouterr().out + caplog.text


def test_an_empty_result_may_be_an_error_that_a_retry_asks_anew(tenant: Tenant) -> None:
    tenant.set_behaviour(AT_ONCE)
    spec = {"source_node_types": {"nodes": [{"node_type": "OktaUserr"}]}}
    run = task(query_spec=spec, fail_on_empty=True)
    for _ in range(2):
        with pytest.raises(EmptyResultError, match="check the names"):
            run.execute()
    assert creates(tenant) == 2


def test_too_many_rows_for_xcom_fail_with_advice_and_without_retries(tenant: Tenant) -> None:
    tenant.set_behaviour(AT_ONCE)
    with pytest.raises(AirflowFailException, match="xcom_max_rows=11.*Ask for less") as failure:
        task(xcom_max_rows=11).execute()
    assert isinstance(failure.value.__cause__, XComLimitError)
    assert tenant.running() == []


def test_a_repeated_page_token_is_an_error_and_no_row_is_delivered_twice(tenant: Tenant) -> None:
    tenant.set_behaviour(AT_ONCE)
    tenant.faults.add(Fault(FaultKind.REPEAT_PAGE_TOKEN, FaultMatch(path_suffix="async_get"), times=50))
    everybody = {"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}}
    with pytest.raises(Exception, match="repeats a page token"):
        task(query_spec=everybody).execute()


@pytest.mark.parametrize("event", [None, {}, {"outcome": "RUNNING"}, {"outcome": "SUCCEEDED"}, {"status": "success"}])
def test_an_event_without_a_known_outcome_is_never_a_success(tenant: Tenant, event: Any) -> None:
    run = task()
    deferral = run.execute()
    with pytest.raises(QueryUnreachableError, match="tells no outcome"):
        run.resume(deferral, event)


def test_a_passed_deadline_cancels_and_ends_the_retries(tenant: Tenant) -> None:
    run = task()
    deferral = run.execute()
    with pytest.raises(
        AirflowFailException, match=r"did not end in time.*It was cancelled\. No retry follows.*Raise timeout="
    ):
        run.resume(deferral, fire_late(deferral.trigger))
    assert tenant.running() == []


def test_after_a_deadline_a_retry_may_ask_anew_with_a_new_deadline(tenant: Tenant) -> None:
    run = task(retry_on_timeout=True)
    deferral = run.execute()
    with pytest.raises(Exception, match="A retry submits anew"):
        run.resume(deferral, fire_late(deferral.trigger))
    tenant.set_behaviour(AT_ONCE)
    assert len(run.execute()) == 12
    assert creates(tenant) == 2


@pytest.mark.parametrize(
    ("execution_timeout", "limit"),
    [(timedelta(minutes=5), "execution_timeout=0:05:00"), (timedelta(days=9), "timeout=")],
)
def test_a_passed_deadline_names_the_limit_that_was_reached(
    tenant: Tenant, execution_timeout: timedelta, limit: str
) -> None:
    run = task(execution_timeout=execution_timeout)
    deferral = run.execute()
    with pytest.raises(AirflowFailException, match=f"Raise {limit}"):
        run.resume(deferral, fire_late(deferral.trigger))


def test_a_passed_deadline_may_leave_the_query_running(tenant: Tenant) -> None:
    run = task(cancel_on_timeout=False)
    deferral = run.execute()
    with pytest.raises(AirflowFailException, match="left running"):
        run.resume(deferral, fire_late(deferral.trigger))
    assert len(tenant.running()) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "Returning 12 rows of query "),
        ({"result_kind": "result"}, "Returning a count of "),
        ({"output_path": "{folder}"}, "Landed 12 rows of query "),
    ],
    ids=["XCom", "count", "landed"],
)
def test_the_log_says_how_much_was_delivered(
    tenant: Tenant, tmp_path: Path, arguments: dict[str, str], said: str, caplog: pytest.LogCaptureFixture, capsys: Any
) -> None:
    tenant.set_behaviour(AT_ONCE)
    caplog.set_level(logging.INFO)
    given = {name: value.format(folder=tmp_path) for name, value in arguments.items()}

    task(**given, deferrable=False).execute()

    assert said in capsys.readouterr().out + caplog.text


def test_execution_timeout_counts_where_it_is_earlier(tenant: Tenant) -> None:
    run = task(execution_timeout=timedelta(minutes=5))
    deferral = run.execute()
    assert deferral.trigger.deadline.at == run.started_at + timedelta(minutes=5)
    assert fire_late(deferral.trigger)["outcome"] == "DEADLINE_PASSED"


def test_a_trigger_that_failed_leaves_no_query_behind(tenant: Tenant) -> None:
    run = task()
    deferral = run.execute()
    run._new_process()
    with pytest.raises(Exception, match="[Tt]rigger"):
        run.operator.resume_execution("__fail__", {"error": "Trigger timeout"}, run._new_process())
    assert cancelled_ids(tenant) == [run.xcom["veza_query"]["id"]]
    assert isinstance(deferral, TaskDeferred)


def test_the_operator_maps_over_specs() -> None:
    with DAG("mapped", schedule=None):
        mapped = VezaQueryOperator.partial(task_id="ask", deferrable=True).expand(query_spec=[PAYROLL_ACCESS, {}])
    assert mapped.task_id == "ask"


def test_default_args_reach_every_argument() -> None:
    with DAG("defaults", schedule=None, default_args={"veza_conn_id": "veza_eu", "timeout": timedelta(hours=1)}):
        operator = VezaQueryOperator(task_id="ask", query_spec=PAYROLL_ACCESS)
    assert (operator.veza_conn_id, operator.timeout) == ("veza_eu", timedelta(hours=1))


def test_without_an_xcom_its_bounds_do_not_count_but_max_rows_does(tenant: Tenant) -> None:
    tenant.set_behaviour(AT_ONCE)
    assert len(task(xcom_max_rows=1, xcom_max_bytes=1, do_xcom_push=False).execute()) == 12
    with pytest.raises(AirflowFailException, match="TooManyRowsError"):
        task(max_rows=1, do_xcom_push=False).execute()


@pytest.mark.parametrize("path", ["/lake/{{ run_id }}", Path("/lake/{{ run_id }}")])
def test_a_path_that_was_not_rendered_is_refused_before_anything_is_sent(tenant: Tenant, path: Any) -> None:
    with pytest.raises(AirflowFailException, match="was not rendered; of a mapped task, give it as text"):
        task(output_path=path).execute()
    assert tenant.journal.entries() == []
