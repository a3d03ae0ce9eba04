"""The host dies between two steps of a delivery: deliver, note it, release the source, report success."""

from __future__ import annotations

import pytest
from drills.bench import Tenant
from drills.drill import DELIVERED, Drill, Expected, Tally
from lanes import Act, LaneCase

from tools.real_airflow.release import Generation, installed_release

SUBJECT = "delivery"
ASKED_AGAIN = Expected(Tally(2), delivers="ask")
EXCEPTION = "the second named exception: the source is gone before Airflow has the rows"
ACCEPTS_BEFORE_THE_CALLBACK = installed_release().generation is Generation.THREE
"""Whether the task's success callback runs after Airflow has accepted the success; on 2.11 it runs before."""


def interrupted(point: str, queries: int) -> Act:
    def act(case: LaneCase) -> None:
        case.wait_watched()
        case.tenant.finish(case.queries()[-1]["id"])
        case.wait_held_in(point)
        case.host().kill()
        if queries == 2:
            case.wait_watched(2)
            case.tenant.finish(case.queries()[-1]["id"])
        case.task().wait("success")

    return act


def drills_of(words: str, dag: str, tenant: Tenant) -> list[Drill]:
    loses_rows = dag == "esql_running"
    accepted = (
        "after success was accepted" if ACCEPTS_BEFORE_THE_CALLBACK else "after execute, before success is accepted"
    )
    steps = {
        "after_deliver": ("after the delivery", False),
        "after_note": ("after the delivery was noted", False),
        "after_release": ("after the release", loses_rows),
        "after_report": (accepted, loses_rows and not ACCEPTS_BEFORE_THE_CALLBACK),
    }
    return [
        Drill(
            SUBJECT,
            f"{words}, the host dies {when}",
            interrupted(point, 2 if is_lost else 1),  # type: ignore[arg-type]
            ASKED_AGAIN if is_lost else DELIVERED,
            dag,
            tenant,
            point,
            EXCEPTION if is_lost else "",
        )
        for point, (when, is_lost) in steps.items()
    ]


DRILLS = [
    *drills_of("rows in XCom", "running", Tenant.USUAL),
    *drills_of("landed rows", "landing", Tenant.USUAL),
    *drills_of("rows of ES|QL in XCom", "esql_running", Tenant.ESQL),
    *drills_of("landed rows of ES|QL", "esql_landing", Tenant.ESQL),
]


@pytest.mark.parametrize("drill", DRILLS, ids=lambda drill: drill.name)
def test_an_interrupted_delivery_is_completed(drill, outcome_of) -> None:
    outcome_of(drill)
