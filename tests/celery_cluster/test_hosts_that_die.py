"""A worker host, or one process on it, is gone from one moment to the next; nobody is asked before."""

from __future__ import annotations

import pytest
from drills.bench import Tenant
from drills.drill import DELIVERED, Drill
from lanes import Act, LaneCase

SUBJECT = "worker host"


def killed_while_waiting(case: LaneCase) -> None:
    case.wait_watched()
    case.host().kill()
    case.wait_adopted()
    case.finish()


def killed_at(point: str) -> Act:
    def act(case: LaneCase) -> None:
        case.wait_watched()
        case.tenant.finish(case.queries()[-1]["id"])
        case.wait_held_in(point)
        case.host().kill()
        case.task().wait("success")

    return act


def supervisor_killed(case: LaneCase) -> None:
    case.wait_watched()
    first = case.attempt()
    first.kill_supervisor()
    case.wait_adopted()
    case.wait_ended(first)
    case.wait_watched_anew()
    case.finish()


def task_killed(case: LaneCase) -> None:
    case.wait_watched()
    case.attempt().kill_task()
    case.wait_adopted()
    case.finish()


def deferred_host_killed(case: LaneCase) -> None:
    case.wait_watched()
    case.host().kill()
    case.finish()


DRILLS = [
    Drill(SUBJECT, "killed, task deferred", deferred_host_killed, DELIVERED),
    Drill(
        SUBJECT,
        "killed while results of a deferred task are read",
        killed_at("during_results"),
        DELIVERED,
        hold_at="during_results",
    ),
    Drill(SUBJECT, "killed, task waiting", killed_while_waiting, DELIVERED, "running"),
    Drill(SUBJECT, "killed, task landing", killed_at("in_landing"), DELIVERED, "landing", hold_at="in_landing"),
    Drill(SUBJECT, "killed, ES|QL task waiting", killed_while_waiting, DELIVERED, "esql_running", Tenant.ESQL),
    Drill(
        SUBJECT,
        "only the supervisor killed",
        supervisor_killed,
        DELIVERED,
        "running",
        note="the task process, which nobody watches any more, ends by itself",
    ),
    Drill(SUBJECT, "only the task process killed", task_killed, DELIVERED, "running"),
]


@pytest.mark.parametrize("drill", DRILLS, ids=lambda drill: drill.name)
def test_the_next_attempt_adopts_what_a_lost_one_left(drill, outcome_of) -> None:
    outcome_of(drill)
