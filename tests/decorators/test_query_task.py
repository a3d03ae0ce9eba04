"""``@task.veza_query``: the function says what to ask, the operator does the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import DAG, AirflowFailException, task

from airflow_provider_veza.decorators.query_task import veza_query_task
from airflow_provider_veza.exceptions import ArgumentError
from airflow_provider_veza.operators.query import VezaQueryOperator
from support.served_tenant import AT_ONCE, PAYROLL_ACCESS, creates
from support.task_run import TaskRun, fire
from veza_emulator.tenant.tenant import Tenant


def decorated(function: Callable[..., Any], *given: Any, **arguments: Any) -> TaskRun:
    """Return the task of a function, made anew for each process, as a DAG file makes it."""

    def make() -> Any:
        with DAG("decorated", schedule=None):
            return veza_query_task(task_id="ask", **arguments)(function)(*given).operator

    return TaskRun(make)


def payroll() -> dict[str, Any]:
    return PAYROLL_ACCESS


def test_airflow_knows_the_decorator_by_its_name() -> None:
    with DAG("named", schedule=None):
        made = task.veza_query(payroll)().operator

    assert isinstance(made, VezaQueryOperator)
    assert made.task_id == "payroll"


def test_the_rows_of_the_returned_spec_come_after_a_deferral_and_the_function_is_called_once(tenant: Tenant) -> None:
    called = []

    def access_to(bucket: str) -> dict[str, Any]:
        called.append(bucket)
        return PAYROLL_ACCESS

    run = decorated(access_to, "payroll", deferrable=True)
    deferral = run.execute()
    tenant.finish(run.xcom["veza_query"]["id"])
    rows = run.resume(deferral, fire(deferral.trigger))

    assert (len(rows), called) == (12, ["payroll"])


def test_what_looks_like_a_template_in_the_returned_spec_is_sent_as_it_is(tenant: Tenant) -> None:
    tenant.set_behaviour(AT_ONCE)
    condition = {"specs": [{"fn": "EQ", "property": "name", "value": "{{ ds }}"}]}
    spec = {"source_node_types": {"nodes": [{"node_type": "OktaUser", "condition_expression": condition}]}}

    assert decorated(lambda: spec).execute() == []
    assert "{{ ds }}" in str(tenant.executions()[0])


@pytest.mark.parametrize("returned", [None, 7, ["OktaUser"]], ids=str)
def test_what_is_no_spec_is_refused_before_anything_is_sent_and_without_retries(tenant: Tenant, returned: Any) -> None:
    with pytest.raises(
        AirflowFailException, match=f"The function returned {type(returned).__name__} instead of a query"
    ):
        decorated(lambda: returned).execute()
    assert creates(tenant) == 0


def test_an_error_of_the_function_is_the_users_and_may_be_retried(tenant: Tenant) -> None:
    def broken() -> dict[str, Any]:
        raise ConnectionError("the catalogue does not answer")

    with pytest.raises(ConnectionError, match="the catalogue"):
        decorated(broken).execute()
    assert creates(tenant) == 0


@pytest.mark.parametrize("argument", ["query_spec", "saved_query_id"])
def test_what_the_function_says_cannot_be_given_as_well(argument: str) -> None:
    with pytest.raises(ArgumentError, match=f"takes no {argument}: its function returns the query spec"):
        decorated(payroll, **{argument: "x"}).make_operator()


MISTAKES = {
    "a misspelt name": ({"result_kynd": "nodes"}, "@task.veza_query takes no result_kynd: check the spelling."),
    "a value that there is not": ({"output_format": "xml"}, "output_format must be one of jsonl, csv, parquet"),
    "a time that is none": ({"timeout": "soon"}, "timeout must be a timedelta"),
    "a bound that is too small": ({"max_rows": 0}, "max_rows must be at least 1"),
    "what to ask": ({"saved_query_id": "77"}, "@task.veza_query takes no saved_query_id: its function returns"),
}


@pytest.mark.parametrize("use", [lambda made: made(bucket="a"), lambda made: made.expand(bucket=["a", "b"])])
@pytest.mark.parametrize(("arguments", "told"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_its_arguments_is_told_while_the_dag_is_parsed_also_where_it_is_mapped(
    arguments: dict[str, Any], told: str, use: Callable[[Any], Any]
) -> None:
    def access_to(bucket: str) -> dict[str, Any]:
        return {**PAYROLL_ACCESS, "bucket": bucket}

    with DAG("mistaken", schedule=None), pytest.raises(ArgumentError, match=r"\(task 'access_to'\)$") as refusal:
        use(task.veza_query(**arguments)(access_to))
    assert str(refusal.value).startswith(told)


def mapped_over_buckets(made: Any) -> Any:
    return made.expand(bucket=["payroll", "audit"])


@pytest.mark.parametrize("use", [lambda made: made("payroll"), mapped_over_buckets], ids=["called", "mapped"])
def test_airflows_own_arguments_and_templates_pass(use: Callable[[Any], Any]) -> None:
    with DAG("decorated", schedule=None):
        decorator = veza_query_task(
            task_id="ask", retries=2, pool="veza", on_failure_fail_dagrun=False, output_format="{{ params.format }}"
        )
        assert use(decorator(lambda bucket: PAYROLL_ACCESS)).operator.task_id == "ask"


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("name", ["report.json", "users.yaml", "a.yml"])
def test_what_the_function_is_given_is_no_file_whatever_its_name(name: str, native: bool) -> None:
    with DAG("decorated", schedule=None, render_template_as_native_obj=native):
        made = veza_query_task(task_id="ask")(lambda *buckets, bucket: PAYROLL_ACCESS)(name, bucket=name).operator
    made.resolve_template_files()
    made.render_template_fields({"params": {}})

    assert (tuple(made.op_args), made.op_kwargs) == ((name,), {"bucket": name})
