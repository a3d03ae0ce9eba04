"""One run over time, and the cache as a view of the runs that succeeded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veza_emulator.graph.tenant_graph import Node
from veza_emulator.query.rows import QueryResult, SourceRow
from veza_emulator.query.spec import NodeSelector, QuerySpec, ResultValueType
from veza_emulator.tenant.behaviours import Behaviour, Outcome, Pace
from veza_emulator.tenant.executions import Execution, Executions, ExecutionState, Family

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SPEC = QuerySpec((NodeSelector("OktaUser", "", None, ()),), None, ResultValueType.SOURCE_NODES_WITH_COUNTS, False)
ROWS = tuple(SourceRow(Node(f"u{number}", "OktaUser", {}), 0) for number in range(10))
TEN_SECONDS = Behaviour(duration=timedelta(seconds=10), pending=timedelta(seconds=2))
RUN = Execution(
    id="run",
    family=Family.NODES,
    spec=SPEC,
    spec_as_sent={},
    result=QueryResult(SPEC.result_value_type, ROWS),
    behaviour=TEN_SECONDS,
    submitted=NOON,
    cache_id="cache",
)
BY_HAND = replace(RUN, behaviour=Behaviour(duration=None))
BY_TICK = replace(RUN, behaviour=TEN_SECONDS.at_pace(Pace.TICK))
AT_ONCE = replace(RUN, behaviour=TEN_SECONDS.at_pace(Pace.AT_ONCE))
FAILING = replace(RUN, behaviour=replace(TEN_SECONDS, outcome=Outcome.FAIL))


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("run", "seconds", "state", "rows"),
    [
        (RUN, 0, ExecutionState.PENDING, 0),
        (RUN, 1.9, ExecutionState.PENDING, 1),
        (RUN, 2, ExecutionState.IN_PROGRESS, 2),
        (RUN, 9.9, ExecutionState.IN_PROGRESS, 9),
        (RUN, 10, ExecutionState.SUCCEEDED, 10),
        (FAILING, 9.9, ExecutionState.IN_PROGRESS, 9),
        (FAILING, 10, ExecutionState.FAILED, 0),
        (BY_HAND, 1e6, ExecutionState.IN_PROGRESS, 0),
        (replace(BY_HAND, finished_by_hand=at(5)), 5, ExecutionState.SUCCEEDED, 10),
        (replace(RUN, finished_by_hand=at(5)), 5, ExecutionState.SUCCEEDED, 10),
        (replace(RUN, cancelled=at(5)), 5, ExecutionState.CANCELED, 0),
        (replace(RUN, cancelled=at(5)), 1e6, ExecutionState.CANCELED, 0),
        (replace(RUN, cancelled=at(11)), 12, ExecutionState.SUCCEEDED, 10),
    ],
)
def test_a_run_stands_where_its_clock_says(run: Execution, seconds: float, state: ExecutionState, rows: int) -> None:
    assert (run.state(at(seconds)), run.row_count(at(seconds))) == (state, rows)


@pytest.mark.parametrize(
    ("run", "states"),
    [
        (RUN, ["IN_PROGRESS", "SUCCEEDED", "SUCCEEDED"]),
        (FAILING, ["IN_PROGRESS", "FAILED", "FAILED"]),
        (BY_TICK, ["IN_PROGRESS", "SUCCEEDED", "SUCCEEDED"]),
        (replace(RUN, cancelled=NOON), ["CANCELED"] * 3),
        (AT_ONCE, ["SUCCEEDED"] * 3),
    ],
)
def test_a_tick_moves_a_run_one_state_further(run: Execution, states: list[str]) -> None:
    executions = Executions(cache_lifetime=HOUR)
    executions.add(run)
    seen = []
    for _ in range(3):
        executions.tick(NOON)
        seen.append(executions.all()[0].state(NOON))
    assert seen == states


def test_a_tick_returns_the_runs_that_it_moved() -> None:
    executions = Executions(cache_lifetime=HOUR)
    executions.add(RUN)
    executions.add(replace(RUN, id="over", behaviour=AT_ONCE.behaviour))
    assert [run.id for run in executions.tick(NOON)] == ["run"]


def test_a_run_at_the_pace_of_ticks_does_not_move_with_time() -> None:
    assert BY_TICK.state(at(1e9)) is ExecutionState.PENDING


@pytest.mark.parametrize("action", ["cancel", "finish"])
def test_queries_that_share_a_run_end_together_and_no_other_does(action: str) -> None:
    executions = Executions(cache_lifetime=HOUR)
    for run in (RUN, replace(RUN, id="joined", run_id="run"), replace(RUN, id="own")):
        executions.add(run)
    getattr(executions, action)("joined", at(5))
    assert [run.state(at(5)).is_running for run in executions.all()] == [False, False, True]


ORDER = [ExecutionState.PENDING, ExecutionState.IN_PROGRESS, ExecutionState.SUCCEEDED]


@given(st.floats(0, 30), st.floats(0, 30))
def test_a_run_never_goes_back(one: float, other: float) -> None:
    earlier, later = sorted((one, other))
    assert ORDER.index(RUN.state(at(earlier))) <= ORDER.index(RUN.state(at(later)))
    assert RUN.row_count(at(earlier)) <= RUN.row_count(at(later))


@pytest.mark.parametrize(
    ("run", "seconds", "readable"),
    [
        (RUN, 0, True),
        (RUN, 10, True),
        (RUN, 3_610, True),
        (RUN, 3_611, False),
        (BY_HAND, 1e6, True),
        (replace(RUN, cancelled=at(5)), 5, False),
        (replace(RUN, cancelled=at(11)), 12, False),
    ],
)
def test_a_run_is_readable_until_it_is_cancelled_or_its_result_expires(
    run: Execution, seconds: float, readable: bool
) -> None:
    assert run.is_readable(at(seconds), HOUR) is readable


@pytest.mark.parametrize(
    ("run", "seconds", "cached"),
    [
        (RUN, 9.9, False),
        (RUN, 10, True),
        (RUN, 3_610, True),
        (RUN, 3_611, False),
        (FAILING, 10, False),
        (replace(RUN, cancelled=at(5)), 20, False),
        (replace(RUN, cancelled=at(15)), 20, True),
        (replace(RUN, from_cache=True), 20, False),
        (replace(RUN, family=Family.RESULT, cache_id=""), 20, False),
    ],
)
def test_the_cache_holds_what_a_nodes_run_of_its_own_completed(run: Execution, seconds: float, cached: bool) -> None:
    executions = Executions(cache_lifetime=HOUR)
    executions.add(run)
    assert (executions.newest_cached(SPEC, at(seconds)) is not None) is cached
    assert (executions.cached("cache", at(seconds)) is not None) is cached


def test_the_newest_cached_result_is_the_one_that_completed_last() -> None:
    executions = Executions(cache_lifetime=HOUR)
    executions.add(RUN)
    executions.add(replace(RUN, id="late", cache_id="late", submitted=at(20)))
    executions.add(
        replace(RUN, id="quick", cache_id="quick", submitted=at(21), behaviour=Behaviour(timedelta(seconds=1)))
    )
    newest = executions.newest_cached(SPEC, at(100))
    assert newest is not None
    assert (newest.execution.id, newest.completed) == ("late", at(30))


def test_the_first_cancel_counts() -> None:
    executions = Executions(cache_lifetime=HOUR)
    executions.add(RUN)
    executions.cancel("run", at(5))
    executions.cancel("run", at(15))
    assert [run.cancelled for run in executions.all()] == [at(5)]


@pytest.mark.parametrize("ended", [replace(RUN, cancelled=at(1)), replace(RUN, behaviour=Behaviour(timedelta()))])
def test_finishing_a_run_that_has_ended_changes_nothing(ended: Execution) -> None:
    executions = Executions(cache_lifetime=HOUR)
    executions.add(ended)
    assert executions.finish("run", at(5)) == ended
