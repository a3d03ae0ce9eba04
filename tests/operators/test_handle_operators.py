"""The operators on a handle of somebody else: results and cancel."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import DAG, AirflowFailException, task_group

from airflow_provider_veza.exceptions import (
    ArgumentError,
    EmptyResultError,
    QueryFailedError,
    QueryGoneError,
    QueryUnreachableError,
)
from airflow_provider_veza.operators.esql import EsqlGetQueryResultsOperator
from airflow_provider_veza.operators.query import (
    VezaCancelQueryOperator,
    VezaGetQueryResultsOperator,
    VezaSubmitQueryOperator,
)
from airflow_provider_veza.sensors.esql import EsqlQuerySensor
from airflow_provider_veza.sensors.query import VezaQuerySensor
from operators.public_classes import HANDLE
from support.served_tenant import AT_ONCE, PAYROLL_ACCESS, cancelled_ids, connect
from support.task_run import TaskRun
from veza_emulator.http.server import RunningTenant, running_tenant
from veza_emulator.tenant.behaviours import Behaviour, Outcome
from veza_emulator.tenant.tenant import Tenant


class Lazy(Sequence[Any]):
    """What Airflow gives for the output of a mapped task: a sequence that is no list, and asks for each item."""

    def __init__(self, items: list[Any]) -> None:
        self._items = items

    def __getitem__(self, index: Any) -> Any:
        return self._items[index]

    def __len__(self) -> int:
        return len(self._items)


def submitted(**arguments: Any) -> dict[str, Any]:
    query = {"query_spec": PAYROLL_ACCESS, **arguments}
    handle = TaskRun(lambda: VezaSubmitQueryOperator(task_id="submit", **query)).execute()
    return dict(handle)


def results(handle: Any, **arguments: Any) -> Any:
    return TaskRun(lambda: VezaGetQueryResultsOperator(task_id="rows", handle=handle, **arguments)).execute()


def cancel(handle: Any) -> Any:
    return TaskRun(lambda: VezaCancelQueryOperator(task_id="cancel", handle=handle)).execute()


@pytest.mark.parametrize("form", [dict, json.dumps, str])
def test_rows_are_read_by_a_handle_given_as_mapping_or_as_text(tenant: Tenant, form: Any) -> None:
    tenant.set_behaviour(AT_ONCE)
    assert len(results(form(submitted()))) == 12


def test_a_running_query_has_no_rows_to_read_and_is_left_running(tenant: Tenant) -> None:
    handle = submitted()
    with pytest.raises(QueryUnreachableError, match="Put a sensor before this"):
        results(handle)
    assert len(tenant.running()) == 1


def test_a_failed_query_has_no_rows_to_read(tenant: Tenant) -> None:
    tenant.set_behaviour(Behaviour(duration=timedelta(0), pending=timedelta(0), outcome=Outcome.FAIL))
    with pytest.raises(QueryFailedError, match="Clear the task that submitted it"):
        results(submitted())


def test_a_cancelled_query_is_gone(tenant: Tenant) -> None:
    handle = submitted()
    tenant.cancel_nodes(handle["id"])
    with pytest.raises(QueryGoneError):
        results({**handle, "submitted_at": "2026-01-01T00:00:00+00:00"})


def test_an_empty_result_may_be_an_error(tenant: Tenant) -> None:
    tenant.set_behaviour(AT_ONCE)
    handle = submitted(query_spec={"source_node_types": {"nodes": [{"node_type": "NoSuchType"}]}})
    assert results(handle) == []
    with pytest.raises(EmptyResultError):
        results(handle, fail_on_empty=True)


@pytest.mark.parametrize("handle", ["not json", {"id": "q"}, "7", "[1]"])
def test_something_else_than_a_handle_is_refused_without_a_request(tenant: Tenant, handle: Any) -> None:
    def make() -> VezaGetQueryResultsOperator:
        made = VezaGetQueryResultsOperator(task_id="rows", handle="{{ as.rendered }}")
        made.handle = handle
        return made

    with pytest.raises(AirflowFailException, match=r"Not a query handle.*\(task 'rows'\)$"):
        TaskRun(make).execute()
    assert tenant.journal.entries() == []


def test_a_handle_of_another_tenant_is_neither_polled_nor_cancelled(
    running: RunningTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = submitted()
    with running_tenant() as other:
        connect(monkeypatch, other)
        for use in (results, cancel):
            with pytest.raises(AirflowFailException, match="Use a connection to the tenant that runs it"):
                use(handle)
        assert other.tenant.journal.entries() == []
    assert len(running.tenant.running()) == 1


def test_cancel_ends_a_running_query(tenant: Tenant) -> None:
    handle = submitted()
    assert cancel(handle) == {"cancelled": True, "phase": "RUNNING", "reason": ""}
    assert tenant.running() == []


def test_cancel_of_a_finished_query_is_a_success_that_cancels_nothing(tenant: Tenant) -> None:
    tenant.set_behaviour(AT_ONCE)
    said = cancel(submitted())
    assert (said["cancelled"], said["phase"]) == (False, "SUCCEEDED")
    assert cancelled_ids(tenant) == []


def test_cancel_of_a_gone_query_is_a_success(tenant: Tenant) -> None:
    handle = submitted()
    tenant.cancel_nodes(handle["id"])
    assert cancel(handle)["phase"] == "GONE"


def test_cancel_says_truthfully_that_an_async_task_cannot_be_cancelled(tenant: Tenant) -> None:
    said = cancel(submitted(result_kind="result"))
    assert said["cancelled"] is False
    assert "documents no cancel" in said["reason"]
    assert len(tenant.running()) == 1


@pytest.mark.parametrize("form", [list, json.dumps, str, Lazy], ids=["list", "JSON", "text", "lazy"])
def test_one_teardown_cancels_every_query_of_a_mapped_submit(tenant: Tenant, form: Any) -> None:
    handles = [submitted(), submitted(), submitted()]
    tenant.finish(handles[1]["id"])
    said = cancel(form([handles[0], None, *handles[1:]]))
    assert [(one["cancelled"], one["phase"]) for one in said] == [
        (True, "RUNNING"),
        (False, "SUCCEEDED"),
        (True, "RUNNING"),
    ]
    assert tenant.running() == []


def test_a_cancel_that_fails_keeps_none_of_the_others(tenant: Tenant) -> None:
    foreign = {**submitted(), "tenant": "https://other.example"}
    with pytest.raises(
        AirflowFailException, match="1 of 3 queries could not be cancelled.*The next attempt looks at all of them again"
    ):
        cancel([submitted(), foreign, submitted()])
    assert [query.id for query in tenant.running()] == [foreign["id"]]


def test_a_mapped_submit_of_nothing_leaves_nothing_to_cancel(tenant: Tenant) -> None:
    assert cancel([]) == []
    assert tenant.journal.entries() == []


@pytest.mark.parametrize("use", [VezaGetQueryResultsOperator, VezaQuerySensor])
def test_the_output_of_a_mapped_task_fits_a_cancel_and_must_be_mapped_over_elsewhere(use: Any) -> None:
    with DAG("mapped", schedule=None):
        many = VezaSubmitQueryOperator.partial(task_id="submit").expand(query_spec=[PAYROLL_ACCESS])
        VezaCancelQueryOperator(task_id="cancel", handle=many.output)
        use.partial(task_id="each").expand(handle=many.output)
        with pytest.raises(ArgumentError, match=r"\.expand\(handle=submit\.output\)\. \(task 'one'\)$"):
            use(task_id="one", handle=many.output)


def one_per_department(use: Callable[[Any], Any] = lambda submit: None) -> Any:
    """Make a submit for each department, in a mapped task group, and what uses its output there; return the submit."""
    made = []

    @task_group
    def department(name: str) -> None:
        made.append(VezaSubmitQueryOperator(task_id="submit", query_spec=name))
        use(made[0])

    department.expand(name=["Finance", "Legal"])
    return made[0]


def mapped(**_: Any) -> Any:
    return VezaSubmitQueryOperator.partial(task_id="submit").expand(query_spec=[PAYROLL_ACCESS])


MANY: dict[str, Callable[[], Any]] = {
    "mapped": lambda: mapped().output,
    "in a mapped group": lambda: one_per_department().output,
    "some of them": lambda: mapped().output.map(lambda handle: handle),
    "a list": lambda: [VezaSubmitQueryOperator(task_id="submit", query_spec=PAYROLL_ACCESS).output],
    "handles in a list": lambda: [HANDLE, HANDLE],
}


@pytest.mark.parametrize("kind", MANY)
@pytest.mark.parametrize(
    "use", [VezaGetQueryResultsOperator, EsqlGetQueryResultsOperator, VezaQuerySensor, EsqlQuerySensor]
)
def test_many_handles_where_one_is_meant_are_refused_while_the_dag_file_is_parsed(use: Any, kind: str) -> None:
    with DAG("mapped", schedule=None):
        many = MANY[kind]()
        VezaCancelQueryOperator(task_id="cancel", handle=many)
        for make in (use, use.partial):
            with pytest.raises(
                ArgumentError, match=r"^handle is .*\.expand\(handle=submit\.output\)\. \(task 'one'\)$"
            ):
                make(task_id="one", handle=many)


@pytest.mark.parametrize("use", [VezaGetQueryResultsOperator, VezaQuerySensor])
def test_within_a_mapped_task_group_each_instance_has_one_handle(use: Any) -> None:
    with DAG("mapped", schedule=None):
        one_per_department(lambda submit: use(task_id="one", handle=submit.output))


@pytest.mark.parametrize("handle", [None, "", "None", {}])
def test_cancel_after_a_submit_that_did_not_happen_is_a_success(tenant: Tenant, handle: Any) -> None:
    assert cancel(handle)["cancelled"] is False
    assert tenant.journal.entries() == []


def test_cancel_fits_a_teardown() -> None:
    with DAG("teardown", schedule=None):
        submit = VezaSubmitQueryOperator(task_id="submit", query_spec=PAYROLL_ACCESS)
        cancel = VezaCancelQueryOperator(task_id="cancel", handle=submit.output)
        submit >> cancel.as_teardown(setups=submit)
    assert cancel.is_teardown
    assert submit.is_setup


def test_no_rows_of_another_tasks_query_draw_a_warning_of_misspelt_names_that_says_where_they_are(
    tenant: Tenant, caplog: pytest.LogCaptureFixture, capsys: Any
) -> None:
    tenant.set_behaviour(AT_ONCE)
    handle = submitted(query_spec={"source_node_types": {"nodes": [{"node_type": "OktaUserr"}]}})

    assert results(handle) == []

    said = f"The names are in the task that submitted the query {handle['id']}."
    assert f"A misspelt node type or property may look like this too. {said}" in capsys.readouterr().out + caplog.text
