"""Which arguments make a query, which contradict each other, and how staleness may be written."""

from __future__ import annotations

import doctest
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Any, Self, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_veza.exceptions import ArgumentError, QuerySpecError
from airflow_provider_veza.services import veza_cache, veza_query
from airflow_provider_veza.services.veza_cache import (
    CACHE_MODES,
    CachedResultContext,
    CachedResultIfAvailable,
    CacheMode,
    ImmediateRun,
    parse_staleness,
)
from airflow_provider_veza.services.veza_nodes import (
    NodesQuery,
)
from airflow_provider_veza.services.veza_query import VezaQuery, check_query
from airflow_provider_veza.services.veza_result import ResultQuery
from airflow_provider_veza.services.veza_saved_queries import SavedNodesQuery

SPEC = {"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}}
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "query_spec": (None, SPEC),
    "saved_query_id": (None, "s1"),
    "result_kind": ("nodes", "result"),
    "cache_mode": (None, "cached_result_if_available", "immediate_run", "cached_result_context"),
    "max_staleness": (None, 3600),
    "cache_id": (None, "c1"),
}
ALLOWED: dict[tuple[Any, ...], VezaQuery] = {
    ("spec", None, "nodes", None, None, None): NodesQuery(SPEC, CachedResultIfAvailable()),
    ("spec", None, "nodes", None, 3600, None): NodesQuery(SPEC, CachedResultIfAvailable(timedelta(hours=1))),
    ("spec", None, "nodes", "cached_result_if_available", None, None): NodesQuery(SPEC, CachedResultIfAvailable()),
    ("spec", None, "nodes", "cached_result_if_available", 3600, None): NodesQuery(
        SPEC, CachedResultIfAvailable(timedelta(hours=1))
    ),
    ("spec", None, "nodes", "immediate_run", None, None): NodesQuery(SPEC, ImmediateRun()),
    (None, None, "nodes", "cached_result_context", None, "c1"): NodesQuery({}, CachedResultContext("c1")),
    ("spec", None, "result", None, None, None): ResultQuery(SPEC),
    (None, "s1", "nodes", None, None, None): SavedNodesQuery("s1"),
    (None, "s1", "nodes", "cached_result_if_available", None, None): SavedNodesQuery("s1", True),
    (None, "s1", "nodes", "immediate_run", None, None): SavedNodesQuery("s1", False),
}


def combinations() -> list[dict[str, Any]]:
    return [dict(zip(ARGUMENTS, values, strict=True)) for values in product(*ARGUMENTS.values())]


def row_of(arguments: dict[str, Any]) -> tuple[Any, ...]:
    return ("spec" if arguments["query_spec"] else None, *list(arguments.values())[1:])


@pytest.mark.parametrize("arguments", combinations(), ids=lambda arguments: str(row_of(arguments)))
def test_of_all_combinations_of_arguments_exactly_the_allowed_ones_make_a_query(arguments: dict[str, Any]) -> None:
    if row_of(arguments) not in ALLOWED:
        with pytest.raises((ArgumentError, QuerySpecError)):
            check_query(**arguments)
        return
    assert check_query(**arguments).query == ALLOWED[row_of(arguments)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"result_kind": "rows"}, "result_kind must be 'nodes' or 'result', not 'rows'"),
        ({"cache_mode": "no_cache"}, "cache_mode must be .*, not 'no_cache'"),
        (
            {"cache_mode": "immediate_run", "max_staleness": 5},
            "max_staleness goes only with .* not with 'immediate_run'",
        ),
        ({"cache_mode": "immediate_run", "cache_id": "c"}, "cache_id goes only with .* not with 'immediate_run'"),
        ({"cache_id": "c"}, "cache_id goes only with cache_mode='cached_result_context'"),
        ({"cache_mode": "cached_result_context"}, "needs the cache_id of an earlier handle"),
        ({"cache_mode": "cached_result_context", "cache_id": ""}, "needs the cache_id of an earlier handle"),
        ({"cache_mode": "cached_result_context", "cache_id": 7}, "needs the cache_id of an earlier handle"),
        ({"cache_mode": "cached_result_context", "cache_id": "c"}, "takes no query_spec"),
        (
            {"result_kind": "result", "cache_mode": "immediate_run"},
            "cache_mode: result_kind='result' documents no cache",
        ),
        (
            {"result_kind": "result", "max_staleness": 5, "cache_id": "c"},
            "max_staleness, cache_id: result_kind='result'",
        ),
    ],
)
def test_a_contradiction_is_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        check_query(SPEC, **arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"query_spec": SPEC}, "query_spec: not together with saved_query_id"),
        ({"result_kind": "result", "max_staleness": 5}, "result_kind, max_staleness: not together with saved_query_id"),
        ({"rewrite_deprecated": True}, "rewrite_deprecated: not together"),
        ({"cache_mode": "cached_result_context", "cache_id": "c"}, "no such choice for saved queries"),
        ({"saved_query_id": " "}, "must be the id of a saved query"),
        ({"saved_query_id": 7}, "must be the id of a saved query"),
    ],
)
def test_what_a_saved_query_does_not_take_is_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        check_query(**{"saved_query_id": "s1"} | arguments)


@dataclass(frozen=True)
class OneOfRegion(CacheMode):
    cache_id: str
    name = "cached_result_of_region"
    takes = "cache_id"
    fetch_cached_results = True

    @classmethod
    def of(cls, value: Any) -> Self:
        return cls(str(value))

    def body(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        return {self.name: {"request": {"body": spec}, "region": self.cache_id}}


@pytest.fixture
def one_mode_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cast("dict[str, Any]", CACHE_MODES), OneOfRegion.name, OneOfRegion)


@pytest.mark.usefixtures("one_mode_more")
@pytest.mark.parametrize(
    ("arguments", "query"),
    [
        ({"query_spec": SPEC, "cache_id": "eu"}, NodesQuery(SPEC, OneOfRegion("eu"))),
        ({"saved_query_id": "s1"}, SavedNodesQuery("s1", True)),
    ],
)
def test_a_new_cache_mode_is_a_class_and_its_name_in_the_table(arguments: dict[str, Any], query: VezaQuery) -> None:
    assert check_query(**arguments, cache_mode=OneOfRegion.name).query == query


@pytest.mark.usefixtures("one_mode_more")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cache_mode": "no_cache"}, "cache_mode must be .* or 'cached_result_of_region', not 'no_cache'"),
        ({"cache_id": "c"}, "cache_id goes only with cache_mode='cached_result_context' or 'cached_result_of_region'"),
        (
            {"cache_mode": OneOfRegion.name, "max_staleness": 5},
            "max_staleness goes only with .* not with 'cached_result_of",
        ),
    ],
)
def test_what_is_refused_names_a_new_cache_mode_too(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        check_query(SPEC, **arguments)


@pytest.mark.parametrize("result_kind", ["nodes", "result"])
@pytest.mark.parametrize("query_spec", [None, {}, [], "text", {"source_node_types": []}])
def test_a_spec_is_checked_in_both_families(result_kind: str, query_spec: Any) -> None:
    with pytest.raises(QuerySpecError, match="Nothing was submitted"):
        check_query(query_spec, result_kind=result_kind)


@pytest.mark.parametrize("result_kind", ["nodes", "result"])
def test_deprecated_fields_are_warned_of_and_rewritten_only_if_asked(result_kind: str) -> None:
    spec = {**SPEC, "destination_node_types": {"nodes": [{"node_type": "S3Bucket"}]}}

    kept = check_query(spec, result_kind=result_kind)
    rewritten = check_query(spec, result_kind=result_kind, rewrite_deprecated=True)

    assert kept.query.spec == spec
    assert any("destination_node_types" in warning for warning in kept.warnings)
    assert "relates_to_exp" in rewritten.query.spec
    assert "destination_node_types" not in rewritten.query.spec


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, 86_400),
        (timedelta(hours=2), 7_200),
        (timedelta(0), 0),
        (3600, 3_600),
        (0.5, 0.5),
        ("86400s", 86_400),
        (" 90s ", 90),
        ("90", 90),
        ("1.5s", 1.5),
        ("PT1H", 3_600),
        ("1 day, 0:00:00", 86_400),
        (315_576_000_000, 315_576_000_000),
    ],
)
def test_staleness_may_be_a_timedelta_seconds_or_text(value: Any, seconds: float) -> None:
    assert parse_staleness(value) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "value",
    [-1, "-1s", timedelta(seconds=-1), 315_576_000_001, timedelta.max],
)
def test_a_staleness_that_no_duration_can_hold_is_refused(value: Any) -> None:
    with pytest.raises(ArgumentError, match="must be from 0 to 315576000000 seconds"):
        parse_staleness(value)


@pytest.mark.parametrize(
    "value", ["", "s", "24h", "90ss", [], {}, object(), math.inf, math.nan, "inf", "nans", 1e300, "P1M"]
)
def test_a_staleness_that_is_no_time_is_refused(value: Any) -> None:
    with pytest.raises(ArgumentError, match="must be a timedelta, seconds, or text such as '86400s'"):
        parse_staleness(value)


@given(value=st.floats() | st.text() | st.timedeltas() | st.integers())
def test_whatever_is_given_as_staleness_is_read_or_refused_by_name(value: Any) -> None:
    with suppress(ArgumentError):
        assert parse_staleness(value) >= timedelta(0)


def test_the_examples_in_the_docstrings_hold() -> None:
    results = [doctest.testmod(module) for module in (veza_cache, veza_query)]

    assert [(result.failed, result.attempted) for result in results] == [(0, 1), (0, 1)]
