"""What the admin API shows of a tenant, as JSON: queries, behaviours, faults and all that the local page is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from veza_emulator import __version__
from veza_emulator.clock import rfc3339
from veza_emulator.tenant.behaviours import Behaviour
from veza_emulator.tenant.executions import Execution, ExecutionState
from veza_emulator.tenant.tenant import Tenant
from veza_emulator.variants import Variants

SECONDS_SHOWN = 60
QUERIES_SHOWN = 100


def render_query(execution: Execution, now: datetime) -> dict[str, Any]:
    """Return a query with its times, state and rows."""
    finished = execution.finished(now)
    return {
        "id": execution.id,
        "family": execution.family,
        "state": execution.state(now),
        "submitted": rfc3339(execution.submitted),
        "finished": rfc3339(finished) if finished else None,
        "cancelled": rfc3339(execution.cancelled) if execution.cancelled else None,
        "rows": execution.row_count(now),
        "cache_id": execution.cache_id or None,
        "from_cache": execution.from_cache,
        "spec": execution.spec_as_sent,
    }


def render_behaviour(behaviour: Behaviour, node_type: str | None) -> dict[str, Any]:
    """Return a behaviour, and which queries have it."""
    return {
        "match": None if node_type is None else {"node_type": node_type},
        "duration_seconds": _seconds(behaviour.duration),
        "pending_seconds": _seconds(behaviour.pending),
        "outcome": behaviour.outcome,
        "error_reason": behaviour.error_reason,
    }


def render_faults(tenant: Tenant) -> list[dict[str, Any]]:
    """Return the faults still to come."""
    return [{**asdict(fault), "times": left} for fault, left in tenant.faults.pending()]


def render_state(tenant: Tenant) -> dict[str, Any]:
    """Return how the tenant stands now: the newest queries, those that run first, and the last minute's requests."""
    now = tenant.clock.now()
    queries = [(execution, execution.state(now)) for execution in tenant.executions()]
    requests = tenant.journal.times_since(now - timedelta(seconds=SECONDS_SHOWN))
    return {
        "version": __version__,
        "now": rfc3339(now),
        "nodes": len(tenant.graph.nodes),
        "query_counts": Counter(state for _, state in queries),
        "queries": [_summary(execution, now) for execution in _shown(queries)],
        "requests": tenant.journal.total,
        "requests_per_second": per_second(requests, now, SECONDS_SHOWN),
        "faults": render_faults(tenant),
        "changed_variants": changed_variants(tenant.variants),
    }


def per_second(times: Iterable[datetime], now: datetime, seconds: int) -> list[int]:
    """Return how many of these times lie in each of the last seconds; the last number is the present second.

    >>> noon = datetime(2026, 11, 22, 12)
    >>> per_second([noon - timedelta(seconds=1), noon, noon], noon, 3)
    [0, 1, 2]
    """
    counts = Counter(int((now - time).total_seconds()) for time in times)
    return [counts[age] for age in reversed(range(seconds))]


def changed_variants(variants: Variants) -> dict[str, Any]:
    """Return the switches that do not stand as they stand by default."""
    usual = asdict(Variants())
    return {name: value for name, value in asdict(variants).items() if value != usual[name]}


def _shown(queries: Sequence[tuple[Execution, ExecutionState]]) -> list[Execution]:
    newest_first = [(execution, state.is_running) for execution, state in reversed(queries)]
    running = [execution for execution, is_running in newest_first if is_running]
    ended = [execution for execution, is_running in newest_first if not is_running]
    return (running + ended)[:QUERIES_SHOWN]


def _summary(execution: Execution, now: datetime) -> dict[str, Any]:
    rendered = render_query(execution, now)
    del rendered["spec"]
    return {**rendered, "node_types": execution.spec.node_types}


def _seconds(time: timedelta | None) -> float | None:
    return None if time is None else time.total_seconds()
