"""The whole examination: which part follows which, and what is left out where an earlier one saw nothing; a pure flow.

The parts about the nodes family are in :mod:`.nodes_flow`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from airflow_provider_veza.async_query.message import Call, Request, Response
from airflow_provider_veza.async_query.service import QueryService
from airflow_provider_veza.async_query.vocabulary import Phase, Snapshot
from airflow_provider_veza.doctor.examination_steps import Asked, Examination, ask, submit, submit_of_others
from airflow_provider_veza.doctor.nodes_flow import (
    NAMESPACES,
    cancel_one_of_two,
    find_looks,
    first_looks,
    read_pages,
    submit_nodes,
    use_cache,
    watch,
)
from airflow_provider_veza.doctor.seen import (
    CacheSeen,
    CancelSeen,
    Choice,
    Life,
    LookForm,
    LostSeen,
    PagesSeen,
    SavedSeen,
    Seen,
    Stopped,
    TaskSeen,
    chosen,
    row_name,
    rows_of,
)
from airflow_provider_veza.doctor.words import Quoted, Words
from airflow_provider_veza.exceptions import (
    AsyncQueryError,
    ForbiddenError,
    MalformedResponseError,
    QueryGoneError,
    RefusedError,
    UnauthorizedError,
)
from airflow_provider_veza.hooks.veza_settings import VezaSettings
from airflow_provider_veza.services.veza_cache import ImmediateRun
from airflow_provider_veza.services.veza_nodes import CREATE_PATH, MAX_PAGE_SIZE, VezaNodesService
from airflow_provider_veza.services.veza_result import ResultQuery
from airflow_provider_veza.services.veza_saved_queries import INFERRED_CREATE_PATH, SavedNodesQuery, list_one
from airflow_provider_veza.services.veza_submitted import read_submitted

COMMON_NODE_TYPES = (
    "OktaUser",
    "AzureADUser",
    "AwsIamUser",
    "AwsIamRole",
    "ActiveDirectoryUser",
    "GoogleWorkspaceUser",
    "SnowflakeUser",
)
"""The source types of most of Veza's built-in queries."""
OLDER_RESULT_SECONDS = 6.0
"""For about half as long after a submit, the web UI was seen to show an older result."""
HEALTH_PATH = "/_emulator/health"


@dataclass(frozen=True)
class Plan:
    """What to examine with.

    :param node_types: tried in this order until one has rows.
    :param marker: makes the spec one that nobody else runs, so that nothing of others is found in the cache, or cancelled.
    :param lost_id: an id that the tenant has not issued.
    :param patience: seconds to wait for one query.
    """

    marker: str
    lost_id: str
    node_types: tuple[str, ...] = COMMON_NODE_TYPES
    patience: float = 60.0

    def spec(self, node_type: str, name: str = "") -> dict[str, Any]:
        """Return a spec for all nodes of a type: those whose name is not the marker.

        :param name: of the nodes, if only those are asked for.
        """
        conditions: list[dict[str, Any]] = [{"fn": "EQ", "property": "name", "value": self.marker, "not": True}]
        if name:
            conditions.append({"fn": "EQ", "property": "name", "value": name, "not": False})
        expression = {"operator": "AND", "specs": conditions}
        return {
            "query_type": "SOURCE_TO_DESTINATION",
            "source_node_types": {"nodes": [{"node_type": node_type, "condition_expression": expression}]},
            "result_value_type": "SOURCE_NODES_WITH_COUNTS",
        }


def examine(veza: VezaSettings, plan: Plan) -> Examination[Seen | Stopped]:
    """Run the lifecycle once through; read only."""
    listed = yield from ask(list_one())
    if (reason := _why_closed(listed.error)) is not None:
        return Stopped(reason)
    health = yield from ask(Call(Request("GET", HEALTH_PATH), _nothing))
    choices = yield from _choose(veza, plan)
    spec = plan.spec(chosen(choices))
    sync_result = yield from ask(veza.sync.result(spec))
    first = Life((yield from submit_nodes(veza.nodes, spec, ImmediateRun())))
    if (reason := _why_not_veza(listed.error, sync_result.error, first.submitted.error)) is not None:
        return Stopped(reason)
    if isinstance(first.submitted.error, ForbiddenError):
        return Stopped(("The key may not run queries: ", Quoted(str(first.submitted.error))))
    nodes = yield from _examine_nodes(veza, plan, spec, first)
    return Seen(
        listed=listed,
        health=health,
        choices=choices,
        sync_result=sync_result,
        first=nodes.first,
        forms=nodes.forms,
        lost=(yield from _lose(veza, nodes.service, plan)),
        task=(yield from _run_task(veza, _spec_of_few_rows(plan, spec, chosen(choices), nodes.pages), plan.patience)),
        saved=(yield from _run_saved_query(veza, nodes.service, plan.patience)),
        pages=nodes.pages,
        cache=nodes.cache,
        cancel=nodes.cancel,
    )


def _spec_of_few_rows(plan: Plan, spec: dict[str, Any], node_type: str, pages: PagesSeen | None) -> dict[str, Any]:
    """Return a spec that asks for rows where they will be few: a task shows all of them in every look."""
    if pages is not None and pages.whole.complete and pages.whole.rows <= MAX_PAGE_SIZE:
        return {**spec, "include_nodes": True}
    name = row_name(pages)
    return {**plan.spec(node_type, name), "include_nodes": bool(name)}


def _why_closed(error: AsyncQueryError | None) -> Words | None:
    if isinstance(error, UnauthorizedError):
        return ("The tenant does not accept the credentials: ", Quoted(str(error)))
    if isinstance(error, MalformedResponseError):
        return ("What answers there is not understood: ", Quoted(str(error)))
    if error is not None and not isinstance(error, RefusedError):
        return ("The tenant could not be reached: ", Quoted(str(error)))
    return None


def _why_not_veza(*errors: AsyncQueryError | None) -> Words | None:
    """Return why nothing is examined where each answer was a refusal, and none of them Veza's."""
    foreign = [
        error for error in errors if isinstance(error, RefusedError) and not error.of_service and error.status < 500
    ]
    if len(foreign) < len(errors):
        return None
    return ("What answers there is not Veza: ", Quoted(str(foreign[-1])))


@dataclass(frozen=True)
class _Nodes:
    """What the parts about the nodes family saw, and the service that worked."""

    service: VezaNodesService
    first: Life
    forms: tuple[LookForm, ...] = ()
    pages: PagesSeen | None = None
    cache: CacheSeen | None = None
    cancel: CancelSeen | None = None


def _examine_nodes(veza: VezaSettings, plan: Plan, spec: dict[str, Any], first: Life) -> Examination[_Nodes]:
    if first.ids is None:
        return _Nodes(veza.nodes, first)
    forms = yield from find_looks(veza.nodes, first.ids)
    if not forms[-1].shows_the_query:
        return _Nodes(veza.nodes, first, forms)
    service = forms[-1].service
    first = replace(first, looks=forms[-1].looks + (yield from watch(service, first.ids.id, plan.patience)))
    if first.phase is not Phase.SUCCEEDED or first.ids is None:
        return _Nodes(service, first, forms)
    pages = yield from read_pages(service, first.ids.id)
    if pages.refused and pages.whole.pages[0].error is None:
        service = replace(service, page_size=pages.size)
    cache = yield from use_cache(service, spec, first.ids.cache_id, plan.lost_id)
    stable_after = max(veza.stale_grace.total_seconds() + 1, OLDER_RESULT_SECONDS)
    cancel = yield from cancel_one_of_two(service, spec, patience=plan.patience, stable_after=stable_after)
    return _Nodes(service, first, forms, pages, cache, cancel)


def _choose(veza: VezaSettings, plan: Plan) -> Examination[tuple[Choice, ...]]:
    """Ask for one row of each node type until one has it; an unknown type may have none, or be refused."""
    choices: list[Choice] = []
    for node_type in plan.node_types:
        asked = yield from ask(replace(veza.sync, page_size=1).nodes(plan.spec(node_type)))
        choices.append(Choice(node_type, asked))
        if rows_of(asked) or asked.status not in (200, 400):
            break
    return tuple(choices)


def _lose(veza: VezaSettings, nodes: VezaNodesService, plan: Plan) -> Examination[LostSeen]:
    query = yield from ask(nodes.look(plan.lost_id))
    task = yield from ask(veza.result.look(plan.lost_id))
    nothing_asked = Request("POST", CREATE_PATH, {}, idempotent=False)
    empty = yield from submit(Call(nothing_asked, lambda r: read_submitted(r, owned=True, may_be_stale=False)))
    return LostSeen(query, task, empty)


def _run_task(veza: VezaSettings, spec: dict[str, Any], patience: float) -> Examination[TaskSeen]:
    with_nodes = bool(spec["include_nodes"])
    life = Life((yield from ask(veza.result.submit(ResultQuery(spec)))))
    ids = life.ids
    if ids is None:
        return TaskSeen(life, with_nodes)
    life = replace(life, looks=(yield from _follow(veza.result, ids.id, patience)))
    if life.phase is not Phase.SUCCEEDED:
        return TaskSeen(life, with_nodes)
    page = yield from ask(veza.result.page(ids.id, None))
    if isinstance(page.error, QueryGoneError):
        # What had succeeded was an older run.
        life = replace(life, looks=life.looks + (yield from watch(veza.result, ids.id, patience)))
        page = yield from ask(veza.result.page(ids.id, None))
    return TaskSeen(life, with_nodes, page)


def _run_saved_query(veza: VezaSettings, nodes: VezaNodesService, patience: float) -> Examination[SavedSeen]:
    """Run the first saved query, and wait for it: it is another's, so it is cancelled only if nobody waits any more."""
    listed = yield from ask(veza.saved_queries.queries())
    saved_query_id = next((str(row["id"]) for row in rows_of(listed) if row.get("id")), None)
    if saved_query_id is None:
        return SavedSeen(listed)
    configured = veza.saved_queries.create_path
    others = (INFERRED_CREATE_PATH.replace("/v1/", f"/{space}/") for space in NAMESPACES)
    runs: list[tuple[str, Asked]] = []
    for path in dict.fromkeys((configured, *others)):
        service = replace(veza.saved_queries, create_path=path)
        runs.append((path, (yield from submit_of_others(service.submit(SavedNodesQuery(saved_query_id))))))
        if (ids := Life(runs[-1][1]).ids) is not None:
            return SavedSeen(listed, tuple(runs), (yield from _follow(nodes, ids.id, patience)))
        if runs[-1][1].status not in (404, 405):
            break
    return SavedSeen(listed, tuple(runs))


def _follow(service: QueryService, query_id: str, patience: float) -> Examination[tuple[Asked, ...]]:
    """Look until the query is visible, and then until it has ended."""
    looks = yield from first_looks(service, query_id)
    seen = looks[-1].value
    if isinstance(seen, Snapshot) and seen.phase is Phase.RUNNING:
        looks += yield from watch(service, query_id, patience)
    return looks


def _nothing(_response: Response) -> Mapping[str, Any]:
    return {}
