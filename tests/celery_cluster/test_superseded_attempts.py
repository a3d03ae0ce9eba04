"""An attempt that a later one has superseded comes to its end: whatever that end is, the later one's row must not feel it."""

from __future__ import annotations

import pytest
from drills.drill import DELIVERED, Drill
from lanes import Act, LaneCase

SUBJECT = "superseded attempt"


def returns(case: LaneCase) -> None:
    """Let the query end while the later attempt reads its result; the woken one then has a result to return too."""
    case.wait_watched()
    first = case.attempt()
    with case.frozen():
        case.wait_adopted()
        case.tenant.finish(case.queries()[-1]["id"])
        case.wait_held_in("after_deliver", 2)
    case.wait_ended(first)
    _second_goes_on(case, "after_deliver")


def raises(case: LaneCase) -> None:
    case.wait_watched()
    case.tenant.finish(case.queries()[-1]["id"])
    case.wait_held_in("during_results")
    first = case.attempt()
    with case.frozen():
        case.wait_held_in("during_results", 2)
    case.let_go("during_results", word="raise")
    case.wait_ended(first)
    _second_goes_on(case, "during_results")


def _second_goes_on(case: LaneCase, point: str) -> None:
    task = case.task()
    assert (task.state, task.try_number) == ("running", 2)
    case.let_go(point, 2)
    task.wait("success")
    assert task.try_number == 2


def drill(event: str, act: Act, hold_at: str) -> Drill:
    return Drill(SUBJECT, event, act, DELIVERED, "running", hold_at=hold_at)  # type: ignore[arg-type]


DRILLS = [
    drill("has a result to return", returns, "2.after_deliver"),
    drill("raises an error", raises, "during_results 2.during_results"),
]


@pytest.mark.parametrize("drill", DRILLS, ids=lambda drill: drill.name)
def test_the_end_of_a_superseded_attempt_does_no_harm(drill, outcome_of) -> None:
    outcome_of(drill)
