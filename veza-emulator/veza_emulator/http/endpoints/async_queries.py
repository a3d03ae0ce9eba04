"""The two asynchronous families: read a request, ask the tenant, write the answer; nothing is decided."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from veza_emulator.http.answers.nodes import lost_answer, page_asked, sight_answer, ticket_answer
from veza_emulator.http.answers.tasks import lost_task_answer, submitted_answer, task_answer
from veza_emulator.http.json_http import JsonResponse
from veza_emulator.http.request_fields import body_fields, note_findings, parameter_fields
from veza_emulator.reading.errors import not_found
from veza_emulator.tenant.executions import Family
from veza_emulator.tenant.journal import note_of
from veza_emulator.tenant.query_requests import (
    read_asked_spec,
    read_cancelled,
    read_create_mode,
    read_nodes_creation,
    read_nodes_look,
)
from veza_emulator.tenant.tenant import Tenant
from veza_emulator.variants import CancelBody, LostQuery, LostTask


class AssessmentEndpoints:
    """The asynchronous query endpoints of one tenant."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def routes(self) -> list[Route]:
        """Return the routes, relative to the assessments path."""
        return [
            Route("/query_spec:nodes_async_create", self.create_nodes, methods=["POST"]),
            Route("/query_spec:nodes_async_get", self.look_at_nodes, methods=["GET", "POST"]),
            Route("/query_spec:nodes_async_cancel", self.cancel_nodes, methods=["POST"]),
            Route("/query_spec:result_async_create", self.create_task, methods=["POST"]),
            Route("/async_tasks/{task_id}", self.look_at_task, methods=["GET"]),
        ]

    async def create_nodes(self, request: Request) -> Response:
        """Submit a nodes query in one of its modes."""
        note = note_of(request.scope)
        fields = await body_fields(request)
        note.mode = mode = read_create_mode(fields)
        creation = read_nodes_creation(fields, mode)
        note_findings(request, fields.findings)
        ticket = await run_in_threadpool(self._tenant.create_nodes, creation)
        note.query_id = ticket.execution.id
        return JsonResponse(ticket_answer(ticket))

    async def look_at_nodes(self, request: Request) -> Response:
        """Answer the status of a nodes query, and a page of its rows once it is done."""
        note = note_of(request.scope)
        fields = parameter_fields(request) if request.method == "GET" else await body_fields(request)
        look = read_nodes_look(fields)
        note.query_id, note.page_size = look.query_id, fields.raw("page_size")
        note_findings(request, fields.findings)
        variants = self._tenant.variants
        page = page_asked(look.page, request.query_params, variants)
        note.page_token = page.token or None
        sight = self._tenant.see(Family.NODES, look.query_id)
        if sight is None:
            return JsonResponse(self._lost_query(look.query_id))
        note.query_state = sight.state
        return JsonResponse(sight_answer(sight, page, variants))

    async def cancel_nodes(self, request: Request) -> Response:
        """Cancel a nodes query."""
        note = note_of(request.scope)
        fields = await body_fields(request)
        note.query_id = query_id = read_cancelled(fields)
        note_findings(request, fields.findings)
        self._tenant.cancel_nodes(query_id)
        nothing = self._tenant.variants.cancel_body is CancelBody.NOTHING
        return Response() if nothing else JsonResponse({})

    async def create_task(self, request: Request) -> Response:
        """Submit a result query; the body is the spec itself."""
        note = note_of(request.scope)
        fields = await body_fields(request)
        asked = read_asked_spec(fields)
        note_findings(request, fields.findings)
        execution = await run_in_threadpool(self._tenant.create_task, asked)
        note.query_id = execution.id
        return JsonResponse(submitted_answer(execution, self._tenant.variants))

    async def look_at_task(self, request: Request) -> Response:
        """Answer where a result query stands."""
        note = note_of(request.scope)
        note.query_id = task_id = request.path_params["task_id"]
        variants = self._tenant.variants
        sight = self._tenant.see(Family.RESULT, task_id)
        if sight is not None:
            note.query_state = sight.state
            return JsonResponse(task_answer(sight, variants))
        if variants.lost_task is LostTask.NOT_FOUND:
            raise not_found("async_task", task_id)
        return JsonResponse(lost_task_answer(task_id, variants))

    def _lost_query(self, query_id: str) -> dict[str, Any]:
        variants = self._tenant.variants
        if variants.lost_query is LostQuery.NOT_FOUND and not self._tenant.was_cancelled(query_id):
            raise not_found("query_result", query_id)
        return lost_answer(variants)
