"""One Veza tenant: what each call of its API does, as plain Python; HTTP stays outside."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from airflow_provider_veza.emulator.behaviours import Behaviour, Behaviours
from airflow_provider_veza.emulator.clock import TenantClock, utc_now
from airflow_provider_veza.emulator.demo_tenant import demo_graph
from airflow_provider_veza.emulator.errors import FieldViolation, invalid_argument, not_found
from airflow_provider_veza.emulator.evaluate import evaluate
from airflow_provider_veza.emulator.executions import Execution, Executions, Family
from airflow_provider_veza.emulator.faults import Faults
from airflow_provider_veza.emulator.graph import TenantGraph
from airflow_provider_veza.emulator.journal import Journal
from airflow_provider_veza.emulator.oauth import TokenIssuer
from airflow_provider_veza.emulator.query_requests import (
    AskedSpec,
    AttachToCache,
    NodesCreation,
    RunNow,
    RunUnlessCached,
)
from airflow_provider_veza.emulator.query_spec import QuerySpec
from airflow_provider_veza.emulator.rows import QueryResult
from airflow_provider_veza.emulator.settings import TenantSettings
from airflow_provider_veza.emulator.variants import UnknownNodeType

_AT_ONCE = Behaviour(duration=timedelta(), pending=timedelta())


@dataclass(frozen=True)
class NodesTicket:
    """The answer to a nodes create: the run, and the newest cached result of the same spec if there is one."""

    execution: Execution
    last_completed_cache_id: str | None


class Tenant:
    """State of one tenant over its clock; every method may be called from any thread."""

    def __init__(
        self,
        settings: TenantSettings | None = None,
        graph: TenantGraph | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.settings = settings or TenantSettings()
        self.graph = graph or demo_graph(self.settings.size, self.settings.seed)
        self.clock = TenantClock(now)
        self.journal = Journal()
        self.faults = Faults()
        self.tokens = TokenIssuer(self.settings)
        self.behaviours = Behaviours(Behaviour(duration=self.settings.query_duration))
        self._executions = Executions(self.settings.cache_lifetime)
        self._lock = threading.RLock()

    def create_nodes(self, creation: NodesCreation) -> NodesTicket:
        """Run a nodes query or show a cached result of it, as asked."""
        match creation:
            case AttachToCache(cache_id):
                return self._attach(cache_id)
            case RunUnlessCached(asked, max_staleness):
                return self._show_if_fresh(asked, max_staleness) or self._run_nodes(asked)
            case RunNow(asked):
                return self._run_nodes(asked)

    def create_task(self, asked: AskedSpec) -> Execution:
        """Run a result query."""
        result = self._evaluate(asked.spec)
        with self._lock:
            return self._start(Family.RESULT, asked, result)

    def look(self, family: Family, execution_id: str) -> Execution | None:
        """Return a run that may still be seen; None if unknown, cancelled, expired or of the other family."""
        with self._lock:
            execution = self._executions.get(execution_id)
            if execution is None or execution.family is not family:
                return None
            return execution if execution.is_readable(self.clock.now(), self.settings.result_lifetime) else None

    def cancel_nodes(self, execution_id: str) -> None:
        """Cancel a nodes query; an id that is unknown or of the other family changes nothing."""
        with self._lock:
            execution = self._executions.get(execution_id)
            if execution is not None and execution.family is Family.NODES:
                self._executions.cancel(execution_id, self.clock.now())

    def finish(self, execution_id: str) -> Execution:
        """End a running query at once, as its behaviour says."""
        with self._lock:
            execution = self._executions.finish(execution_id, self.clock.now())
            if execution is None:
                raise not_found("query", execution_id)
            return execution

    def executions(self) -> list[Execution]:
        """Return every run, oldest first."""
        with self._lock:
            return self._executions.all()

    def running(self) -> list[Execution]:
        """Return every run that has not ended."""
        now = self.clock.now()
        return [execution for execution in self.executions() if execution.state(now).is_running]

    def set_behaviour(self, behaviour: Behaviour, node_type: str | None = None) -> None:
        """Set how new queries from a source node type go, or all others."""
        with self._lock:
            self.behaviours.set(behaviour, node_type)

    def _run_nodes(self, asked: AskedSpec) -> NodesTicket:
        result = self._evaluate(asked.spec)
        with self._lock:
            return self._ticket(self._start(Family.NODES, asked, result))

    def _show_if_fresh(self, asked: AskedSpec, max_staleness: timedelta) -> NodesTicket | None:
        with self._lock:
            now = self.clock.now()
            cached = self._executions.newest_cached(asked.spec, now)
            if cached is None or now - cached.completed > max_staleness:
                return None
            return self._show(cached.execution)

    def _attach(self, cache_id: str) -> NodesTicket:
        with self._lock:
            cached = self._executions.cached(cache_id, self.clock.now())
            if cached is None:
                raise not_found("cached_result", cache_id)
            return self._show(cached.execution)

    def _evaluate(self, spec: QuerySpec) -> QueryResult:
        if self.settings.variants.unknown_node_type is UnknownNodeType.ERROR:
            self._refuse_unknown_node_types(spec)
        return evaluate(self.graph, spec)

    def _refuse_unknown_node_types(self, spec: QuerySpec) -> None:
        unknown = sorted(set(spec.node_types) - set(self.graph.node_types))
        if unknown:
            raise invalid_argument(
                *(FieldViolation("node_type", f"{name} is not a valid NodeType") for name in unknown)
            )

    def _start(self, family: Family, asked: AskedSpec, result: QueryResult) -> Execution:
        execution = Execution(
            id=str(uuid.uuid4()),
            family=family,
            spec=asked.spec,
            spec_as_sent=asked.as_sent,
            result=result,
            behaviour=self.behaviours.of(asked.spec),
            submitted=self.clock.now(),
            cache_id=str(uuid.uuid4()) if family is Family.NODES else "",
        )
        self._executions.add(execution)
        return execution

    def _show(self, cached: Execution) -> NodesTicket:
        execution = replace(
            cached,
            id=str(uuid.uuid4()),
            behaviour=_AT_ONCE,
            submitted=self.clock.now(),
            from_cache=True,
            finished_by_hand=None,
            cancelled=None,
        )
        self._executions.add(execution)
        return self._ticket(execution)

    def _ticket(self, execution: Execution) -> NodesTicket:
        cached = self._executions.newest_cached(execution.spec, self.clock.now())
        return NodesTicket(execution, cached.execution.cache_id if cached else None)
