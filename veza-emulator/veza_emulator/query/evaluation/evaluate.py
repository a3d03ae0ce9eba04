"""Answers a query spec from a tenant's graph; pure: no clock, no cache, no wire format.

What the fields of a spec mean is said, and marked as inferred where it is, in the modules that read them: `spec`,
`node_selectors`, `conditions`, `comparisons`, `variables`, `relates_to`, `counting` and `ordering`; and here in
`grouped_types`, `answer` and `permission_tests`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from veza_emulator.graph.permission_nodes import EFFECTIVE_PERMISSION, with_permission_nodes
from veza_emulator.graph.tenant_graph import TenantGraph
from veza_emulator.query.conditions import Condition, SourcesOf
from veza_emulator.query.evaluation.answer import Answer
from veza_emulator.query.evaluation.matching import Surroundings
from veza_emulator.query.evaluation.row_making import RowMaker, engagement_of
from veza_emulator.query.evaluation.selection import Selection, select, violations
from veza_emulator.query.evaluation.sorting import ordered
from veza_emulator.query.evaluation.translation import Translator
from veza_emulator.query.relates_to import RelatesToExpression
from veza_emulator.query.rows import QueryResult, Row
from veza_emulator.query.spec import AccessFilter, QuerySpec, QueryType, ResultValueType
from veza_emulator.query.variables import OwnVariables
from veza_emulator.reading.errors import FieldViolation, invalid_argument
from veza_emulator.variants import Variants


@dataclass(frozen=True)
class Circumstances:
    """Under which circumstances a query is evaluated.

    :param now: the tenant's clock.
    :param saved_query: looks up by id what a saved query asks, for conditions that name one.
    :param variants: the tenant's switches.
    :param variables: what the tenant was told its variables are.
    :param within: the saved queries that led here.
    """

    now: datetime
    saved_query: Callable[[str], QuerySpec | None] = lambda _: None
    variants: Variants = field(default_factory=Variants)
    variables: OwnVariables = field(default_factory=dict)
    within: frozenset[str] = frozenset()


def evaluate(graph: TenantGraph, spec: QuerySpec, under: Circumstances) -> QueryResult:
    """Return every row that answers the spec, ordered by source name, source id, destination id unless it says otherwise.

    :raises ApiError: 400, when the spec asks what this tenant cannot know, such as an unknown snapshot or saved query.
    """
    graph = _graph_for(spec, _graph_at(graph, spec.snapshot_id))
    _refuse(list(violations(graph, list(spec.selectors()), under.variants, under.variables)))
    around = Surroundings(
        graph, under.now, lambda wanted, condition: _sources_of(graph, wanted, condition, under), under.variables
    )
    sources = select(graph, spec.sources, around)
    rows = _rows(graph, spec, sources, around)
    return QueryResult(spec.result_value_type, ordered(rows, spec.order), is_in_key_order=not spec.order)


def _rows(graph: TenantGraph, spec: QuerySpec, sources: Selection, around: Surroundings) -> Sequence[Row]:
    maker = RowMaker(graph, spec, sources)
    if spec.relates_to is None:
        wanted = spec.access_filter
        return maker.plain_rows(sources.numbers if wanted is None or wanted.covers_all else sources.numbers[:0])
    answer = _answer(graph, spec, spec.relates_to, sources, around)
    if spec.query_type is QueryType.DESTINATION_NODES:
        return maker.destination_rows(answer)
    if spec.result_value_type is ResultValueType.SOURCE_AND_DESTINATION_NODES:
        return maker.path_rows(answer)
    return maker.counted_rows(answer)


def _answer(
    graph: TenantGraph, spec: QuerySpec, relates_to: RelatesToExpression, sources: Selection, around: Surroundings
) -> Answer:
    answer = Answer(graph, Translator(spec, around, sources).destinations(relates_to), sources.numbers)
    wanted = spec.access_filter
    if wanted is None or wanted.covers_all:
        return answer
    return answer.only(lambda source: _is_used_as_wanted(graph, answer, source, wanted))


def _is_used_as_wanted(graph: TenantGraph, answer: Answer, source: int, wanted: AccessFilter) -> bool:
    engagement = engagement_of(graph, answer, source)
    return engagement is not None and wanted.comparison.holds(engagement.over_provisioned_score, wanted.value)


def _graph_for(spec: QuerySpec, graph: TenantGraph) -> TenantGraph:
    """Return the graph with what the spec looks for: permissions are nodes only for who asks for such nodes."""
    ends = [*spec.sources, *spec.destinations()]
    wants_permissions = any(selector.node_type == EFFECTIVE_PERMISSION for selector in ends)
    return with_permission_nodes(graph) if wants_permissions else graph


def _graph_at(graph: TenantGraph, snapshot_id: str) -> TenantGraph:
    if not snapshot_id:
        return graph
    snapshot = graph.snapshots.get(snapshot_id)
    if snapshot is None:
        known = ", ".join(sorted(graph.snapshots)) or "none"
        _refuse([FieldViolation("snapshot_id", f"There is no snapshot {snapshot_id}; this tenant has: {known}")])
    return snapshot or graph


def _sources_of(graph: TenantGraph, wanted: SourcesOf, condition: Condition, under: Circumstances) -> Collection[str]:
    saved_query_id = wanted.saved_query_id
    spec = under.saved_query(saved_query_id)
    if saved_query_id in under.within or spec is None:
        what = f"There is no saved query {saved_query_id}" if spec is None else f"{saved_query_id} depends on itself"
        raise invalid_argument(FieldViolation(f"{condition.path}.value", what))
    result = evaluate(graph, spec, replace(under, within=under.within | {saved_query_id}))
    return {row.source.id for row in result.rows}


def _refuse(found: Sequence[FieldViolation]) -> None:
    if found:
        raise invalid_argument(*found)
