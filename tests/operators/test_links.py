"""The links of a task: its query, also while it is deferred; else what it has landed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_veza.links.query import LandedResultLink, VezaQueryLink
from airflow_provider_veza.operators.query import VezaGetQueryResultsOperator, VezaQueryOperator
from support.served_tenant import AT_ONCE, PAYROLL_ACCESS
from support.task_run import TaskRun
from veza_emulator.http.server import RunningTenant
from veza_emulator.tenant.tenant import Tenant


def link_of(run: TaskRun, link: Any = None) -> str:
    """What Airflow 3 asks in the task's own process."""
    return str((link or VezaQueryLink()).get_link(run.operator, ti_key=None))


def asking(**arguments: Any) -> TaskRun:
    return TaskRun(lambda: VezaQueryOperator(task_id="ask", query_spec=PAYROLL_ACCESS, **arguments))


def test_a_deferred_task_has_a_link_to_its_query(running: RunningTenant) -> None:
    run = asking(deferrable=True)
    run.execute()

    assert link_of(run) == running.url


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("__fail__", {"error": "Trigger failure"}),
        ("__fail__", {"error": "Trigger timeout"}),
        ("execute_complete", {"event": {"of": "another version"}}),
    ],
    ids=["its trigger failed", "its trigger overran", "nothing was understood"],
)
def test_a_task_that_fails_as_it_is_resumed_keeps_its_link(
    running: RunningTenant, method: str, arguments: dict[str, Any]
) -> None:
    run = asking(deferrable=True)
    run.execute()
    context = run._new_process()

    with pytest.raises(Exception, match=r"Trigger|event"):
        run.operator.resume_execution(method, arguments, context)

    assert link_of(run) == running.url


def test_a_task_that_has_no_time_left_when_it_is_resumed_keeps_its_link(running: RunningTenant) -> None:
    run = asking(deferrable=True, execution_timeout=timedelta(hours=1))
    run.execute()
    run.started_at -= timedelta(hours=1)
    context = run._new_process()
    context["ti"].next_method = "execute_complete"

    with pytest.raises(Exception, match="QueryDeadlineError"):
        run.operator.pre_execute(context)

    assert link_of(run) == running.url


def test_another_attempt_has_no_link_before_it_has_a_query(running: RunningTenant) -> None:
    run = asking(deferrable=True)
    run.execute()
    run.start_attempt()

    assert link_of(run) == ""


def test_a_task_without_a_page_for_its_query_leads_to_what_it_has_landed(tenant: Tenant, tmp_path: Path) -> None:
    tenant.set_behaviour(AT_ONCE)
    run = asking(output_path=str(tmp_path))
    run.execute()
    manifest = str(tmp_path / "_manifest.json")
    assert link_of(run, LandedResultLink()) == manifest

    run.operator.query_url = ""

    assert link_of(run) == manifest


def test_a_task_that_lands_the_rows_of_another_leads_to_them(tenant: Tenant, tmp_path: Path) -> None:
    tenant.set_behaviour(AT_ONCE)
    first = asking()
    first.execute()
    handle = first.xcom["veza_query"]
    run = TaskRun(lambda: VezaGetQueryResultsOperator(task_id="get", handle=handle, output_path=str(tmp_path)))
    run.execute()

    assert [type(link) for link in run.operator.operator_extra_links] == [LandedResultLink]
    assert link_of(run, LandedResultLink()) == str(tmp_path / "_manifest.json")
