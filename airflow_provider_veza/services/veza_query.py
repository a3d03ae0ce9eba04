"""From a DAG author's arguments to a checked query: exactly one cache mode, or a result; no Airflow, nothing is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from airflow_provider_veza.exceptions import ArgumentError
from airflow_provider_veza.services.veza_nodes import (
    CachedResultContext,
    CachedResultIfAvailable,
    CacheMode,
    ImmediateRun,
    NodesQuery,
)
from airflow_provider_veza.services.veza_result import ResultQuery
from airflow_provider_veza.services.veza_saved_queries import SavedNodesQuery
from airflow_provider_veza.services.veza_spec import DeprecatedFields, check_query_spec

VezaQuery = NodesQuery | ResultQuery | SavedNodesQuery
DEFAULT_STALENESS = timedelta(hours=24)
_FETCH_CACHED_RESULTS = {None: None, "cached_result_if_available": True, "immediate_run": False}
LONGEST_DURATION_SECONDS = 315_576_000_000
"""What a protobuf Duration can hold: ten thousand years."""


@dataclass(frozen=True)
class CheckedQuery:
    """A query that may be sent, and what its author should be told."""

    query: VezaQuery
    warnings: tuple[str, ...] = ()


def check_query(
    query_spec: Any = None,
    *,
    saved_query_id: Any = None,
    result_kind: str = "nodes",
    cache_mode: str | None = None,
    max_staleness: timedelta | float | str | None = None,
    cache_id: str | None = None,
    rewrite_deprecated: bool = False,
) -> CheckedQuery:
    """Check the arguments of a query against each other and the spec against its documented shape.

    :param saved_query_id: the tenant's saved query to run instead of a spec; without ``cache_mode`` the tenant decides.
    :param result_kind: ``nodes`` (rows in pages, cache, cancel) or ``result`` (as ``query_spec:result_async_create``).
    :param cache_mode: ``cached_result_if_available`` (default), ``immediate_run`` or ``cached_result_context``.
    :param max_staleness: a timedelta, seconds, or text such as ``"86400s"``; default 24 hours.
    :param cache_id: the cached result to attach to; only and always with ``cached_result_context``.
    :raises ArgumentError: when arguments contradict each other.
    :raises QuerySpecError: when the spec has a wrong shape.

    >>> check_query({"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}}).query.cache
    CachedResultIfAvailable(max_staleness=datetime.timedelta(days=1))
    """
    if saved_query_id is not None:
        query = _saved_query(saved_query_id, cache_mode)
        _refuse_with_saved_query(
            query_spec=bool(query_spec),
            result_kind=result_kind != "nodes",
            max_staleness=max_staleness is not None,
            cache_id=cache_id is not None,
            rewrite_deprecated=rewrite_deprecated,
        )
        return CheckedQuery(query)
    deprecated = DeprecatedFields.REWRITE if rewrite_deprecated else DeprecatedFields.WARN
    if result_kind == "result":
        _refuse_with_result(cache_mode=cache_mode, max_staleness=max_staleness, cache_id=cache_id)
        return _checked_result(query_spec, deprecated)
    if result_kind != "nodes":
        raise ArgumentError(f"result_kind must be 'nodes' or 'result', not {result_kind!r}.")
    return _checked_nodes(query_spec, deprecated, _cache_mode(cache_mode, max_staleness, cache_id))


def _checked_result(query_spec: Any, deprecated: DeprecatedFields) -> CheckedQuery:
    checked = check_query_spec(query_spec, deprecated)
    return CheckedQuery(ResultQuery(checked.body), checked.warnings)


def _checked_nodes(query_spec: Any, deprecated: DeprecatedFields, cache: CacheMode) -> CheckedQuery:
    if isinstance(cache, CachedResultContext):
        if query_spec:
            raise ArgumentError(
                "cache_mode='cached_result_context' attaches to a cached result and takes no query_spec."
            )
        return CheckedQuery(NodesQuery({}, cache))
    checked = check_query_spec(query_spec, deprecated)
    return CheckedQuery(NodesQuery(checked.body, cache), checked.warnings)


def _saved_query(saved_query_id: Any, cache_mode: str | None) -> SavedNodesQuery:
    if not isinstance(saved_query_id, str) or not saved_query_id.strip():
        raise ArgumentError(f"saved_query_id must be the id of a saved query, not {saved_query_id!r}.")
    if cache_mode not in _FETCH_CACHED_RESULTS:
        raise ArgumentError(
            f"cache_mode={cache_mode!r}: Veza documents no such choice for saved queries; leave it out, or say "
            "'cached_result_if_available' or 'immediate_run'."
        )
    return SavedNodesQuery(saved_query_id.strip(), _FETCH_CACHED_RESULTS[cache_mode])


def _refuse_with_saved_query(**arguments: bool) -> None:
    given = [name for name, is_given in arguments.items() if is_given]
    if given:
        raise ArgumentError(
            f"{', '.join(given)}: not together with saved_query_id, which says what to ask and is run as nodes."
        )


def _cache_mode(name: str | None, max_staleness: timedelta | float | str | None, cache_id: str | None) -> CacheMode:
    name = name or "cached_result_if_available"
    if name != "cached_result_if_available" and max_staleness is not None:
        raise ArgumentError(f"max_staleness goes only with cache_mode='cached_result_if_available', not with {name!r}.")
    if name != "cached_result_context" and cache_id is not None:
        raise ArgumentError(f"cache_id goes only with cache_mode='cached_result_context', not with {name!r}.")
    if name == "immediate_run":
        return ImmediateRun()
    if name == "cached_result_if_available":
        return CachedResultIfAvailable(parse_staleness(max_staleness))
    if name == "cached_result_context":
        if not isinstance(cache_id, str) or not cache_id:
            raise ArgumentError("cache_mode='cached_result_context' needs the cache_id of an earlier handle.")
        return CachedResultContext(cache_id)
    raise ArgumentError(
        f"cache_mode must be 'cached_result_if_available', 'immediate_run' or 'cached_result_context', not {name!r}."
    )


def parse_staleness(value: timedelta | float | str | None) -> timedelta:
    """Read ``max_staleness``.

    >>> parse_staleness("90s")
    datetime.timedelta(seconds=90)
    """
    if value is None:
        return DEFAULT_STALENESS
    seconds = value.total_seconds() if isinstance(value, timedelta) else _seconds(value)
    if not 0 <= seconds <= LONGEST_DURATION_SECONDS:
        raise ArgumentError(f"max_staleness must be from 0 to {LONGEST_DURATION_SECONDS} seconds, not {value!r}.")
    return timedelta(seconds=seconds)


def _seconds(value: float | str) -> float:
    try:
        return float(value.strip().removesuffix("s")) if isinstance(value, str) else float(value)
    except (TypeError, ValueError):
        raise ArgumentError(
            f"max_staleness must be a timedelta, seconds, or text such as '86400s', not {value!r}."
        ) from None


def _refuse_with_result(**cache_arguments: object) -> None:
    given = [name for name, value in cache_arguments.items() if value is not None]
    if given:
        raise ArgumentError(f"{', '.join(given)}: result_kind='result' documents no cache; use result_kind='nodes'.")
