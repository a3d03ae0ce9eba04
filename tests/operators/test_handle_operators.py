"""The operators on a handle of somebody else: results and cancel."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import DAG, AirflowFailException

from airflow_provider_veza.exceptions import EmptyResultError, QueryFailedError, QueryGoneError, QueryUnreachableError
from airflow_provider_veza.operators.query import (
    VezaCancelQueryOperator,
    VezaGetQueryResultsOperator,
    VezaSubmitQueryOperator,
)
from support.served_tenant import AT_ONCE, PAYROLL_ACCESS, cancelled_ids, connect
from support.task_run import TaskRun
from veza_emulator.http.server import RunningTenant, running_tenant
from veza_emulator.tenant.behaviours import Behaviour, Outcome
from veza_emulator.tenant.tenant import Tenant


def submitted(**arguments: Any) -> dict[str, Any]:
    query = {"query_spec": PAYROLL_ACCESS, **arguments}
    handle = TaskRun(lambda: VezaSubmitQueryOperator(task_id="submit", **query)).execute()
    return dict(handle)


def results(handle: Any, **arguments: Any) -> Any:
    return TaskRun(lambda: VezaGetQueryResultsOperator(task_id="rows", handle=handle, **arguments)).execute()


def cancel(handle: Any) -> Any:
    return TaskRun(lambda: VezaCancelQueryOperator(task_id="cancel", handle=handle)).execute()


@pytest.mark.parametrize("form", [dict, json.dumps])
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


@pytest.mark.parametrize("handle", ["not json", {"id": "q"}, 7, [1]])
def test_something_else_than_a_handle_is_refused_without_a_request(tenant: Tenant, handle: Any) -> None:
    with pytest.raises(AirflowFailException, match="Not a query handle"):
        results(handle)
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
