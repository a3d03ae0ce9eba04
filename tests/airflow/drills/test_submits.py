"""The task ends while its submit is on its way, or its worker is killed around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from drills.bench import Case, Tenant
from drills.drill import CANCELLED, DELIVERED, Drill, Expected, Tally
from drills.selection import Mark, params
from tools.real_airflow.release import installed_release

AMBIGUOUS = Expected(Tally(2, running=1), delivers="ask", said="died inside its submit")
AMBIGUOUS_IN_VAIN = Expected(delivers="ask", said="died inside its submit")
NOT_REMEMBERED = Expected(Tally(2, running=1), delivers="ask", said="No place to remember live queries")


def marked_failed_inside_submit(case: Case) -> None:
    await_submit(case)
    case.strike(case.task().mark_failed)
    case.wait_cancelled()


def killed_inside_submit(case: Case) -> None:
    await_submit(case)
    case.kill_task()
    case.wait_watched(2)
    case.finish()


def killed_at(point: str, *, queries: int = 1) -> Callable[[Case], None]:
    def act(case: Case) -> None:
        case.wait_held(point)
        case.kill_task()
        case.wait_watched(queries)
        case.finish()

    return act


def killed_during_results(case: Case) -> None:
    case.wait_watched()
    case.tenant.finish(case.queries()[-1]["id"])
    case.wait_held("during_results")
    case.kill_task()
    case.task().wait("success")


def supervisor_killed(case: Case) -> None:
    case.wait_watched()
    case.kill_supervisor()
    case.wait_adopted()
    case.finish()


def await_submit(case: Case) -> None:
    """Let the task go on into its submit, and wait until that has reached the tenant."""
    case.wait_held("before_submit")
    before = len(case.requests("nodes_async_create"))
    case.release("before_submit")
    case.wait_until(lambda: len(case.requests("nodes_async_create")) > before, "the submit to reach the tenant")


def meanwhile(waiting: str) -> Drill:
    return Drill(
        f"{waiting} task",
        "marked failed while its submit is on its way",
        marked_failed_inside_submit,
        CANCELLED,
        waiting,
        Tenant.SLOW,
        hold_at="before_submit",
        note="the tenant answers the submit after 4 s",
    )


def crash(event: str, act: Callable[[Case], None], hold_at: str = "", **more: Any) -> Drill:
    return Drill("worker killed", event, act, **{"expected": DELIVERED, "dag": "running", "hold_at": hold_at, **more})


AT_SUBMIT = [
    crash("before the submit", killed_at("before_submit"), "before_submit", expected=AMBIGUOUS_IN_VAIN),
    crash(
        "inside the submit",
        killed_inside_submit,
        "before_submit",
        tenant=Tenant.SLOW,
        expected=AMBIGUOUS,
        note="the one allowed exception: nobody can name the first query, and the log says so",
    ),
    crash(
        "between submit and record",
        killed_at("before_record", queries=2),
        "before_record",
        expected=AMBIGUOUS,
        note="the same exception",
    ),
]
AFTER_SUBMIT = [
    crash("after the record", killed_at("after_record"), "after_record"),
    crash("after the record, deferrable task", killed_at("after_record"), "after_record", dag="deferred"),
    crash("during results", killed_during_results, "during_results"),
    crash("during results, deferrable task", killed_during_results, "during_results", dag="deferred"),
    crash("its supervisor alone", supervisor_killed),
]
FORGETFUL = crash(
    "after the record, without record_path",
    killed_at("after_record", queries=2),
    "after_record",
    dag="forgetful",
    expected=NOT_REMEMBERED,
    note="the degraded result: the retry cannot find the first query",
)
WITHOUT_RECORD_PATH = [] if installed_release().keeps_task_state else [FORGETFUL]


@pytest.mark.parametrize("drill", params([meanwhile("deferred"), meanwhile("running")]))
def test_a_kill_while_the_submit_is_on_its_way_leaves_no_query(drill, outcome_of) -> None:
    outcome_of(drill)


@pytest.mark.parametrize(
    "drill", params([*AT_SUBMIT, *AFTER_SUBMIT]) + params(WITHOUT_RECORD_PATH, Mark.ON_EVERY_VERSION)
)
def test_the_attempt_after_a_crash_knows_what_the_one_before_it_left(drill, outcome_of) -> None:
    outcome_of(drill)
