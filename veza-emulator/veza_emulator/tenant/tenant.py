"""One Veza tenant: what each call of its API does, as plain Python; HTTP stays outside."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from veza_emulator.clock import TenantClock, utc_now
from veza_emulator.graph.tenant_graph import TenantGraph
from veza_emulator.oaa.part import GraphPart, JoinedGraph, join
from veza_emulator.query.evaluation.evaluate import Circumstances, evaluate
from veza_emulator.query.evaluation.selection import knows_all
from veza_emulator.query.rows import QueryResult
from veza_emulator.query.spec import QuerySpec
from veza_emulator.query.variables import checked_variables
from veza_emulator.reading.errors import ApiError, FieldViolation, invalid_argument, not_found
from veza_emulator.tenant.behaviours import Behaviour, Behaviours, Pace
from veza_emulator.tenant.custom_providers import CustomProviders
from veza_emulator.tenant.executions import Execution, Executions, ExecutionState, Family, Sight
from veza_emulator.tenant.faults import Faults
from veza_emulator.tenant.journal import Journal
from veza_emulator.tenant.oauth import Access, TokenIssuer
from veza_emulator.tenant.own_data import own_graph
from veza_emulator.tenant.query_library import QueryLibrary
from veza_emulator.tenant.query_requests import (
    AskedSpec,
    AttachToCache,
    NodesCreation,
    RunNow,
    RunUnlessCached,
)
from veza_emulator.tenant.rate_limit import RateLimit
from veza_emulator.tenant.saved_queries import SavedQuery
from veza_emulator.tenant.settings import TenantSettings
from veza_emulator.variants import (
    ApiKeys,
    CancelOfFinished,
    EqualSpecs,
    FirstLook,
    FreshQuery,
    LostCache,
    LostCancel,
)

_AT_ONCE = Behaviour(duration=None).at_pace(Pace.AT_ONCE)


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
        self._own_graph = self.graph = graph or own_graph(self.settings)
        self._variables = checked_variables(self.settings.variables)
        self.custom_providers = CustomProviders(self._show_parts)
        self.clock = TenantClock(now)
        self.journal = Journal()
        self.library = QueryLibrary()
        self.faults = Faults(self.settings.seed)
        self.tokens = TokenIssuer(self.settings)
        self.behaviours = Behaviours(Behaviour(self.settings.query_duration).at_pace(self.settings.pace))
        self.variants = self.settings.variants
        self.rate_limit = RateLimit()
        self._executions = Executions(self.settings.cache_lifetime)
        self._seen: set[str] = set()
        self._lock = threading.RLock()

    def answer(self, asked: AskedSpec) -> QueryResult:
        """Answer a query at once, from the graph as it is now; no run is kept of it."""
        return self._evaluate(asked.spec)

    def is_active(self, query: SavedQuery) -> bool:
        """Tell whether the tenant has every node type that a saved query names."""
        return knows_all(self.graph, query.definition.spec.selectors())

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

    def see(self, family: Family, execution_id: str) -> Sight | None:
        """Return what a caller's look at a run shows; None if it shows none. The first look may show something else."""
        with self._lock:
            execution = self.look(family, execution_id)
            if execution is None:
                return None
            is_first = execution_id not in self._seen
            self._seen.add(execution_id)
            if is_first and self.variants.fresh_query is FreshQuery.LOST:
                return None
            sight = execution.sight(self.clock.now())
            return self._outdated(sight) if is_first else sight

    def was_cancelled(self, execution_id: str) -> bool:
        """Tell whether a caller has cancelled this run."""
        with self._lock:
            execution = self._executions.get(execution_id)
            return execution is not None and execution.cancelled is not None

    def cancel_nodes(self, execution_id: str) -> None:
        """Cancel a nodes query, and every other one that shares its run; a lost id changes nothing."""
        with self._lock:
            execution = self.look(Family.NODES, execution_id)
            if execution is not None:
                self._cancel(execution)
            elif self.variants.lost_cancel is LostCancel.NOT_FOUND and not self.was_cancelled(execution_id):
                raise not_found("query_result", execution_id)

    def finish(self, execution_id: str) -> Execution:
        """End a running query at once, as its behaviour says."""
        with self._lock:
            execution = self._executions.finish(execution_id, self.clock.now())
            if execution is None:
                raise not_found("query", execution_id)
            return execution

    def tick(self) -> list[Execution]:
        """Move every running query one state further, and return those that moved."""
        with self._lock:
            return self._executions.tick(self.clock.now())

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

    def access(self, authorization: str) -> Access:
        """Return what the value of an Authorization header opens."""
        if self.variants.api_keys is ApiKeys.REFUSED and self.tokens.is_api_key(authorization):
            return Access.NOTHING
        return self.tokens.access(authorization, self.clock.now())

    def replace_own_graph(self, graph: TenantGraph) -> None:
        """Show other nodes of the tenant's own; what was pushed stays."""
        self._own_graph = graph
        self.custom_providers.rejoin()

    def _show_parts(self, parts: Sequence[GraphPart]) -> JoinedGraph:
        joined = join(self._own_graph, parts)
        # A query under way keeps the graph that it began with.
        self.graph = joined.graph
        return joined

    def _cancel(self, execution: Execution) -> None:
        now = self.clock.now()
        keeps = self.variants.cancel_of_finished is CancelOfFinished.KEEPS_RESULT
        if not (keeps and execution.finished(now)):
            self._executions.cancel(execution.id, now)

    def _outdated(self, sight: Sight) -> Sight:
        execution = sight.execution
        if self.variants.first_look is FirstLook.OWN_STATE or execution.from_cache:
            return sight
        cached = self._executions.cached_before(execution)
        if cached is None:
            return sight
        result = cached.execution.result
        return Sight(execution, ExecutionState.SUCCEEDED, len(result.rows), result)

    def _run_nodes(self, asked: AskedSpec) -> NodesTicket:
        result = self._evaluate(asked.spec)
        with self._lock:
            return self._ticket(self._joined(asked) or self._start(Family.NODES, asked, result))

    def _joined(self, asked: AskedSpec) -> Execution | None:
        """Return the query that joins a run of the same spec, where equal specs share one."""
        if self.variants.equal_specs is EqualSpecs.OWN_RUN:
            return None
        running = self._executions.running(asked.spec, self.clock.now())
        if running is None or self.variants.equal_specs is EqualSpecs.SAME_ID:
            return running
        joined = replace(running, id=str(uuid.uuid4()), run_id=running.run)
        self._executions.add(joined)
        return joined

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
                raise self._lost_cache(cache_id)
            return self._show(cached.execution)

    def _lost_cache(self, cache_id: str) -> ApiError:
        if self.variants.lost_cache is LostCache.NOT_FOUND:
            return not_found("cached_result", cache_id)
        return invalid_argument(FieldViolation("cached_result_context.cache_id", "The cached result has expired"))

    def _evaluate(self, spec: QuerySpec) -> QueryResult:
        under = Circumstances(self.clock.now(), self.library.spec_of, self.variants, self._variables)
        return evaluate(self.graph, spec, under)

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
            run_id="",
            started_by_hand=None,
            finished_by_hand=None,
            cancelled=None,
        )
        self._executions.add(execution)
        return self._ticket(execution)

    def _ticket(self, execution: Execution) -> NodesTicket:
        cached = self._executions.newest_cached(execution.spec, self.clock.now())
        return NodesTicket(execution, cached.execution.cache_id if cached else None)
