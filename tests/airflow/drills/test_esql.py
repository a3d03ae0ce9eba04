"""The same kills and crashes around a query in Elasticsearch: they leave no query, and no stored result either."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from drills.bench import Case, Tenant
from drills.drill import ASKED_ANEW, CANCELLED, DELIVERED, Drill
from drills.selection import Mark, params
from drills.test_kills import KILLS, RESTARTS_A_CLEARED_TASK, cleared, killed
from drills.test_restarts import triggerer_replaced
from drills.test_submits import killed_at, killed_during_results
from tools.real_airflow.processes import ManagedProcess


def drill(subject: str, event: str, act: Callable[[Case], None], **more: Any) -> Drill:
    return Drill(subject, event, act, **{"dag": "esql_deferred", "tenant": Tenant.ESQL, **more})


def waited_out(case: Case) -> None:
    case.wait_watched()
    case.finish()


DEFERRED, RUNNING = "deferred ES|QL task", "running ES|QL task"

OF_DEFERRED = [
    drill(DEFERRED, "waits to the end", waited_out, expected=DELIVERED),
    drill(DEFERRED, "marked failed", killed(KILLS["marked failed"]), expected=CANCELLED),
    drill(DEFERRED, "run deleted", killed(KILLS["run deleted"]), expected=CANCELLED),
    drill(DEFERRED, "cleared", cleared, expected=ASKED_ANEW),
]
OF_RUNNING = [
    drill(RUNNING, "marked failed", killed(KILLS["marked failed"]), expected=CANCELLED, dag="esql_running"),
    *([drill(RUNNING, "cleared", cleared, expected=ASKED_ANEW, dag="esql_running")] if RESTARTS_A_CLEARED_TASK else []),
]
CRASHES = [
    drill(
        "worker killed",
        "after the record, ES|QL task",
        killed_at("after_record"),
        expected=DELIVERED,
        dag="esql_running",
        hold_at="after_record",
    ),
    drill(
        "worker killed",
        "during results, ES|QL task",
        killed_during_results,
        expected=DELIVERED,
        hold_at="during_results",
    ),
]
OF_TRIGGERER = [
    drill(
        "triggerer",
        "SIGKILL, taken over by a second one, ES|QL task",
        triggerer_replaced(ManagedProcess.kill),
        expected=DELIVERED,
    )
]


@pytest.mark.parametrize("drill", params(OF_DEFERRED, Mark.ON_EVERY_VERSION))
def test_a_deferred_task_leaves_nothing_in_elasticsearch(drill, outcome_of) -> None:
    outcome_of(drill)


@pytest.mark.parametrize("drill", params([*OF_RUNNING, *CRASHES]))
def test_a_running_task_leaves_nothing_in_elasticsearch(drill, outcome_of) -> None:
    outcome_of(drill)


@pytest.mark.parametrize("drill", params(OF_TRIGGERER, Mark.ON_EVERY_VERSION))
def test_a_triggerer_that_dies_takes_no_query_with_it(drill, outcome_alone) -> None:
    outcome_alone(drill)
