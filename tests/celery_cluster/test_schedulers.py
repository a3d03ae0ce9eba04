"""A scheduler dies, or none runs, while the tasks that it started go on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from drills.drill import ASKED_ANEW, DELIVERED, Drill
from lanes import LaneCase

from tools.real_airflow.processes import ManagedProcess
from tools.real_airflow.release import Generation, Role, installed_release

SUBJECT = "scheduler of the cluster"
RESET = "Airflow resets the task though no retry is left: its next attempt adopts"
ENDS_CLEARED_TASKS = installed_release().generation is Generation.THREE
"""Whether Airflow ends a running task that is cleared by REST."""


def killed_with_a_task_on_a_worker(case: LaneCase) -> None:
    case.wait_watched()
    replace(case, running(case)[-1])
    case.wait_watched_anew()
    case.finish()


def killed_beside_its_own_task(case: LaneCase) -> None:
    """Kill the scheduler that runs the task itself, but not the task.

    The LocalExecutor's other processes go once the task has ended: they hold the dead scheduler's connection to Postgres open,
    and with it the locks of what it was about to commit, so that no other scheduler gets at the run.
    """
    case.wait_watched()
    first = case.attempt()
    scheduler = next(process for process in running(case) if process.pid == os.getsid(first.task))
    scheduler.kill_leader()
    try:
        case.bench.airflow.start(Role.SCHEDULER)
        case.wait_ended(first)
    finally:
        scheduler.kill()
    case.wait_adopted()
    case.wait_watched_anew()
    case.finish()


def cleared_while_none_runs(case: LaneCase) -> None:
    case.wait_watched()
    with no_scheduler(case):
        case.task().clear()
    case.wait_watched(2)
    case.wait_cancelled()
    case.finish()


def cleared_and_ended_while_none_runs(case: LaneCase) -> None:
    case.wait_watched()
    first = case.attempt()
    with no_scheduler(case):
        case.task().clear()
        case.wait_ended(first)
    case.wait_watched(2)
    case.wait_cancelled()
    case.finish()


@contextmanager
def no_scheduler(case: LaneCase) -> Iterator[None]:
    ended = running(case)
    for scheduler in ended:
        scheduler.kill()
    yield
    for _ in ended:
        case.bench.airflow.start(Role.SCHEDULER)


def replace(case: LaneCase, scheduler: ManagedProcess) -> None:
    scheduler.kill()
    case.bench.airflow.start(Role.SCHEDULER)


def running(case: LaneCase) -> list[ManagedProcess]:
    return [process for process in case.bench.airflow.components(Role.SCHEDULER) if process.is_running]


KILLED = [
    Drill(SUBJECT, "killed, its Celery task survives", killed_with_a_task_on_a_worker, DELIVERED, "running"),
    Drill(
        SUBJECT,
        "killed, its Celery task survives, last attempt",
        killed_with_a_task_on_a_worker,
        DELIVERED,
        "running_last",
    ),
    Drill(SUBJECT, "killed, its LocalExecutor task survives", killed_beside_its_own_task, DELIVERED, "local"),
    Drill(
        SUBJECT,
        "killed, its LocalExecutor task survives, last attempt",
        killed_beside_its_own_task,
        DELIVERED,
        "local_last",
        note=RESET,
    ),
]
CLEARED = [
    Drill(SUBJECT, "none runs while a deferred task is cleared", cleared_while_none_runs, ASKED_ANEW),
    *(
        [
            Drill(
                SUBJECT,
                "none runs while a running task is cleared and ends",
                cleared_and_ended_while_none_runs,
                ASKED_ANEW,
                "running",
            )
        ]
        if ENDS_CLEARED_TASKS
        else []
    ),
]


@pytest.mark.parametrize("drill", KILLED, ids=lambda drill: drill.name)
def test_the_query_of_a_surviving_task_is_delivered(drill, outcome_alone) -> None:
    outcome_alone(drill)


@pytest.mark.parametrize("drill", CLEARED, ids=lambda drill: drill.name)
def test_a_clear_that_no_scheduler_saw_asks_anew(drill, outcome_alone) -> None:
    outcome_alone(drill)
