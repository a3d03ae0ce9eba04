"""Airflow 2.11 clears a running task differently by REST, by its web page and by its command line."""

from __future__ import annotations

import pytest
import requests
from drills.drill import ASKED_ANEW, DELIVERED, Drill
from lanes import LaneCase

from tools.real_airflow.release import Generation, installed_release

if installed_release().generation is not Generation.TWO:
    pytest.skip("Airflow 3 clears a task in one way only", allow_module_level=True)

SUBJECT = "running task on the cluster"
ANSWER_LIMIT = 30.0


def cleared_by_rest(case: LaneCase) -> None:
    case.wait_watched()
    case.task().clear()
    case.wait_watched_anew()
    case.finish()


def cleared_on_the_page(case: LaneCase) -> None:
    case.wait_watched()
    form = {
        "dag_id": case.run.dag_id,
        "task_id": "ask",
        "execution_date": _logical_date(case),
        "confirmed": "true",
        **dict.fromkeys(("upstream", "downstream", "future", "past", "recursive", "only_failed"), "false"),
    }

    def clear() -> None:
        with requests.Session() as session:
            session.trust_env = False
            session.post(f"{case.bench.airflow.api.url}/clear", data=form, timeout=ANSWER_LIMIT).raise_for_status()

    case.strike(clear)
    case.wait_watched(2)
    case.wait_cancelled()
    case.finish()


def cleared_by_command(case: LaneCase) -> None:
    case.wait_watched()
    day = _logical_date(case)
    narrowed = ("--task-regex", "^ask$", "--start-date", day, "--end-date", day, "--yes")
    case.strike(lambda: case.bench.airflow.command("tasks", "clear", case.run.dag_id, *narrowed))
    case.wait_watched(2)
    case.wait_cancelled()
    case.finish()


def _logical_date(case: LaneCase) -> str:
    [instance] = case.bench.airflow.api.task_instances(case.run.dag_id, case.run.run_id)
    return str(instance["execution_date"])


DRILLS = [
    Drill(
        SUBJECT,
        "cleared by REST",
        cleared_by_rest,  # type: ignore[arg-type]
        DELIVERED,
        "running",
        note="Airflow 2.11 does not end it: it keeps its query and delivers, or its retry does",
    ),
    Drill(SUBJECT, "cleared on the web page", cleared_on_the_page, ASKED_ANEW, "running"),  # type: ignore[arg-type]
    Drill(SUBJECT, "cleared by command line", cleared_by_command, ASKED_ANEW, "running"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize("drill", DRILLS, ids=lambda drill: drill.name)
def test_a_clear_is_acted_on_where_airflow_shows_it(drill, outcome_of) -> None:
    outcome_of(drill)
