"""Airflow's own processes, and the tenant, end, freeze and come back: nobody may take that for the end of a task."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from drills.bench import LIMIT, Case, Tenant
from drills.drill import ASKED_ANEW, DELIVERED, Drill, Expected
from drills.selection import Mark, params
from tools.real_airflow.processes import ManagedProcess
from tools.real_airflow.release import Role

HANDS_OFF = "is left alone"


def triggerer_replaced(end: Callable[[ManagedProcess], None]) -> Callable[[Case], None]:
    def act(case: Case) -> None:
        case.wait_watched()
        first = newest(case, Role.TRIGGERER)
        case.bench.airflow.start(Role.TRIGGERER)
        end(first)
        first.wait_gone(LIMIT)
        case.wait_watched_anew()
        case.finish()

    return act


def woken_while_deferred(case: Case) -> None:
    case.wait_watched()
    with taken_over_from_frozen(case) as frozen:
        frozen.thaw()
        case.wait_until(lambda: HANDS_OFF in case.task().trigger_log_text(), "the woken triggerer to leave the query")
        case.wait_watched_anew()
        case.finish()


def woken_while_results_are_read(case: Case) -> None:
    case.wait_watched()
    with taken_over_from_frozen(case) as frozen:
        case.tenant.finish(case.queries()[-1]["id"])
        case.wait_held("during_results")
        wake(case, frozen)
        case.release("during_results")
        case.task().wait("success")


def woken_after_success(case: Case) -> None:
    case.wait_watched()
    with taken_over_from_frozen(case) as frozen:
        case.finish()
        case.wait_held("during_results")
        wake(case, frozen)
        case.release("during_results")
        case.task("read").wait("success")


def cleared_with_the_next_attempt_deferred(case: Case) -> None:
    case.wait_watched()
    triggerer = newest(case, Role.TRIGGERER)
    triggerer.freeze()
    try:
        case.strike(case.task().clear)
        case.wait_until(lambda: len(case.queries()) == 2, "the next attempt to submit")
        case.task().wait("deferred")
    finally:
        triggerer.thaw()
    case.wait_watched(2)
    case.wait_cancelled()
    case.finish()


def scheduler_killed_while_deferred(case: Case) -> None:
    case.wait_watched()
    replace_scheduler(case)
    case.finish()


def scheduler_killed_while_running(case: Case) -> None:
    case.wait_watched()
    replace_scheduler(case)
    case.wait_adopted()
    case.finish()


def tenant_restarted(case: Case) -> None:
    case.wait_watched()
    case.tenant.restart()
    case.tenant.let_queries_run()
    case.wait_watched()
    case.finish()


def replace_scheduler(case: Case) -> None:
    newest(case, Role.SCHEDULER).kill()
    case.bench.airflow.start(Role.SCHEDULER)


def newest(case: Case, role: Role) -> ManagedProcess:
    return case.bench.airflow.component(role, -1)


@contextmanager
def taken_over_from_frozen(case: Case) -> Iterator[ManagedProcess]:
    """Freeze the triggerer until another one has taken over its trigger; it is killed in the end."""
    frozen = newest(case, Role.TRIGGERER)
    frozen.freeze()
    try:
        case.bench.airflow.start(Role.TRIGGERER)
        case.wait_watched_anew()
        yield frozen
    finally:
        frozen.kill()


def wake(case: Case, frozen: ManagedProcess) -> None:
    """Thaw a triggerer when nobody else looks at the query, and wait until it has looked or said that it will not cancel."""
    seen = case.looks()
    frozen.thaw()
    case.wait_until(
        lambda: case.looks() > seen or HANDS_OFF in case.task().trigger_log_text(), "the woken triggerer to act"
    )


OF_TRIGGERER = [
    Drill("triggerer", "SIGTERM, taken over by a second one", triggerer_replaced(ManagedProcess.terminate), DELIVERED),
    Drill("triggerer", "SIGKILL, taken over by a second one", triggerer_replaced(ManagedProcess.kill), DELIVERED),
    Drill("triggerer", "frozen, woken while the task is deferred elsewhere", woken_while_deferred, DELIVERED),
    Drill(
        "triggerer",
        "frozen, woken while results are read",
        woken_while_results_are_read,
        DELIVERED,
        hold_at="during_results",
    ),
    Drill(
        "triggerer",
        "frozen, woken after success with a downstream reader",
        woken_after_success,
        Expected(delivers="read"),
        "read_downstream",
    ),
]
OF_SCHEDULER = [
    Drill("scheduler", "SIGKILL and restart, task deferred", scheduler_killed_while_deferred, DELIVERED),
    Drill("scheduler", "SIGKILL with its workers and restart", scheduler_killed_while_running, DELIVERED, "running"),
]
CLEARED = Drill(
    "deferred task",
    "cleared, the next attempt deferred before the trigger notices",
    cleared_with_the_next_attempt_deferred,
    ASKED_ANEW,
)
TENANT_RESTARTED = Drill(
    "tenant",
    "restarted, its queries lost",
    tenant_restarted,
    DELIVERED,
    tenant=Tenant.FORGETFUL,
    note="the retry submits anew; the lost query is not counted",
)


@pytest.mark.parametrize("drill", params([TENANT_RESTARTED]))
def test_a_query_that_the_tenant_lost_is_submitted_anew(drill, outcome_of) -> None:
    outcome_of(drill)


@pytest.mark.parametrize("drill", params([CLEARED], Mark.ON_EVERY_VERSION))
def test_a_late_trigger_leaves_the_query_of_the_next_attempt_alone(drill, outcome_alone) -> None:
    outcome_alone(drill)


@pytest.mark.parametrize("drill", params(OF_TRIGGERER, Mark.ON_EVERY_VERSION))
def test_no_triggerer_cancels_a_query_that_somebody_waits_for(drill, outcome_alone) -> None:
    outcome_alone(drill)


@pytest.mark.parametrize("drill", params(OF_SCHEDULER))
def test_the_wait_survives_the_scheduler(drill, outcome_alone) -> None:
    outcome_alone(drill)
