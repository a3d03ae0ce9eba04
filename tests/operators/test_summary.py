"""What ``summary(context)`` tells a notifier, after each way in which a task can end."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_veza.exceptions import QueryFailedError, TooManyRowsError
from airflow_provider_veza.operators.query import (
    VezaCancelQueryOperator,
    VezaGetQueryResultsOperator,
    VezaQueryOperator,
    VezaSubmitQueryOperator,
)
from airflow_provider_veza.operators.summary import summary
from airflow_provider_veza.sensors.query import VezaQuerySensor
from support.served_tenant import AT_ONCE, PAYROLL_ACCESS, UNTIL_FINISHED
from support.task_run import TaskRun, fire_late
from veza_emulator.tenant.tenant import Tenant


def cancelled_late(**arguments: Any) -> tuple[TaskRun, BaseException]:
    run = TaskRun(lambda: VezaQueryOperator(task_id="access", query_spec=PAYROLL_ACCESS, deferrable=True, **arguments))
    deferral = run.execute()
    with pytest.raises(AirflowFailException) as failed:
        run.resume(deferral, fire_late(deferral.trigger))
    return run, failed.value


def ended(tenant: Tenant, **arguments: Any) -> TaskRun:
    tenant.set_behaviour(AT_ONCE)
    run = TaskRun(lambda: VezaQueryOperator(task_id="access", query_spec=PAYROLL_ACCESS, **arguments))
    run.xcom_of_result = run.execute()
    return run


def context_of(run: TaskRun, returned: Any, error: BaseException | None = None) -> dict[str, Any]:
    """The context of a callback, which Airflow makes anew."""
    run.xcom["return_value"] = returned
    ti = SimpleNamespace(
        dag_id="access", task_id="access", run_id="manual__1", map_index=-1, try_number=1, xcom_pull=run.xcom_pull
    )
    return {"ti": ti} | ({"exception": error} if error else {})


@pytest.mark.parametrize(("cancel_on_timeout", "phase"), [(True, "CANCELED"), (False, "RUNNING")])
def test_a_query_that_took_too_long_runs_only_where_it_was_not_cancelled(
    tenant: Tenant, cancel_on_timeout: bool, phase: str
) -> None:
    tenant.set_behaviour(UNTIL_FINISHED)
    run, error = cancelled_late(cancel_on_timeout=cancel_on_timeout)

    assert summary(context_of(run, None, error))["phase"] == phase


def test_rows_in_xcom_are_counted(tenant: Tenant) -> None:
    run = ended(tenant)

    told = summary(context_of(run, run.xcom_of_result))

    assert json.loads(json.dumps(told)) == told
    assert (told["dag_id"], told["task_id"], told["run_id"]) == ("access", "access", "manual__1")
    assert (told["phase"], told["rows"], told["place"], told["error"]) == ("SUCCEEDED", 12, None, None)
    assert told["query_id"] == run.xcom["veza_query"]["id"]
    assert told["link"] == run.xcom["veza_query"]["tenant"]
    assert 0 <= told["seconds"] < 600


def test_landed_rows_are_counted_and_their_manifest_is_named(tenant: Tenant, tmp_path: Path) -> None:
    run = ended(tenant, output_path=str(tmp_path / "landed"))

    told = summary(context_of(run, run.xcom_of_result))

    assert (told["rows"], told["place"]) == (12, str(tmp_path / "landed" / "_manifest.json"))


@pytest.mark.parametrize(
    ("cause", "phase"),
    [(QueryFailedError("The graph is being rebuilt.\nmore"), "FAILED"), (TooManyRowsError("Too many."), "SUCCEEDED")],
)
def test_an_error_tells_how_the_query_ended_and_its_first_line(
    tenant: Tenant, cause: BaseException, phase: str
) -> None:
    error = AirflowFailException(f"{type(cause).__name__}: {cause}")
    error.__cause__ = cause

    told = summary(context_of(ended(tenant), None, error))

    assert (told["phase"], told["rows"]) == (phase, None)
    assert told["error"].startswith(f"AirflowFailException: {type(cause).__name__}: ")
    assert "\n" not in told["error"]


@pytest.mark.parametrize("pushes", [True, False])
def test_a_task_that_pushes_no_xcom_tells_the_same(tenant: Tenant, tmp_path: Path, pushes: bool) -> None:
    run = ended(tenant, output_path=str(tmp_path / "landed"), do_xcom_push=pushes)
    context = context_of(run, run.xcom_of_result if pushes else None) | {"task": run.operator}

    told = summary(context)

    assert (told["phase"], told["rows"]) == ("SUCCEEDED", 12)
    assert told["place"] == str(tmp_path / "landed" / "_manifest.json")


OF_ANOTHERS_QUERY: dict[str, tuple[Any, str, int | None]] = {
    "submit": (None, "RUNNING", None),
    "sensor": (VezaQuerySensor, "SUCCEEDED", None),
    "results": (VezaGetQueryResultsOperator, "SUCCEEDED", 12),
    "cancel": (VezaCancelQueryOperator, "SUCCEEDED", None),
}


@pytest.mark.parametrize("form", [dict, str], ids=["handle", "text of it"])
@pytest.mark.parametrize("kind", OF_ANOTHERS_QUERY)
def test_each_kind_of_task_tells_its_query_and_how_that_stands(tenant: Tenant, kind: str, form: Any) -> None:
    tenant.set_behaviour(AT_ONCE)
    uses, phase, rows = OF_ANOTHERS_QUERY[kind]
    run = TaskRun(lambda: VezaSubmitQueryOperator(task_id="submit", query_spec=PAYROLL_ACCESS))
    handle = returned = run.execute()
    if uses:
        run = TaskRun(lambda: uses(task_id=kind, handle=form(handle)))
        returned = run.execute()
    context = context_of(run, returned) | {"task": run.operator}
    context["ti"].state = "success"

    told = summary(context)

    assert (told["query_id"], told["phase"], told["rows"]) == (handle["id"], phase, rows)


def test_a_cancel_tells_that_it_has_cancelled(tenant: Tenant) -> None:
    handle = TaskRun(lambda: VezaSubmitQueryOperator(task_id="submit", query_spec=PAYROLL_ACCESS)).execute()
    cancel = TaskRun(lambda: VezaCancelQueryOperator(task_id="cancel", handle=handle))

    assert summary(context_of(cancel, cancel.execute()) | {"task": cancel.operator})["phase"] == "CANCELED"


def test_a_callback_without_xcom_tells_what_it_has() -> None:
    def refuse(**_: Any) -> Any:
        raise RuntimeError("no XCom here")

    ti = SimpleNamespace(dag_id="access", task_id="ask", run_id="r", map_index=-1, try_number=2, xcom_pull=refuse)

    told = summary({"ti": ti, "exception": "Task was killed externally"})

    assert (told["task_id"], told["query_id"], told["phase"]) == ("ask", None, None)
    assert told["error"] == "Task was killed externally"
