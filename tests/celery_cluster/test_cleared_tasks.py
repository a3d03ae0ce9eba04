"""Somebody clears tasks of a run: what was cleared asks anew, and nothing else loses its query."""

from __future__ import annotations

import json

import pytest
from drills.bench import Query
from drills.drill import ASKED_ANEW, DELIVERED, Drill, Expected, Tally
from lanes import Act, LaneCase

from tools.real_airflow.release import Generation, installed_release

SUBJECT = "task beside a cleared one"
HAS_MAPPED_CLEARS = installed_release().generation is Generation.THREE
"""Whether one instance of a mapped task can be cleared by REST."""


def other_cleared_then_host_killed(case: LaneCase) -> None:
    case.wait_watched()
    case.task("other").wait("success").clear()
    case.task("other").wait("success")
    case.host().kill()
    case.wait_adopted()
    case.finish()


def other_cleared_twice_then_task_killed(case: LaneCase) -> None:
    case.wait_watched()
    for _ in range(2):
        case.task("other").wait("success").clear()
    case.task("other").wait("success")
    case.attempt().kill_task()
    case.wait_adopted()
    case.finish()


def mapped_other_cleared_then_host_killed(case: LaneCase) -> None:
    case.wait_until(lambda: len(case.watched()) == 2, "both queries to be waited for")
    case.task("other", 0).wait("success").clear()
    case.wait_until(lambda: _tries(case, "other", 0) == 2, "the other task to run again")
    _kill_task_and_finish(case)


def instance_cleared_then_its_sibling_killed(case: LaneCase) -> None:
    case.wait_until(lambda: len(case.watched()) == 2, "both queries to be waited for")
    case.task(map_index=1).clear()
    case.wait_until(lambda: len(case.watched()) == 3, "the cleared instance to ask anew")
    _kill_task_and_finish(case)


def _kill_task_and_finish(case: LaneCase) -> None:
    """Kill the untouched instance's task, wait for its adoption, and end all queries."""
    case.attempt(map_index=0).kill_task()
    asked = len(case.queries())

    def is_adopted() -> bool:
        assert len(case.queries()) == asked, "the untouched instance asked anew instead of adopting"
        return "Adopting query" in case.task(map_index=0).log_text()

    case.wait_until(is_adopted, "the untouched instance to adopt")
    for query in case.queries():
        if not query["cancelled"]:
            case.tenant.finish(query["id"])
    for map_index in range(2):
        case.task(map_index=map_index).wait("success")
        assert case.task(map_index=map_index).xcom() == case.tenant.rows(_last_of(case, map_index)["id"])


def _last_of(case: LaneCase, map_index: int) -> Query:
    whose = f"{case.run.run_id} {map_index}"
    return [query for query in case.queries() if whose in json.dumps(query["spec"])][-1]


def _tries(case: LaneCase, task_id: str, map_index: int) -> int:
    return case.task(task_id, map_index).try_number


def drill(event: str, act: Act, expected: Expected, dag: str) -> Drill:
    return Drill(SUBJECT, event, act, expected, dag)  # type: ignore[arg-type]


UNTOUCHED = [
    drill("the other cleared, then its own host killed", other_cleared_then_host_killed, DELIVERED, "beside"),
    drill(
        "the other cleared twice, then its own task killed", other_cleared_twice_then_task_killed, DELIVERED, "beside"
    ),
    drill(
        "a mapped other cleared, then its own task killed",
        mapped_other_cleared_then_host_killed,
        Expected(Tally(2)),
        "beside_mapped",
    ),
]
SIBLING = [
    drill(
        "another instance of the same mapped task cleared, then its own task killed",
        instance_cleared_then_its_sibling_killed,
        Expected(Tally(3, cancelled=1)),
        "beside_mapped",
    )
]


@pytest.mark.parametrize("drill", [*UNTOUCHED, *(SIBLING if HAS_MAPPED_CLEARS else [])], ids=lambda drill: drill.name)
def test_the_retry_of_an_untouched_task_adopts(drill, outcome_of) -> None:
    outcome_of(drill)


def cleared(case: LaneCase) -> None:
    case.wait_watched()
    case.strike(case.task().clear)
    case.wait_watched(2)
    case.wait_cancelled()
    case.finish()


OWN = [Drill("deferred task on the cluster", "cleared", cleared, ASKED_ANEW)]  # type: ignore[list-item]


@pytest.mark.parametrize("drill", OWN, ids=lambda drill: drill.name)
def test_a_cleared_task_asks_anew(drill, outcome_of) -> None:
    outcome_of(drill)
