"""One run of a query as a state machine over time, and all runs with the cache as a view of them; no clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from veza_emulator.query.rows import QueryResult
from veza_emulator.query.spec import QuerySpec
from veza_emulator.tenant.behaviours import Behaviour, Outcome


class Family(StrEnum):
    """The two asynchronous families of the API."""

    NODES = "nodes"
    RESULT = "result"


class ExecutionState(StrEnum):
    """Where a run stands."""

    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"

    @property
    def is_running(self) -> bool:
        """Whether the run has not ended."""
        return self in (ExecutionState.PENDING, ExecutionState.IN_PROGRESS)


@dataclass(frozen=True)
class Execution:
    """One query and its run.

    :param from_cache: the query has no run, and only shows the result of an earlier one.
    :param run_id: the id of the query that the run was started for, where it is another one that shares its run.
    """

    id: str
    family: Family
    spec: QuerySpec
    spec_as_sent: Mapping[str, Any]
    result: QueryResult
    behaviour: Behaviour
    submitted: datetime
    cache_id: str = ""
    from_cache: bool = False
    run_id: str = ""
    started_by_hand: datetime | None = None
    finished_by_hand: datetime | None = None
    cancelled: datetime | None = None

    @property
    def run(self) -> str:
        """Which run this is; queries that share one have it in common."""
        return self.run_id or self.id

    @property
    def ends(self) -> datetime | None:
        """When the run ends if nobody cancels it; None while only a hand can end it."""
        if self.finished_by_hand is not None or self.behaviour.duration is None:
            return self.finished_by_hand
        return self.submitted + self.behaviour.duration

    def finished(self, now: datetime) -> datetime | None:
        """Return when the run came to its own end, None if it has not, or was cancelled first."""
        ends = self.ends
        if ends is None or ends > now or (self.cancelled is not None and self.cancelled < ends):
            return None
        return ends

    def state(self, now: datetime) -> ExecutionState:
        """Return where the run stands."""
        if self.finished(now) is not None:
            return ExecutionState.FAILED if self.behaviour.outcome is Outcome.FAIL else ExecutionState.SUCCEEDED
        if self.cancelled is not None:
            return ExecutionState.CANCELED
        return ExecutionState.PENDING if self._is_pending(now) else ExecutionState.IN_PROGRESS

    def ticked(self, now: datetime) -> Execution:
        """Return this run one state further; one that has ended stays as it is."""
        match self.state(now):
            case ExecutionState.PENDING:
                return replace(self, started_by_hand=now)
            case ExecutionState.IN_PROGRESS:
                return replace(self, finished_by_hand=now)
            case _:
                return self

    def row_count(self, now: datetime) -> int:
        """Return how many rows are found by now: a share of all rows that grows with time."""
        state = self.state(now)
        if state is ExecutionState.SUCCEEDED:
            return len(self.result.rows)
        if not state.is_running or not self.behaviour.duration:
            return 0
        return int(len(self.result.rows) * ((now - self.submitted) / self.behaviour.duration))

    def sight(self, now: datetime) -> Sight:
        """Return what a look shows."""
        return Sight(self, self.state(now), self.row_count(now), self.result)

    def is_readable(self, now: datetime, lifetime: timedelta) -> bool:
        """Tell whether a caller may still see the run: not cancelled, and not finished longer ago than the lifetime."""
        finished = self.finished(now)
        return self.cancelled is None and (finished is None or now - finished <= lifetime)

    def _is_pending(self, now: datetime) -> bool:
        if self.started_by_hand is not None:
            return False
        return self.behaviour.pending is None or now < self.submitted + self.behaviour.pending


@dataclass(frozen=True)
class Sight:
    """What a look at a query shows: how it stands, how many rows are found, and what it found once it succeeded."""

    execution: Execution
    state: ExecutionState
    row_count: int
    result: QueryResult


@dataclass(frozen=True)
class CachedResult:
    """The result that a run left in the cache, and when."""

    execution: Execution
    completed: datetime


class Executions:
    """Every run of the tenant; the cache is a view of the runs that succeeded."""

    def __init__(self, cache_lifetime: timedelta) -> None:
        self._cache_lifetime = cache_lifetime
        self._by_id: dict[str, Execution] = {}
        self._ids_of_run: dict[str, list[str]] = defaultdict(list)
        self._ids_of_spec: dict[str, list[str]] = defaultdict(list)
        self._id_of_cache: dict[str, str] = {}

    def add(self, execution: Execution) -> None:
        """Keep a new run."""
        self._by_id[execution.id] = execution
        self._ids_of_run[execution.run].append(execution.id)
        if execution.cache_id and not execution.from_cache:
            self._ids_of_spec[execution.spec.canonical()].append(execution.id)
            self._id_of_cache[execution.cache_id] = execution.id

    def get(self, execution_id: str) -> Execution | None:
        """Return the run with this id."""
        return self._by_id.get(execution_id)

    def all(self) -> list[Execution]:
        """Return every run, oldest first."""
        return list(self._by_id.values())

    def cancel(self, execution_id: str, now: datetime) -> None:
        """Cancel a run, which makes it unreadable for ever; the first cancel counts."""
        for execution in self._sharing(execution_id):
            if execution.cancelled is None:
                self._by_id[execution.id] = replace(execution, cancelled=now)

    def finish(self, execution_id: str, now: datetime) -> Execution | None:
        """End a run that still runs, and return it."""
        for execution in self._sharing(execution_id):
            if execution.state(now).is_running:
                self._by_id[execution.id] = replace(execution, finished_by_hand=now)
        return self._by_id.get(execution_id)

    def tick(self, now: datetime) -> list[Execution]:
        """Move each run that still runs one state further, and return those that moved."""
        moved = [execution.ticked(now) for execution in self._by_id.values() if execution.state(now).is_running]
        self._by_id.update((execution.id, execution) for execution in moved)
        return moved

    def running(self, spec: QuerySpec, now: datetime) -> Execution | None:
        """Return a nodes run of this spec that still runs."""
        runs = (self._by_id[execution_id] for execution_id in self._ids_of_spec.get(spec.canonical(), ()))
        return next((run for run in runs if run.state(now).is_running), None)

    def cached(self, cache_id: str, now: datetime) -> CachedResult | None:
        """Return the cached result with this id, None if there is none or it has expired."""
        return self._cached_result(self._id_of_cache.get(cache_id, ""), now)

    def newest_cached(self, spec: QuerySpec, now: datetime) -> CachedResult | None:
        """Return the newest cached result of this spec."""
        return self._newest(self._ids_of_spec.get(spec.canonical(), ()), now)

    def cached_before(self, execution: Execution) -> CachedResult | None:
        """Return the newest result that another run of the same spec had left in the cache when this one started."""
        ids = self._ids_of_spec.get(execution.spec.canonical(), ())
        others = [other for other in ids if self._by_id[other].run != execution.run]
        return self._newest(others, execution.submitted)

    def _newest(self, ids: Iterable[str], now: datetime) -> CachedResult | None:
        cached = [result for execution_id in ids if (result := self._cached_result(execution_id, now))]
        return max(cached, key=lambda result: result.completed, default=None)

    def _sharing(self, execution_id: str) -> list[Execution]:
        execution = self._by_id.get(execution_id)
        if execution is None:
            return []
        return [self._by_id[shared] for shared in self._ids_of_run[execution.run]]

    def _cached_result(self, execution_id: str, now: datetime) -> CachedResult | None:
        execution = self._by_id.get(execution_id)
        if execution is None or execution.behaviour.outcome is Outcome.FAIL:
            return None
        completed = execution.finished(now)
        if completed is None or now - completed > self._cache_lifetime:
            return None
        return CachedResult(execution, completed)
