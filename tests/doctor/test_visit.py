"""Whatever happens to a visit, no query of it is left running; and what cannot be helped is said."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from typing import Any

import pytest

from airflow_provider_veza.async_query.message import Request, Response
from airflow_provider_veza.doctor.interrupts import Interrupts
from airflow_provider_veza.doctor.seen import Seen, Stopped
from airflow_provider_veza.doctor.visit import Visit
from airflow_provider_veza.exceptions import NoAnswerError
from doctor.altered import Alteration, Send, instead, refused
from doctor.examined import PLAN, save_a_query, settings_of, tenant_with, visited
from veza_emulator.http.server import RunningTenant, running_tenant
from veza_emulator.tenant.executions import Family
from veza_emulator.tenant.tenant import Tenant

CREATE = "query_spec:nodes_async_create"
FIRST_SUBMIT = 4
"""How many requests come before the first submit."""


def running_queries(tenant: Tenant) -> list[str]:
    return [execution.id for execution in tenant.running() if execution.family is Family.NODES]


def let_queries_run_on(tenant: Tenant) -> None:
    tenant.set_behaviour(replace(tenant.behaviours.get(None), duration=None))


def visit_to(running: RunningTenant, alteration: Alteration, **options: Any) -> Visit:
    return visited(running, settings_of(running), replace(PLAN, patience=10), alteration, **options)


def signalled_after(*numbers: int, by: signal.Signals = signal.SIGINT) -> Alteration:
    """Interrupt this process when the answers to these requests are there, and before the doctor has them."""
    count = iter(range(10_000))

    def alteration(request: Request, send: Send) -> Response:
        response = send(request)
        if next(count) in numbers:
            os.kill(os.getpid(), by)
        return response

    return alteration


@pytest.mark.parametrize("number", range(0, 54, 3))
def test_an_interruption_at_any_request_leaves_no_query_running(number: int) -> None:
    with running_tenant(tenant_with()) as running, Interrupts() as interrupts:
        save_a_query(running)
        seen = visit_to(running, signalled_after(number), hold=interrupts.held)

    assert running_queries(running.tenant) == []
    assert (seen.left, seen.unnamed) == ((), 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_is_said_and_nothing_is_judged(number: signal.Signals) -> None:
    with running_tenant(tenant_with()) as running, Interrupts() as interrupts:
        seen = visit_to(running, signalled_after(3, by=number), hold=interrupts.held)

    assert seen.outcome == Stopped(("Interrupted.",))


def test_a_query_whose_submit_was_interrupted_is_cancelled_since_its_answer_is_awaited() -> None:
    """Ctrl-C comes when the tenant has the query, and the doctor not yet its id."""
    with running_tenant(tenant_with()) as running, Interrupts() as interrupts:
        visit_to(running, signalled_after(FIRST_SUBMIT), hold=interrupts.held)

    [execution] = [e for e in running.tenant.executions() if e.family is Family.NODES]
    assert execution.cancelled is not None


def test_who_interrupts_twice_is_told_what_may_still_run() -> None:
    with running_tenant(tenant_with()) as running, Interrupts() as interrupts:
        let_queries_run_on(running.tenant)
        seen = visit_to(running, signalled_after(FIRST_SUBMIT + 1, FIRST_SUBMIT + 2), hold=interrupts.held)

    [execution] = running.tenant.executions()
    assert seen.left == (execution.id,)


def test_what_cannot_be_cancelled_is_named() -> None:
    with running_tenant(tenant_with()) as running:
        let_queries_run_on(running.tenant)
        seen = visit_to(running, instead("nodes_async_cancel", refused(403)))

    assert list(seen.left) == running_queries(running.tenant) != []


def test_a_query_that_runs_although_its_cancel_was_accepted_is_named() -> None:
    with running_tenant(tenant_with()) as running:
        let_queries_run_on(running.tenant)
        seen = visit_to(running, instead("nodes_async_cancel", Response(200, {}, b"")))

    assert list(seen.left) == running_queries(running.tenant) != []


def test_a_submit_without_a_clear_answer_is_counted() -> None:
    def lost_answer(request: Request, send: Send) -> Response:
        response = send(request)
        if request.path.endswith(CREATE) and "immediate_run" in (request.body or {}):
            raise NoAnswerError("the connection broke")
        return response

    with running_tenant(tenant_with()) as running:
        let_queries_run_on(running.tenant)
        seen = visit_to(running, lost_answer)

    assert isinstance(seen.outcome, Seen)
    assert seen.unnamed == len(running_queries(running.tenant)) == 1


@pytest.mark.parametrize(("status", "times"), [(503, 1), (500, 1), (429, 3)])
def test_a_submit_is_sent_again_only_where_it_was_certainly_not_accepted(status: int, times: int) -> None:
    sent: list[Request] = []

    def refusing(request: Request, send: Send) -> Response:
        if request.path.endswith(CREATE) and "immediate_run" in (request.body or {}):
            sent.append(request)
            return refused(status)
        return send(request)

    with running_tenant(tenant_with()) as running:
        seen = visit_to(running, refusing)

    assert len(sent) == times
    assert seen.unnamed == (status >= 500)


def test_a_saved_query_that_has_ended_keeps_its_result_since_others_may_read_it() -> None:
    with running_tenant(tenant_with()) as running:
        saved_query_id = save_a_query(running)
        visit_to(running, lambda request, send: send(request))

    entries = running.tenant.journal.entries()
    runs = {e.note.query_id for e in entries if f"queries/{saved_query_id}:nodes_async_create" in e.path}
    cancels = {e.note.query_id for e in entries if e.path.endswith("async_cancel")}
    assert len(runs) == 1
    assert not runs & cancels


def test_nothing_but_queries_is_created_and_nothing_is_changed() -> None:
    with running_tenant(tenant_with()) as running:
        save_a_query(running)
        before = len(running.tenant.journal.entries())
        visit_to(running, lambda request, send: send(request))

    asked = {
        (e.method, e.path.rpartition("/")[2].rpartition(":")[2]) for e in running.tenant.journal.entries()[before:]
    }
    posts = {verb for method, verb in asked if method != "GET"}
    assert {method for method, _ in asked} == {"GET", "POST"}
    assert posts == {
        "nodes",
        "result",
        "nodes_async_create",
        "nodes_async_get",
        "nodes_async_cancel",
        "result_async_create",
    }
