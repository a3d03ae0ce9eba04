"""What a task asks of the tenant, as docs/roles_and_requests.md says it."""

from __future__ import annotations

from airflow_provider_veza.operators.query import (
    VezaCancelQueryOperator,
    VezaGetQueryResultsOperator,
    VezaQueryOperator,
    VezaSubmitQueryOperator,
)
from support.served_tenant import AT_ONCE
from support.task_run import TaskRun
from veza_emulator.tenant.tenant import Tenant

PEOPLE = {"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}}


def kinds(tenant: Tenant) -> list[str]:
    """Return what the tenant was asked, in order."""
    paths = (entry.path for entry in tenant.journal.entries())
    return ["submit" if "create" in path else "cancel" if "cancel" in path else "look or page" for path in paths]


def test_a_query_costs_one_submit_and_a_request_for_each_look_and_page(tenant: Tenant) -> None:
    tenant.set_behaviour(AT_ONCE)
    rows = TaskRun(lambda: VezaQueryOperator(task_id="ask", query_spec=PEOPLE, deferrable=False)).execute()

    pages = -(-len(rows) // 100)
    asked = kinds(tenant)
    assert pages > 1
    assert asked[0] == "submit"
    assert asked.count("submit") == 1
    assert pages <= asked.count("look or page") <= pages + 1
    assert "cancel" not in asked


def test_a_submit_costs_one_request_and_a_cancel_one_look_before_it(tenant: Tenant) -> None:
    handle = TaskRun(lambda: VezaSubmitQueryOperator(task_id="submit", query_spec=PEOPLE)).execute()
    assert kinds(tenant) == ["submit"]

    TaskRun(lambda: VezaCancelQueryOperator(task_id="cancel", handle=handle)).execute()
    assert kinds(tenant)[1:] == ["look or page", "cancel"]


def test_the_cancel_of_a_query_that_has_ended_costs_one_look(tenant: Tenant) -> None:
    tenant.set_behaviour(AT_ONCE)
    handle = TaskRun(lambda: VezaSubmitQueryOperator(task_id="submit", query_spec=PEOPLE)).execute()

    TaskRun(lambda: VezaCancelQueryOperator(task_id="cancel", handle=handle)).execute()
    assert kinds(tenant) == ["submit", "look or page"]


def test_reading_results_submits_and_cancels_nothing(tenant: Tenant) -> None:
    tenant.set_behaviour(AT_ONCE)
    handle = TaskRun(lambda: VezaSubmitQueryOperator(task_id="submit", query_spec=PEOPLE)).execute()

    rows = TaskRun(lambda: VezaGetQueryResultsOperator(task_id="read", handle=handle)).execute()
    assert set(kinds(tenant)[1:]) == {"look or page"}
    assert len(kinds(tenant)) - 1 <= -(-len(rows) // 100) + 1
