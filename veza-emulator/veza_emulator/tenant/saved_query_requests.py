"""The requests about saved queries and reports, read from JSON and query strings; `http.endpoints` answers them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from veza_emulator.query.spec import QueryType, ResultValueType, read_query_spec
from veza_emulator.reading.fields import Fields, Findings
from veza_emulator.reading.json_schema import BOOLEAN, COUNT, STRING, Schema
from veza_emulator.tenant.journal import RequestNote
from veza_emulator.tenant.listing import ListRequest, read_list_request
from veza_emulator.tenant.pages import PageRequest
from veza_emulator.tenant.query_requests import (
    AskedSpec,
    NodesCreation,
    RunNow,
    RunUnlessCached,
    read_asked_spec,
    read_noted_page,
)
from veza_emulator.tenant.reports import Report
from veza_emulator.tenant.saved_queries import QueryDefinition, SavedQuery

BOOLEAN_RUN_OPTIONS = (
    "apply_risk_suppressed_constraint",
    "fetch_cached_results",
    "include_all_destination_tags_in_results",
    "include_all_source_tags_in_results",
    "include_approx_total_source_nodes_count",
)
INACTIVE_QUERIES = "include_inactive_queries"
INACTIVE_REPORTS = "include_inactive_reports"
FORCE = "force"
LIST_RUN_OPTIONS = ("properties_to_get",)

_STALENESS_OF_A_SAVED_QUERY = timedelta(hours=24)
_ABOUT_FIELDS = (
    "analysis_type",
    "description",
    "labels",
    "name",
    "optional",
    "risk_explanation",
    "risk_level",
    "risk_profiles",
    "risk_remediation",
    "risk_suppressed_constraints",
    "save_mode",
    "variables",
    "violation",
    "visibility",
    "vql_query",
)
_NOT_EVALUATED_ABOUT_FIELDS = ("risk_suppressed_constraints", "vql_query")
_OVER_THE_SPEC: Mapping[str, Schema] = {
    "include_all_destination_tags_in_results": BOOLEAN,
    "include_all_source_tags_in_results": BOOLEAN,
    "order_by": STRING,
    "result_order_by": STRING,
    "snapshot_id": COUNT,
}
_ORDERS = ("order_by", "result_order_by")
_AS_PATHS = {
    "query_type": QueryType.SOURCE_TO_DESTINATION,
    "result_value_type": ResultValueType.SOURCE_AND_DESTINATION_NODES,
}
_NOT_EVALUATED_OPTIONS = ("apply_risk_suppressed_constraint", "include_approx_total_source_nodes_count")
_ONLY_CACHE_STRATEGY = ("CACHE_STRATEGY_LEGACY", 0, "0")


def read_definition(body: Fields) -> QueryDefinition:
    """Read a saved query; what is not known is neither kept nor shown again, as the real service seems to do."""
    body.is_a("SavedQueryDefinition")
    about, asked = body.parted(_ABOUT_FIELDS)
    about.refuse(_NOT_EVALUATED_ABOUT_FIELDS)
    about.string("description")
    about.strings("labels")
    name = about.required_string("name")
    spec = read_query_spec(asked)
    known = {field: value for field, value in asked.as_sent.items() if field not in asked.unread()}
    return QueryDefinition(name, about.as_sent, spec, known)


def read_report(body: Fields) -> Report:
    """Read a report; its `id` is not the caller's to choose."""
    body.is_a("ReportDefinition")
    queries, others = body.parted(("id", "queries"))
    name = others.required_string("name")
    others.string("description")
    entries = queries.children("queries")
    for entry in entries:
        entry.required_string("query")
    return Report(name, others.as_sent, tuple(entry.as_sent for entry in entries))


@dataclass(frozen=True)
class RunOptions:
    """What a caller changes of a saved query for one run.

    :param over_the_spec: fields of the spec that take the place of the saved ones.
    :param properties_to_get: which properties of the sources are shown; none named: those that the saved query names.
    """

    over_the_spec: Mapping[str, Any]
    properties_to_get: Sequence[str]


def read_run_options(options: Fields) -> RunOptions:
    """Read the options of a run of a saved query."""
    options.refuse(_NOT_EVALUATED_OPTIONS)
    over = {name: options.raw(name, shape) for name, shape in _OVER_THE_SPEC.items() if options.is_set(name)}
    return RunOptions(over, options.strings("properties_to_get"))


def run_of(query: SavedQuery, options: RunOptions) -> AskedSpec:
    """Return what a saved query asks with these options; refuse what its spec cannot take."""
    spec = _showing(query.definition.spec_as_sent, options.properties_to_get)
    return _asked({**spec, **options.over_the_spec})


def read_query_list(parameters: Fields) -> tuple[ListRequest, bool]:
    """Read which saved queries are wanted: which part of the list, and whether inactive ones too."""
    wanted, inactive_too = read_list_request(parameters), parameters.boolean(INACTIVE_QUERIES)
    parameters.ignore_rest()
    return wanted, inactive_too


def read_report_list(parameters: Fields) -> tuple[ListRequest, bool, bool]:
    """Read which reports are wanted: which part of the list, whether inactive ones too, and inactive queries in them."""
    wanted = read_list_request(parameters)
    inactive_reports, inactive_queries = (parameters.boolean(name) for name in (INACTIVE_REPORTS, INACTIVE_QUERIES))
    parameters.ignore_rest()
    return wanted, inactive_reports, inactive_queries


def read_inactive_too(parameters: Fields) -> bool:
    """Read whether inactive queries of a report are wanted."""
    return parameters.boolean(INACTIVE_QUERIES)


def read_force(parameters: Fields) -> bool:
    """Read whether a saved query is deleted also from reports."""
    return parameters.boolean(FORCE)


def read_live_run(parameters: Fields, note: RequestNote) -> tuple[RunOptions, PageRequest]:
    """Read a run of a saved query that is answered at once: its options, and which page of rows is wanted."""
    page, options = read_noted_page(parameters, note), read_run_options(parameters)
    parameters.ignore_rest()
    return options, page


def read_destinations(parameters: Fields, note: RequestNote) -> tuple[str, PageRequest]:
    """Read of which source of a saved query the destinations are wanted, and which page of them."""
    page, source_node_id = read_noted_page(parameters, note), parameters.required_string("source_node_id")
    parameters.ignore_rest()
    return source_node_id, page


def run_of_source(query: SavedQuery, source_node_id: str) -> AskedSpec | None:
    """Return what asks for the destinations of one source alone; None if the saved query can never select the source."""
    spec = query.definition.spec_as_sent
    fitting = [{**node, "node_id": source_node_id} for node in _sources(spec) if _may_select(node, source_node_id)]
    if not fitting:
        return None
    unordered = {field: value for field, value in spec.items() if field not in _ORDERS}
    return _asked({**_with_sources(unordered, fitting), **_AS_PATHS})


def read_cached_run(body: Fields) -> tuple[RunOptions, bool]:
    """Read an asynchronous run of a saved query: its options, and whether a cached result will do.

    That `fetch_cached_results` takes a cached result of the default age is inferred from its name and the default of
    `cached_result_if_available`. Page size and token count where rows are read, not here.
    """
    options = read_run_options(body)
    _refuse_other_cache_strategies(body)
    cached = body.boolean("fetch_cached_results")
    body.ignore_rest()
    return options, cached


def creation_of(query: SavedQuery, options: RunOptions, *, cached: bool) -> NodesCreation:
    """Return what an asynchronous run of a saved query asks of the tenant."""
    asked = run_of(query, options)
    return RunUnlessCached(asked, _STALENESS_OF_A_SAVED_QUERY) if cached else RunNow(asked)


def _asked(spec: Mapping[str, Any]) -> AskedSpec:
    # What is deprecated in the definition was found when it was saved; here only what is wrong counts.
    findings = Findings()
    asked = read_asked_spec(Fields(spec, findings))
    findings.raise_violations()
    return asked


def _refuse_other_cache_strategies(body: Fields) -> None:
    strategy = body.raw("cache_strategy", {"enum": [_ONLY_CACHE_STRATEGY[0]]})
    if body.is_set("cache_strategy") and strategy not in _ONLY_CACHE_STRATEGY:
        body.violate("cache_strategy", f"{strategy!r} is not known; use {_ONLY_CACHE_STRATEGY[0]}, or leave it out")


def _showing(spec: Mapping[str, Any], properties: Sequence[str]) -> Mapping[str, Any]:
    if not properties:
        return spec
    return _with_sources(spec, [{**node, "properties_to_get": list(properties)} for node in _sources(spec)])


def _may_select(node: Mapping[str, Any], node_id: str) -> bool:
    return node.get("node_id") in (None, "", node_id)


def _sources(spec: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    nodes: Sequence[Mapping[str, Any]] = spec["source_node_types"]["nodes"]
    return nodes


def _with_sources(spec: Mapping[str, Any], nodes: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    return {**spec, "source_node_types": {**spec["source_node_types"], "nodes": nodes}}
