"""The verdict over a soak sees each breach of the promise, and excuses what somebody has asked for."""

from __future__ import annotations

from typing import Any

import pytest
from soak.chaos import Event
from soak.load import SoakQuery
from soak.trace import Key, Step, Trace
from soak.verdict import Evidence, judge, orphans

KEY = Key("run_00000001", "running")
ESQL = Key("run_00000001", "esql")
LAST = Key("run_00000001", "last_running")
ROWS = [{"id": "a"}, {"id": "b"}]


class Service:
    def queries(self) -> list[dict[str, Any]]:
        return []

    def finish(self, query_id: str) -> None: ...

    def rows(self, query_id: str) -> list[Any]:
        return ROWS


def query(
    submitted: float, *, key: Key = KEY, finished: float | None = None, cancelled: float | None = None
) -> SoakQuery:
    return SoakQuery(key, Service(), f"q{submitted:.0f}", submitted, finished, cancelled)


def trace(*steps: tuple[float, str], key: Key = KEY, number: int = 1) -> Trace:
    return Trace(key, number, tuple(Step(at, step, "host", 1, 1) for at, step in steps))


def evidence(
    *queries: SoakQuery, events: list[Event] | None = None, traces: list[Trace] | None = None, rows: Any = ROWS
):
    return Evidence(queries, events or [], traces or [], lambda key: rows)


def kinds(given: Evidence) -> list[str]:
    return [finding.kind for finding in judge(given)]


def of_key(kind: str, at: float, key: Key = KEY) -> Event:
    return Event(at, kind, "", key.run_id, key.task_id, key.map_index)


DELIVERED = query(100, finished=120)


def test_a_delivered_query_is_no_finding() -> None:
    assert kinds(evidence(DELIVERED)) == []


def test_a_cancel_that_nobody_asked_for_is_found() -> None:
    assert "wrong cancel" in kinds(evidence(query(100, cancelled=110), query(111, finished=120)))


def test_a_cancel_after_the_end_is_found_even_where_somebody_asked_for_it() -> None:
    given = evidence(query(100, finished=105, cancelled=110), events=[of_key("mark task failed", 109)])

    assert kinds(given) == ["cancelled after its end"]


@pytest.mark.parametrize("kind", ["mark task failed", "mark run failed", "delete run", "mark task success"])
def test_a_cancel_after_a_mark_is_excused(kind: str) -> None:
    assert kinds(evidence(query(100, cancelled=110), events=[of_key(kind, 109)])) == []


def test_a_mark_that_comes_later_excuses_nothing() -> None:
    assert "wrong cancel" in kinds(evidence(query(100, cancelled=110), events=[of_key("mark task failed", 130)]))


def test_a_clear_of_another_task_excuses_nothing() -> None:
    other = Key(KEY.run_id, "deferred")
    given = evidence(query(100, cancelled=110), query(111, finished=120), events=[of_key("clear task", 109, other)])

    assert kinds(given) == ["wrong cancel"]


def test_the_cancel_of_a_last_attempt_is_excused() -> None:
    assert kinds(evidence(query(100, key=LAST, cancelled=110), rows=None)) == []


def test_a_second_query_beside_the_first_is_found() -> None:
    assert kinds(evidence(query(100, finished=130), query(110, finished=120))) == ["double submit"]


def test_a_second_query_after_a_clear_is_excused() -> None:
    given = evidence(query(100, cancelled=110), query(111, finished=120), events=[of_key("clear task", 109)])

    assert kinds(given) == []


def test_an_attempt_that_died_inside_its_submit_excuses_one_query_that_runs_on() -> None:
    died = trace((99, "began"), (99.5, "submitting"))
    given = evidence(query(100), query(110, finished=120), traces=[died])

    assert kinds(given) == []
    assert list(orphans(given, swept=True)) == []


def test_an_attempt_that_noted_its_query_excuses_nothing() -> None:
    noted = trace((99, "began"), (99.5, "submitting"), (100, "submitted"), (100.2, "recorded"))
    given = evidence(query(100), query(110, finished=120), traces=[noted])

    assert kinds(given) == ["double submit"]
    assert [finding.kind for finding in orphans(given, swept=True)] == ["orphan"]


def test_a_frozen_attempt_may_take_back_at_once_what_it_sent_when_it_woke() -> None:
    woken = trace((60, "began"), (61, "submitting"))
    given = evidence(query(100, cancelled=100.3), query(102, finished=120), traces=[woken])

    assert kinds(given) == []


def test_an_attempt_that_froze_while_its_submit_was_answered_may_take_it_back_when_it_wakes() -> None:
    woken = trace((99, "began"), (99.5, "submitting"))
    queries = [query(100, cancelled=127.4), query(121, finished=140)]

    assert kinds(evidence(*queries, traces=[woken], events=[Event(101, "freeze long", "host")])) == []
    for event in (
        Event(101, "freeze long", "other"),
        Event(101, "freeze short", "host"),
        Event(60, "freeze long", "host"),
    ):
        assert "wrong cancel" in kinds(evidence(*queries, traces=[woken], events=[event]))


@pytest.mark.parametrize(
    ("cancelled", "noted"),
    [(111, []), (100.3, [(62, "submitted"), (62.1, "recorded")])],
    ids=["later", "after another query was noted"],
)
def test_a_woken_attempt_may_cancel_nothing_else(cancelled: float, noted: list[tuple[float, str]]) -> None:
    woken = trace((60, "began"), (61, "submitting"), *noted)

    assert "wrong cancel" in kinds(evidence(query(100, cancelled=cancelled), query(112, finished=120), traces=[woken]))


@pytest.mark.parametrize(("key", "found"), [(ESQL, []), (KEY, ["double submit"])])
def test_only_rows_in_xcom_whose_source_was_released_may_be_asked_again(key: Key, found: list[str]) -> None:
    delivered = trace((100, "recorded"), (121, "delivered"), key=key)

    assert (
        kinds(evidence(query(100, key=key, finished=120), query(140, key=key, finished=150), traces=[delivered]))
        == found
    )


@pytest.mark.parametrize("rows", [None, ROWS[:1], ROWS * 2])
def test_rows_that_are_lost_or_repeated_are_found(rows: Any) -> None:
    assert kinds(evidence(DELIVERED, rows=rows)) == ["rows lost or repeated"]


def test_a_last_attempt_may_leave_a_query_only_before_the_sweep() -> None:
    left = evidence(query(100, key=LAST))

    assert list(orphans(left, swept=False)) == []
    assert [finding.kind for finding in orphans(left, swept=True)] == ["orphan"]
