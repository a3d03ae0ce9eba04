"""The endpoints under /api/v1/assessments/queries: keep saved queries, and run them at once or asynchronously.

Paths, parameters and the `value` around a single query are documented; the path of the asynchronous run is inferred from
its siblings, and so is that its query is looked at and cancelled like one of `query_spec:nodes_async_create`.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from veza_emulator.http.answers.live import LiveRows, result_answer, rows_answer
from veza_emulator.http.answers.nodes import ticket_answer
from veza_emulator.http.json_http import JsonResponse
from veza_emulator.http.request_fields import body_fields, note_findings, parameter_fields
from veza_emulator.reading.fields import Fields
from veza_emulator.tenant.journal import note_of
from veza_emulator.tenant.listing import page_of_list
from veza_emulator.tenant.pages import NO_PAGE
from veza_emulator.tenant.query_requests import CreateMode
from veza_emulator.tenant.saved_queries import QueryDefinition, SavedQuery
from veza_emulator.tenant.saved_query_requests import (
    BOOLEAN_RUN_OPTIONS,
    FORCE,
    INACTIVE_QUERIES,
    LIST_RUN_OPTIONS,
    creation_of,
    read_cached_run,
    read_definition,
    read_destinations,
    read_force,
    read_live_run,
    read_query_list,
    run_of,
    run_of_source,
)
from veza_emulator.tenant.tenant import Tenant


class SavedQueryEndpoints:
    """The saved queries of one tenant."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._library = tenant.library

    def routes(self) -> list[Route]:
        """Return the routes, relative to the assessments path; an id takes what no verb takes."""
        return [
            Route("/queries", self.list_all, methods=["GET"]),
            Route("/queries", self.create, methods=["POST"]),
            Route("/queries/{query_id}:result", self.result, methods=["GET"]),
            Route("/queries/{query_id}:nodes", self.nodes, methods=["GET"]),
            Route("/queries/{query_id}:nodes_async_create", self.create_nodes, methods=["POST"]),
            Route("/queries/{query_id}/destination_nodes", self.destination_nodes, methods=["GET"]),
            Route("/queries/{query_id}", self.get, methods=["GET"]),
            Route("/queries/{query_id}", self.replace, methods=["PUT"]),
            Route("/queries/{query_id}", self.delete, methods=["DELETE"]),
        ]

    async def list_all(self, request: Request) -> Response:
        """Answer a page of the saved queries; inactive ones are left out unless they are asked for."""
        parameters = parameter_fields(request, booleans=(INACTIVE_QUERIES,))
        wanted, inactive_too = read_query_list(parameters)
        note_findings(request, parameters.findings)
        queries = self._library.queries.all()
        shown = queries if inactive_too else [query for query in queries if self._tenant.is_active(query)]
        return JsonResponse(page_of_list(shown, "queries", wanted))

    async def create(self, request: Request) -> Response:
        """Save a query."""
        return _shown(self._library.queries.put(SavedQuery(await _sent_definition(request))))

    async def get(self, request: Request) -> Response:
        """Answer one saved query."""
        return _shown(self._asked(request))

    async def replace(self, request: Request) -> Response:
        """Save another definition under an id; the whole body counts, since Veza has no partial update."""
        query = self._asked(request)
        return _shown(self._library.queries.put(SavedQuery(await _sent_definition(request), query.id)))

    async def delete(self, request: Request) -> Response:
        """Forget a saved query; one that is part of a report only by force."""
        query = self._asked(request)
        parameters = parameter_fields(request, booleans=(FORCE,))
        forget = self._library.delete_query_by_force if read_force(parameters) else self._library.delete_query
        note_findings(request, parameters.findings)
        forget(query.id)
        return JsonResponse({})

    async def result(self, request: Request) -> Response:
        """Answer the number of rows of a saved query, as the tenant is now."""
        return JsonResponse(result_answer(await self._run(request), self._tenant.variants))

    async def nodes(self, request: Request) -> Response:
        """Answer a page of the rows of a saved query, as the tenant is now."""
        return JsonResponse(rows_answer(await self._run(request), self._tenant.variants))

    async def destination_nodes(self, request: Request) -> Response:
        """Answer a page of the destinations that one source relates to."""
        query, options = self._asked(request), parameter_fields(request)
        source_node_id, page = read_destinations(options, note_of(request.scope))
        note_findings(request, options.findings)
        asked = run_of_source(query, source_node_id)
        if asked is None:
            return JsonResponse(NO_PAGE)
        paths = LiveRows(await run_in_threadpool(self._tenant.answer, asked), asked.spec, page)
        return JsonResponse(rows_answer(paths.as_destinations(), self._tenant.variants))

    async def create_nodes(self, request: Request) -> Response:
        """Submit a run of a saved query to the nodes family."""
        query, note = self._asked(request), note_of(request.scope)
        body = await body_fields(request)
        options, cached = read_cached_run(body)
        note_findings(request, body.findings)
        note.mode = CreateMode.CACHED_RESULT_IF_AVAILABLE if cached else CreateMode.IMMEDIATE_RUN
        creation = creation_of(query, options, cached=cached)
        ticket = await run_in_threadpool(self._tenant.create_nodes, creation)
        note.query_id = ticket.execution.id
        return JsonResponse(ticket_answer(ticket))

    async def _run(self, request: Request) -> LiveRows:
        query, options = self._asked(request), _run_options(request)
        run, page = read_live_run(options, note_of(request.scope))
        note_findings(request, options.findings)
        asked = run_of(query, run)
        return LiveRows(await run_in_threadpool(self._tenant.answer, asked), asked.spec, page)

    def _asked(self, request: Request) -> SavedQuery:
        return self._library.queries.get(request.path_params["query_id"])


async def _sent_definition(request: Request) -> QueryDefinition:
    body = await body_fields(request)
    definition = read_definition(body)
    note_findings(request, body.findings)
    return definition


def _shown(query: SavedQuery) -> Response:
    return JsonResponse({"value": query.render()})


def _run_options(request: Request) -> Fields:
    return parameter_fields(request, booleans=BOOLEAN_RUN_OPTIONS, lists=LIST_RUN_OPTIONS)
