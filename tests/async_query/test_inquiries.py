"""Which waits Airflow is asked about, when, and how many at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_veza.async_query.identity import TaskIdentity
from airflow_provider_veza.async_query.inquiries import (
    BETWEEN_INQUIRIES,
    FIRST_AFTER,
    LONGEST_AFTER,
    MOST_NAMES,
    MOST_PAIRS,
    Due,
    Inquiry,
    Waiter,
    inquiries,
    next_at,
    next_inquiry,
    pause_after,
)
from support.operations import operations_of

NAMES = st.sampled_from(["ask", "ask_0", "ask_1", "ask_x", "land"])
WAITERS = st.builds(
    lambda dag, task, run, index: Waiter(TaskIdentity(dag, task, f"run {run}", index), 1),
    st.sampled_from(["access", "audit"]),
    NAMES,
    st.integers(0, 40),
    st.integers(-1, 3),
)


def waiter(task: str = "ask", run: str = "r", index: int = -1, dag: str = "access") -> Waiter:
    return Waiter(TaskIdentity(dag, task, run, index), 1)


def mapped(count: int, dag: str = "access") -> list[Waiter]:
    return [waiter(index=index, dag=dag) for index in range(count)]


def asked_over(waiters: Iterable[Waiter], seconds: float) -> list[tuple[float, Inquiry]]:
    """The inquiries of waits that begin together at 0, if an answer takes no time."""
    dues = {one: Due.first(one, 0.0) for one in waiters}
    asked: dict[str, float] = {}
    history: list[tuple[float, Inquiry]] = []
    while (now := next_at(dues.values(), asked)) is not None and now <= seconds:
        inquiry = next_inquiry(dues.values(), asked, now)
        assert inquiry is not None
        history.append((now, inquiry))
        asked[inquiry.dag_id] = now
        dues |= {one: dues[one].after_inquiry(now) for one in inquiry.waiters}
    return history


def test_the_first_inquiries_about_waits_that_begin_together_are_spread() -> None:
    firsts = [Due.first(one, 0.0).at for one in mapped(1_000)]
    in_ten_seconds = Counter(int(at // 10) for at in firsts)
    assert min(firsts) >= FIRST_AFTER * 2 / 3
    assert max(firsts) < FIRST_AFTER * 4 / 3
    assert max(in_ten_seconds.values()) < 350


def test_the_same_wait_is_asked_about_at_the_same_moment_wherever_it_runs() -> None:
    assert Due.first(waiter(), 0.0).at + 7 == Due.first(waiter(), 7.0).at


def test_a_wait_is_asked_about_ever_more_rarely() -> None:
    moments = [now for now, _ in asked_over([waiter()], 3_600)]
    pauses = [later - earlier for earlier, later in pairwise(moments)]
    assert pauses[:4] == pytest.approx([120, 240, 480, LONGEST_AFTER])
    assert pauses[4:] == pytest.approx([LONGEST_AFTER] * (len(pauses) - 4))


@pytest.mark.parametrize("dags", [1, 5])
def test_a_dag_is_asked_about_once_a_minute_at_most_however_many_of_its_tasks_wait(dags: int) -> None:
    everyone = [one for dag in range(dags) for one in mapped(500, f"dag {dag}")]
    moments: dict[str, list[float]] = {}
    for now, inquiry in asked_over(everyone, 3_600):
        moments.setdefault(inquiry.dag_id, []).append(now)
    for of_dag in moments.values():
        assert all(later - earlier >= BETWEEN_INQUIRIES for earlier, later in pairwise(of_dag))
        assert len(of_dag) <= 3_600 / BETWEEN_INQUIRIES


def test_every_wait_of_a_thousand_is_asked_about_within_four_minutes_by_a_few_inquiries() -> None:
    history = asked_over(mapped(1_000), 240)
    assert {one for _, inquiry in history for one in inquiry.waiters} == set(mapped(1_000))
    assert len(history) <= 4


def test_no_wait_starves_among_many_runs_of_one_dag() -> None:
    everyone = [waiter(run=f"run {run}") for run in range(1_000)]
    first_asked: dict[Waiter, float] = {}
    for now, inquiry in asked_over(everyone, 3_600):
        for one in inquiry.waiters:
            first_asked.setdefault(one, now)
    assert set(first_asked) == set(everyone)


def test_the_dag_that_has_been_due_for_longest_comes_first() -> None:
    dues = [Due(waiter(dag="late"), 10.0), Due(waiter(dag="later"), 20.0)]
    inquiry = next_inquiry(dues, {}, 30.0)
    assert inquiry is not None
    assert inquiry.dag_id == "late"


def test_what_is_not_due_is_not_asked_about() -> None:
    assert next_inquiry([Due(waiter(), 10.0)], {}, 9.9) is None
    assert next_inquiry([Due(waiter(), 10.0)], {"access": 0.0}, 59.0) is None
    assert next_at([], {}) is None


def test_an_inquiry_takes_along_the_waits_that_would_be_answered_for_anyway() -> None:
    due, rests = waiter(index=0), waiter(index=1)
    elsewhere = waiter(run="another run", index=2)
    dues = [Due(due, 0.0), Due(waiter(index=3), 0.0), Due(rests, 500.0), Due(elsewhere, 500.0)]
    inquiry = next_inquiry(dues, {}, 1.0)
    assert inquiry is not None
    assert set(inquiry.waiters) == {due, rests, waiter(index=3)}


def test_one_instance_of_a_mapped_task_is_asked_about_alone() -> None:
    assert inquiries([waiter(index=7)])[0].map_index == 7
    assert inquiries(mapped(2))[0].map_index is None


@pytest.mark.parametrize(
    ("one", "other", "are_apart"),
    [
        ("ask", "ask_0", True),
        ("ask_10", "ask", True),
        ("ask", "ask_x", False),
        ("ask", "asked", False),
        ("a", "b", False),
    ],
)
def test_tasks_whose_instances_airflow_would_call_alike_are_not_asked_about_together(
    one: str, other: str, *, are_apart: bool
) -> None:
    assert (len(inquiries([waiter(one, index=0), waiter(other)])) == 2) is are_apart


@given(st.lists(WAITERS, max_size=300))
def test_inquiries_are_about_everyone_once_and_each_is_small(waiters: list[Waiter]) -> None:
    asked = inquiries(dict.fromkeys(waiters))
    assert Counter(one for inquiry in asked for one in inquiry.waiters) == Counter(set(waiters))
    for inquiry in asked:
        assert {one.identity.dag_id for one in inquiry.waiters} == {inquiry.dag_id}
        assert len(inquiry.task_ids) + len(inquiry.run_ids) <= MOST_NAMES
        assert len(inquiry.task_ids) * len(inquiry.run_ids) <= MOST_PAIRS


MANY = {
    "runs of one task": lambda number: waiter(run=f"run {number}"),
    "tasks of one run": lambda number: waiter(f"ask_{number}_x"),
    "tasks, each in a run of its own": lambda number: waiter(f"ask {number}", f"run {number}"),
    "instances in many runs": lambda number: waiter(run=f"run {number % 300}", index=number // 300),
    "DAGs": lambda number: waiter(dag=f"dag {number}"),
}


@pytest.mark.parametrize("of_many", MANY)
def test_a_wait_more_costs_the_same_however_many_there_are_since_all_looks_stand_still_meanwhile(of_many: str) -> None:
    taken = {}
    for count in (800, 1_600, 2_400):
        dues = [Due.first(MANY[of_many](number), 0.0) for number in range(count)]
        together = operations_of(lambda waits=dues: inquiries(due.waiter for due in waits))
        taken[count] = together + operations_of(lambda waits=dues: next_inquiry(waits, {}, 100.0))

    assert taken[2_400] - taken[1_600] < 1.1 * (taken[1_600] - taken[800])


def test_instances_of_many_runs_that_come_by_turns_are_asked_about_together() -> None:
    by_turns = [waiter(run=f"run {run}", index=index) for index in range(30) for run in range(300)]

    assert len(inquiries(by_turns)) == 4


@given(st.floats(0, 15))
def test_whoever_answers_has_most_of_its_time_for_itself(took: float) -> None:
    assert took / (took + pause_after(took)) <= 0.2 + 1e-9


def test_an_inquiry_that_took_very_long_stops_the_asking_for_a_minute_at_most() -> None:
    assert pause_after(600.0) == 60.0
