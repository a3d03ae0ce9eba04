"""Time runs out, the DAG file is edited, tasks share a spec, and the run, not a task, owns the query."""

from __future__ import annotations

from datetime import datetime

import pytest

from drills.bench import Case
from drills.drill import ASKED_ANEW, CANCELLED, DELIVERED, Drill, Expected, Tally
from drills.selection import params
from tools.real_airflow.release import Generation, installed_release

EDITED_RETRIES = 3
TELLS_A_CLEAR = installed_release().generation is Generation.THREE
"""Whether Airflow counts the clears of a run that has not ended."""


def deadline_passes(case: Case) -> None:
    case.wait_watched()
    case.struck_at = deadline(case)
    case.wait_cancelled()
    case.task().wait("failed")


def deadline_passes_before_a_retry(case: Case) -> None:
    case.wait_watched()
    case.struck_at = deadline(case)
    case.wait_watched(2)
    case.wait_cancelled()
    case.finish()


def attempt_times_out(case: Case) -> None:
    case.wait_watched()
    case.wait_cancelled()
    case.task().wait("failed")


def deadline(case: Case) -> datetime:
    return datetime.fromisoformat(case.task().xcom("veza_query")["deadline"])


def retries_edited(case: Case) -> None:
    case.wait_held("after_record")
    edit_retries(case, EDITED_RETRIES)
    case.kill_task()
    case.wait_watched()
    case.finish()


def cleared_after_retries_were_edited(case: Case) -> None:
    case.wait_watched()
    edit_retries(case, 0)
    case.strike(case.task().clear)
    case.wait_watched(2)
    case.wait_cancelled()
    case.finish()


def cleared_after_retries_were_edited_unseen(case: Case) -> None:
    case.wait_watched()
    edit_retries(case, 0)
    case.task().clear()
    case.wait_until(lambda: case.task().try_number == 2, "the second attempt")
    case.wait_watched_anew()
    case.finish()


def edit_retries(case: Case, retries: int) -> None:
    api = case.bench.airflow.api

    def are_read() -> bool:
        if api.task(case.run.dag_id, "ask")["retries"] == retries:
            return True
        api.read_again(case.run.dag_id)
        return False

    (case.bench.folder / case.run.dag_id).write_text(str(retries))
    case.wait_until(are_read, "Airflow to read the edited file")


def one_of_two_marked_failed(case: Case) -> None:
    marked, other = case.task(map_index=0), case.task(map_index=1)
    case.wait_until(lambda: len(case.watched()) == 2, "both queries to be waited for")
    doomed = marked.xcom("veza_query")["id"]
    case.strike(marked.mark_failed)
    case.wait_cancelled()
    case.tenant.finish(other.xcom("veza_query")["id"])
    other.wait("success")
    assert [query["id"] for query in case.queries() if query["cancelled"]] == [doomed]
    assert other.xcom() == case.tenant.rows(other.xcom("veza_query")["id"])


def run_failed_with_a_teardown(case: Case) -> None:
    case.wait_watched()
    case.strike(case.run.mark_failed)
    case.wait_cancelled()


def run_timed_out_with_a_teardown(case: Case) -> None:
    case.wait_watched()
    case.wait_until(lambda: case.run.state == "failed", "the run to time out")


TIME = [
    Drill("deferred task", "deadline", deadline_passes, CANCELLED, "deferred_short_query"),
    Drill(
        "deferred task",
        "deadline, and a retry",
        deadline_passes_before_a_retry,
        ASKED_ANEW,
        "deferred_short_query_retried",
    ),
    Drill("deferred task", "execution_timeout", attempt_times_out, CANCELLED, "deferred_short_attempt"),
    Drill("running task", "execution_timeout", attempt_times_out, CANCELLED, "running_short_attempt"),
]
EDITS = [
    Drill(
        "worker killed",
        "retries edited before the next attempt",
        retries_edited,
        DELIVERED,
        "retries_raised",
        hold_at="after_record",
    ),
    Drill(
        "deferred task",
        "retries edited so that max_tries stays the same, then cleared",
        *(
            (cleared_after_retries_were_edited, ASKED_ANEW)
            if TELLS_A_CLEAR
            else (cleared_after_retries_were_edited_unseen, DELIVERED)
        ),
        "retries_dropped",
        note="Airflow 2.11 says nothing by which this clear could be told from a retry: the query is adopted",
    ),
]
SHARED = [
    Drill(
        "deferred task",
        "one of two mapped tasks with one spec marked failed",
        one_of_two_marked_failed,
        Expected(Tally(2, cancelled=1)),
        "mapped",
        note="the other one's rows are delivered",
    )
]
OWNED_BY_THE_RUN = [
    Drill(
        "submit, sensor, teardown",
        "run marked failed",
        run_failed_with_a_teardown,
        CANCELLED,
        "handed_over",
        note="the teardown cancels",
    ),
    Drill(
        "submit, sensor, teardown",
        "dagrun_timeout",
        run_timed_out_with_a_teardown,
        Expected(Tally(running=1)),
        "handed_over_short_run",
        note="Airflow skips the teardown; the query is the sweeper's",
    ),
]


@pytest.mark.parametrize("drill", params(TIME))
def test_a_query_ends_with_the_time_that_it_was_given(drill, outcome_of) -> None:
    outcome_of(drill)


@pytest.mark.parametrize("drill", params(EDITS))
def test_edited_retries_are_neither_taken_for_a_clear_nor_hide_one(drill, outcome_of) -> None:
    outcome_of(drill)


@pytest.mark.parametrize("drill", params(SHARED))
def test_the_query_of_the_other_task_goes_on(drill, outcome_of) -> None:
    outcome_of(drill)


@pytest.mark.parametrize("drill", params(OWNED_BY_THE_RUN))
def test_a_query_that_the_run_owns_ends_with_the_run_where_airflow_lets_it(drill, outcome_of) -> None:
    outcome_of(drill)
