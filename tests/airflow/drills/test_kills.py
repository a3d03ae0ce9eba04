"""Somebody ends the task or its run, while the task is deferred and while it runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from drills.bench import Case
from drills.drill import ASKED_ANEW, CANCELLED, CANCELLED_BY_AND_BY, DELIVERED, Drill
from drills.selection import Mark, params
from tools.real_airflow.release import Generation, installed_release

KILLS: dict[str, Callable[[Case], None]] = {
    "marked failed": lambda case: case.task().mark_failed(),
    "marked success": lambda case: case.task().mark_success(),
    "run marked failed": lambda case: case.run.mark_failed(),
    "run deleted": lambda case: case.run.delete(),
    "dagrun_timeout": lambda case: case.wait_until(lambda: case.run.state == "failed", "the run to time out"),
}


def killed(kill: Callable[[Case], None]) -> Callable[[Case], None]:
    def act(case: Case) -> None:
        case.wait_watched()
        case.strike(lambda: kill(case))
        case.wait_cancelled()

    return act


def cleared(case: Case) -> None:
    case.wait_watched()
    case.strike(case.task().clear)
    case.wait_watched(2)
    case.wait_cancelled()
    case.finish()


def cleared_while_paused(case: Case) -> None:
    case.wait_watched()
    case.bench.airflow.api.set_paused(case.run.dag_id, paused=True)
    case.task().clear()
    case.wait_watched_anew()
    case.strike(lambda: case.bench.airflow.api.set_paused(case.run.dag_id, paused=False))
    case.wait_watched(2)
    case.wait_cancelled()
    case.finish()


def cleared_and_left_paused(case: Case) -> None:
    case.wait_watched()
    case.bench.airflow.api.set_paused(case.run.dag_id, paused=True)
    case.strike(case.task().clear)
    case.wait_cancelled()


def cleared_in_vain(case: Case) -> None:
    case.wait_watched()
    case.task().clear()
    case.wait_watched_anew()
    case.finish()


def kills_of(waiting: str) -> list[Drill]:
    dags = {"dagrun_timeout": f"{waiting}_short_run"}
    return [
        Drill(f"{waiting} task", event, killed(kill), CANCELLED, dags.get(event, waiting))
        for event, kill in KILLS.items()
    ]


RESTARTS_A_CLEARED_TASK = installed_release().generation is Generation.THREE
"""Whether Airflow ends a running task that was cleared: 2.11's supervisor swallows the exception by which it would."""

OF_DEFERRED = [
    *kills_of("deferred"),
    Drill("deferred task", "cleared", cleared, ASKED_ANEW),
    Drill(
        "deferred task",
        "cleared while its DAG is paused",
        cleared_while_paused,
        ASKED_ANEW,
        "deferred_paused",
        note="Airflow keeps the trigger of a cleared task until its next attempt starts, which cancels the query: timed from "
        "the unpausing",
    ),
    Drill(
        "deferred task",
        "cleared while its DAG is paused, and left so",
        cleared_and_left_paused,
        CANCELLED_BY_AND_BY,
        "deferred_stays_paused",
        note="the trigger asks by itself whether anybody waits: after a minute, then ever more rarely",
    ),
]
OF_RUNNING = [
    *kills_of("running"),
    Drill(
        "running task",
        "cleared",
        *((cleared, ASKED_ANEW) if RESTARTS_A_CLEARED_TASK else (cleared_in_vain, DELIVERED)),
        "running",
        note="Airflow 2.11 does not end a running task that is cleared: it keeps its query and delivers",
    ),
]


@pytest.mark.parametrize("drill", params(OF_DEFERRED, Mark.ON_EVERY_VERSION))
def test_nobody_waits_for_the_query_of_a_deferred_task_any_more(drill, outcome_of) -> None:
    outcome_of(drill)


@pytest.mark.parametrize("drill", params(OF_RUNNING))
def test_nobody_waits_for_the_query_of_a_running_task_any_more(drill, outcome_of) -> None:
    outcome_of(drill)
