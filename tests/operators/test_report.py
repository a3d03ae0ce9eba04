"""What an attempt leaves in XCom of how its query went; nothing depends on it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from airflow_provider_veza.exceptions import QueryDeadlineError, QueryFailedError
from airflow_provider_veza.operators.query import VezaQueryOperator
from support.served_tenant import AT_ONCE, PAYROLL_ACCESS
from support.task_run import TaskRun, fire, fire_late
from veza_emulator.tenant.behaviours import Behaviour, Outcome
from veza_emulator.tenant.tenant import Tenant


def task(**arguments: Any) -> TaskRun:
    given = {"task_id": "ask", "query_spec": PAYROLL_ACCESS, "poll_interval": 0.05, **arguments}
    return TaskRun(lambda: VezaQueryOperator(**given))


def report(run: TaskRun) -> dict[str, Any]:
    left = run.xcom["veza_report"]
    assert left["query_id"] == run.xcom["veza_query"]["id"]
    return dict(left)


def test_a_task_that_waited_here_leaves_how_often_it_looked_and_when_it_delivered(tenant: Tenant) -> None:
    tenant.set_behaviour(AT_ONCE)
    run = task()
    rows = run.execute()

    left = report(run)
    assert (left["outcome"], left["failed_looks"], left["cancel"]) == ("SUCCEEDED", 0, "")
    assert left["looks"] >= 1
    assert left["rows"] in (None, len(rows))
    assert datetime.fromisoformat(left["seen_at"]) <= datetime.fromisoformat(left["delivered_at"])


def test_the_looks_of_a_trigger_are_told_by_its_event(tenant: Tenant) -> None:
    run = task(deferrable=True)
    deferral = run.execute()
    assert "veza_report" not in run.xcom
    tenant.finish(run.xcom["veza_query"]["id"])
    event = fire(deferral.trigger)
    run.resume(deferral, event)

    assert report(run)["looks"] == event["looks"] >= 1


def test_an_event_of_a_trigger_that_did_not_count_is_read_all_the_same(tenant: Tenant) -> None:
    run = task(deferrable=True)
    deferral = run.execute()
    tenant.finish(run.xcom["veza_query"]["id"])
    event = fire(deferral.trigger)
    run.resume(deferral, {name: event[name] for name in ("v", "outcome", "detail", "rows", "handle")})

    assert (report(run)["outcome"], report(run)["looks"]) == ("SUCCEEDED", 0)


def test_a_query_that_failed_leaves_that(tenant: Tenant) -> None:
    tenant.set_behaviour(Behaviour(duration=timedelta(0), pending=timedelta(0), outcome=Outcome.FAIL))
    run = task()
    with pytest.raises(QueryFailedError):
        run.execute()

    assert (report(run)["outcome"], report(run)["delivered_at"]) == ("FAILED", None)


def test_a_query_that_did_not_end_in_time_leaves_what_became_of_its_cancel(tenant: Tenant) -> None:
    run = task(deferrable=True, retry_on_timeout=True)
    deferral = run.execute()
    with pytest.raises(QueryDeadlineError):
        run.resume(deferral, fire_late(deferral.trigger))

    assert (report(run)["outcome"], report(run)["cancel"]) == ("DEADLINE_PASSED", "cancelled")


def test_no_row_and_no_credential_is_in_it(tenant: Tenant) -> None:
    tenant.set_behaviour(AT_ONCE)
    run = task()
    run.execute()

    assert set(report(run)) == {
        "v", "query_id", "outcome", "seen_at", "rows", "looks", "failed_looks", "cancel", "delivered_at"
    }  # fmt: skip


def test_where_it_cannot_be_stored_the_rows_are_delivered_all_the_same(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant.set_behaviour(AT_ONCE)
    run = task()

    class Refusing(dict[str, Any]):
        def __setitem__(self, key: str, value: Any) -> None:
            if key == "veza_report":
                raise ConnectionError("the API does not answer")
            super().__setitem__(key, value)

    run.xcom = Refusing()
    assert len(run.execute()) == 12
    assert "veza_report" not in run.xcom
