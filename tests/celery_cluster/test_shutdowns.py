"""A worker or a supervisor is asked to end: the attempt hands its query over where another one follows."""

from __future__ import annotations

import time

import pytest
from drills.drill import CANCELLED_BY_AND_BY, DELIVERED, Drill, Expected
from lanes import Act, Attempt, LaneCase

from tools.real_airflow.release import Generation, installed_release
from tools.real_airflow.waiting import wait_until
from tools.real_airflow.worker_host import WorkerHost

SUBJECT = "worker in good order"
GRACE_SECONDS = 30.0
END_LIMIT = 60.0


def waiting(case: LaneCase) -> Attempt:
    case.wait_watched()
    return case.attempt()


def landing(case: LaneCase) -> Attempt:
    case.wait_watched()
    case.tenant.finish(case.queries()[-1]["id"])
    case.wait_held_in("in_landing")
    return case.attempt()


def shut_down_while_waiting(end: Act) -> Act:
    def act(case: LaneCase) -> None:
        first = waiting(case)
        end(case)
        case.wait_ended(first)
        case.wait_adopted()
        case.finish()

    return act


def shut_down_while_landing(end: Act) -> Act:
    def act(case: LaneCase) -> None:
        first = landing(case)
        end(case)
        case.wait_ended(first)
        case.task().wait("success")

    return act


def shut_down_in_the_last_attempt(end: Act) -> Act:
    def act(case: LaneCase) -> None:
        first = waiting(case)
        case.strike(lambda: end(case))
        case.wait_ended(first)
        case.wait_cancelled()
        case.task().wait("failed")

    return act


def shut_down_warm(case: LaneCase) -> None:
    first = waiting(case)
    host = case.host(first)
    host.shut_down_warm()
    case.wait_watched_anew()
    assert first.lives()
    case.finish()
    host.wait_gone(END_LIMIT)
    assert case.task().try_number == 1


def cold(case: LaneCase) -> None:
    host: WorkerHost = case.host()
    host.shut_down_cold()


def evicted(case: LaneCase) -> None:
    """End a pod as Kubernetes does: SIGTERM, and SIGKILL for what is left after the grace.

    A pod ends with its task. Here the supervisor is a process of Celery's pool: once its task is over, it takes the next one.
    """
    attempt = case.attempt()
    attempt.evict()
    begun = time.monotonic()

    def is_over() -> bool:
        return not attempt.lives() or time.monotonic() > begun + GRACE_SECONDS

    wait_until(is_over, "the attempt to end", GRACE_SECONDS + 5)
    if attempt.lives():
        attempt.kill_supervisor()
        attempt.kill_task()


COLD = "cold shutdown (SIGQUIT)"
ENDS = {COLD: cold, "SIGTERM, then SIGKILL after 30 s, as Kubernetes sends them": evicted}
SURVIVES_A_COLD_SHUTDOWN = installed_release().generation is Generation.TWO
"""Whether a task and its supervisor live on when their Celery worker is shut down cold."""
if SURVIVES_A_COLD_SHUTDOWN:
    del ENDS[COLD]


def survive_cold_shutdown(case: LaneCase) -> None:
    first = waiting(case)
    cold(case)
    case.wait_watched_anew()
    assert first.lives()
    case.finish()
    assert case.task().try_number == 1


def drill(event: str, act: Act, expected: Expected = DELIVERED, dag: str = "running", hold_at: str = "") -> Drill:
    return Drill(SUBJECT, event, act, expected, dag, hold_at=hold_at)  # type: ignore[arg-type]


HANDED_OVER = [
    *(drill(f"{event}, task waiting", shut_down_while_waiting(end)) for event, end in ENDS.items()),
    *(
        drill(f"{event}, task landing", shut_down_while_landing(end), dag="landing", hold_at="in_landing")
        for event, end in ENDS.items()
    ),
    drill("warm shutdown (SIGTERM)", shut_down_warm),
]
if SURVIVES_A_COLD_SHUTDOWN:
    HANDED_OVER += [
        drill(f"{COLD}, task waiting", survive_cold_shutdown),
        drill(f"{COLD}, last attempt", survive_cold_shutdown, dag="running_last"),
    ]
LAST = [
    drill(f"{event}, last attempt", shut_down_in_the_last_attempt(end), CANCELLED_BY_AND_BY, "running_last")
    for event, end in ENDS.items()
]


@pytest.mark.parametrize("drill", HANDED_OVER, ids=lambda drill: drill.name)
def test_an_attempt_that_is_ended_from_outside_loses_no_query(drill, outcome_of) -> None:
    outcome_of(drill)


@pytest.mark.parametrize("drill", LAST, ids=lambda drill: drill.name)
def test_the_last_attempt_that_is_ended_from_outside_ends_its_query(drill, outcome_of) -> None:
    outcome_of(drill)
