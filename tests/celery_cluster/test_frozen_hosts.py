"""A worker host stands still, a retry begins elsewhere, and the host wakes: the attempt on it no longer counts."""

from __future__ import annotations

import time

import pytest
from drills.bench import Tenant
from drills.drill import CANCELLED_BY_AND_BY, DELIVERED, Drill, Expected, Tally
from lanes import Act, LaneCase
from settings import HEARTBEAT_TIMEOUT_SECONDS, TOKEN_LIFE_SECONDS

from tools.real_airflow.release import Generation, installed_release

SUBJECT = "frozen worker host"
SHORT_FREEZE_SECONDS = HEARTBEAT_TIMEOUT_SECONDS / 3
LONG_FREEZE_SECONDS = TOKEN_LIFE_SECONDS + 5
HAS_TOKENS = installed_release().generation is Generation.THREE
UNNAMED = Expected(Tally(2, cancelled=1), delivers="ask", instead=Tally(2, running=1))


def woken_beside_its_successor(case: LaneCase) -> None:
    case.wait_watched()
    first = case.attempt()
    with case.frozen():
        case.wait_adopted()
    case.wait_ended(first)
    case.wait_watched_anew()
    case.finish()


def woken_after_its_token_ended(case: LaneCase) -> None:
    case.wait_watched()
    first, begun = case.attempt(), time.monotonic()
    with case.frozen():
        case.wait_adopted()
        case.wait_until(lambda: time.monotonic() > begun + LONG_FREEZE_SECONDS, "the token's end")
    case.wait_ended(first)
    case.wait_watched_anew()
    case.finish()


def woken_in_time(case: LaneCase) -> None:
    case.wait_watched()
    begun = time.monotonic()
    with case.frozen():
        case.wait_until(lambda: time.monotonic() > begun + SHORT_FREEZE_SECONDS, "a short pause")
    case.wait_watched_anew()
    case.finish()
    assert case.task().try_number == 1


def woken_while_landing(case: LaneCase) -> None:
    case.wait_watched()
    case.tenant.finish(case.queries()[-1]["id"])
    case.wait_held_in("in_landing")
    first = case.attempt()
    with case.frozen():
        case.wait_held_in("in_landing", 2)
    case.let_go("in_landing")
    case.wait_ended(first)
    case.let_go("in_landing", 2)
    case.task().wait("success")


def woken_after_its_successor_landed(case: LaneCase) -> None:
    case.wait_watched()
    case.tenant.finish(case.queries()[-1]["id"])
    case.wait_held_in("in_landing")
    first = case.attempt()
    with case.frozen():
        case.task().wait("success")
    case.let_go("in_landing")
    case.wait_ended(first)


def woken_between_submit_and_record(case: LaneCase) -> None:
    case.wait_held_in("before_record")
    first = case.attempt()
    with case.frozen():
        case.wait_watched(2)
    case.let_go("before_record")
    case.wait_ended(first)
    case.wait_watched_anew()
    case.finish()


def woken_before_its_submit(case: LaneCase) -> None:
    case.wait_held_in("before_submit")
    first = case.attempt()
    with case.frozen():
        case.wait_watched()
    case.let_go("before_submit")
    case.wait_ended(first)
    case.wait_watched_anew()
    case.finish()


def woken_inside_its_submit(case: LaneCase) -> None:
    """Wake an attempt that was frozen after its last question and before its query was sent."""
    case.wait_held_in("inside_submit")
    first = case.attempt()
    with case.frozen():
        case.wait_watched()
        [waited_for] = case.queries()
    case.let_go("inside_submit")
    case.wait_ended(first)
    case.tenant.finish(waited_for["id"])
    case.task().wait("success")


def woken_after(seconds: float) -> Act:
    """Wake the host of a last attempt; what follows is told by the tenant."""

    def act(case: LaneCase) -> None:
        case.wait_watched()
        first, begun = case.attempt(), time.monotonic()
        with case.frozen():
            case.task().wait("failed")
            case.wait_until(lambda: time.monotonic() > begun + seconds, "the time to wake it")
        case.wait_ended(first)

    return act


def drill(event: str, act: Act, expected: Expected = DELIVERED, dag: str = "running", **more: str) -> Drill:
    return Drill(SUBJECT, event, act, expected, dag, **more)  # type: ignore[arg-type]


WAITING = [
    drill("woken while its successor waits", woken_beside_its_successor),
    drill(
        "woken while its successor waits, ES|QL task",
        woken_beside_its_successor,
        dag="esql_running",
        tenant=Tenant.ESQL,
    ),
    drill("woken while its successor waits, its token no longer valid", woken_after_its_token_ended),
    drill("woken before Airflow has missed it", woken_in_time, note="the same attempt goes on"),
]
LANDING = [
    drill("woken while its successor lands", woken_while_landing, dag="landing", hold_at="in_landing 2.in_landing"),
    drill("woken when its successor has landed", woken_after_its_successor_landed, dag="landing", hold_at="in_landing"),
]
AT_SUBMIT = [
    drill("woken before its submit", woken_before_its_submit, hold_at="before_submit"),
    drill(
        "woken inside its submit",
        woken_inside_its_submit,
        UNNAMED,
        hold_at="inside_submit",
        note="it had asked whether it counts just before; only it can name what it then sends",
    ),
    drill(
        "woken between submit and record",
        woken_between_submit_and_record,
        UNNAMED,
        hold_at="before_record",
        note="only the woken attempt can name the first query",
    ),
]
LAST = [
    drill("woken in its last attempt", woken_after(0), CANCELLED_BY_AND_BY, "running_last"),
    drill(
        "woken in its last attempt, its token no longer valid",
        woken_after(LONG_FREEZE_SECONDS),
        Expected(Tally(running=1)) if HAS_TOKENS else CANCELLED_BY_AND_BY,
        "running_last",
        note="on Airflow 3 nobody answers the woken attempt any more: the query is the sweeper's",
    ),
]


@pytest.mark.parametrize("drill", [*WAITING, *LANDING, *AT_SUBMIT], ids=lambda drill: drill.name)
def test_a_woken_attempt_leaves_its_successor_alone(drill, outcome_of) -> None:
    outcome_of(drill)


@pytest.mark.parametrize("drill", LAST, ids=lambda drill: drill.name)
def test_a_woken_last_attempt_ends_its_query_where_it_may(drill, outcome_of) -> None:
    outcome_of(drill)
