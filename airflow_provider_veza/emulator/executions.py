"""One run of a query as a state machine over time, and all runs with the cache as a view of them; no clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from airflow_provider_veza.emulator.behaviours import Behaviour, Outcome
from airflow_provider_veza.emulator.query_spec import QuerySpec
from airflow_provider_veza.emulator.rows import QueryResult


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
    """One run; `from_cache` marks a run that only shows the result of an earlier one."""

    id: str
    family: Family
    spec: QuerySpec
    spec_as_sent: Mapping[str, Any]
    result: QueryResult
    behaviour: Behaviour
    submitted: datetime
    cache_id: str = ""
    from_cache: bool = False
    finished_by_hand: datetime | None = None
    cancelled: datetime | None = None

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
        if now < self.submitted + self.behaviour.pending:
            return ExecutionState.PENDING
        return ExecutionState.IN_PROGRESS

    def row_count(self, now: datetime) -> int:
        """Return how many rows are found by now: a share of all rows that grows with time."""
        state = self.state(now)
        if state is ExecutionState.SUCCEEDED:
            return len(self.result.rows)
        if not state.is_running or not self.behaviour.duration:
            return 0
        return int(len(self.result.rows) * ((now - self.submitted) / self.behaviour.duration))

    def is_readable(self, now: datetime, lifetime: timedelta) -> bool:
        """Tell whether a caller may still see the run: not cancelled, and not finished longer ago than the lifetime."""
        finished = self.finished(now)
        return self.cancelled is None and (finished is None or now - finished <= lifetime)


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
        self._ids_of_spec: dict[str, list[str]] = defaultdict(list)
        self._id_of_cache: dict[str, str] = {}

    def add(self, execution: Execution) -> None:
        """Keep a new run."""
        self._by_id[execution.id] = execution
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
        execution = self._by_id.get(execution_id)
        if execution is not None and execution.cancelled is None:
            self._by_id[execution_id] = replace(execution, cancelled=now)

    def finish(self, execution_id: str, now: datetime) -> Execution | None:
        """End a run that still runs, and return it."""
        execution = self._by_id.get(execution_id)
        if execution is not None and execution.state(now).is_running:
            self._by_id[execution_id] = replace(execution, finished_by_hand=now)
        return self._by_id.get(execution_id)

    def cached(self, cache_id: str, now: datetime) -> CachedResult | None:
        """Return the cached result with this id, None if there is none or it has expired."""
        return self._cached_result(self._id_of_cache.get(cache_id, ""), now)

    def newest_cached(self, spec: QuerySpec, now: datetime) -> CachedResult | None:
        """Return the newest cached result of this spec."""
        ids = self._ids_of_spec.get(spec.canonical(), ())
        cached = [result for execution_id in ids if (result := self._cached_result(execution_id, now))]
        return max(cached, key=lambda result: result.completed, default=None)

    def _cached_result(self, execution_id: str, now: datetime) -> CachedResult | None:
        execution = self._by_id.get(execution_id)
        if execution is None or execution.behaviour.outcome is Outcome.FAIL:
            return None
        completed = execution.finished(now)
        if completed is None or now - completed > self._cache_lifetime:
            return None
        return CachedResult(execution, completed)
