"""From a DAG author's arguments to a checked query; sans-I/O, no Airflow.

Which arguments go together is in :mod:`.veza_choices`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from airflow_provider_veza.exceptions import ArgumentError
from airflow_provider_veza.services.veza_cache import CACHE_MODES
from airflow_provider_veza.services.veza_choices import VezaChoices
from airflow_provider_veza.services.veza_nodes import NodesQuery
from airflow_provider_veza.services.veza_result import ResultQuery
from airflow_provider_veza.services.veza_saved_queries import SavedNodesQuery
from airflow_provider_veza.services.veza_spec import DeprecatedFields, check_query_spec

VezaQuery = NodesQuery | ResultQuery | SavedNodesQuery


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
    :param cache_mode: one of :data:`~.veza_cache.CACHE_MODES`; by default the first.
    :param max_staleness: a timedelta, seconds, or text such as ``"86400s"`` or ``"PT1H"``; default 24 hours.
    :param cache_id: the cached result to attach to; only and always with ``cached_result_context``.
    :raises ArgumentError: when arguments contradict each other.
    :raises QuerySpecError: when the spec has a wrong shape.

    >>> check_query({"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}}).query.cache
    CachedResultIfAvailable(max_staleness=datetime.timedelta(days=1))
    """
    choices = VezaChoices(
        has_spec=bool(query_spec),
        has_saved_query=saved_query_id is not None,
        result_kind=result_kind,
        cache_mode=cache_mode,
        max_staleness=max_staleness,
        cache_id=cache_id,
        rewrite_deprecated=rewrite_deprecated,
    )
    choices.check()
    if saved_query_id is not None:
        return CheckedQuery(_saved_query(saved_query_id, cache_mode))
    if choices.mode.attaches:
        return CheckedQuery(NodesQuery({}, choices.cache()))
    checked = check_query_spec(query_spec, DeprecatedFields.REWRITE if rewrite_deprecated else DeprecatedFields.WARN)
    if result_kind == "result":
        return CheckedQuery(ResultQuery(checked.body), checked.warnings)
    return CheckedQuery(NodesQuery(checked.body, choices.cache()), checked.warnings)


def _saved_query(saved_query_id: Any, cache_mode: str | None) -> SavedNodesQuery:
    if not isinstance(saved_query_id, str) or not saved_query_id.strip():
        raise ArgumentError("saved_query_id must be the id of a saved query.", about=f"given: {saved_query_id!r}")
    fetch = None if cache_mode is None else CACHE_MODES[cache_mode].fetch_cached_results
    return SavedNodesQuery(saved_query_id.strip(), fetch)
