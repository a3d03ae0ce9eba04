"""The endpoints under /api/v1/assessments: read a request, ask the tenant, write the answer; nothing is decided."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from airflow_provider_veza.emulator.errors import not_found
from airflow_provider_veza.emulator.executions import Execution, ExecutionState, Family
from airflow_provider_veza.emulator.fields import Fields, Findings
from airflow_provider_veza.emulator.journal import RequestNote, note_of
from airflow_provider_veza.emulator.json_http import JsonResponse, read_json_object
from airflow_provider_veza.emulator.pages import NO_PAGE, PageRequest, page_of
from airflow_provider_veza.emulator.query_requests import (
    read_asked_spec,
    read_create_mode,
    read_nodes_creation,
    read_nodes_look,
)
from airflow_provider_veza.emulator.rows import render_rows
from airflow_provider_veza.emulator.tenant import Tenant
from airflow_provider_veza.emulator.variants import CancelBody

_INTERNAL = 13  # the number of INTERNAL in google.rpc.Code


class AssessmentEndpoints:
    """The query endpoints of one tenant."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def routes(self) -> list[Route]:
        """Return the routes, relative to the assessments path."""
        return [
            Route("/queries", self.list_queries, methods=["GET"]),
            Route("/query_spec:nodes_async_create", self.create_nodes, methods=["POST"]),
            Route("/query_spec:nodes_async_get", self.look_at_nodes, methods=["GET", "POST"]),
            Route("/query_spec:nodes_async_cancel", self.cancel_nodes, methods=["POST"]),
            Route("/query_spec:result_async_create", self.create_task, methods=["POST"]),
            Route("/async_tasks/{task_id}", self.look_at_task, methods=["GET"]),
        ]

    async def list_queries(self, _request: Request) -> Response:
        """Answer the saved queries, of which this tenant has none."""
        return JsonResponse({"values": [], "next_page_token": "", "has_more": False})

    async def create_nodes(self, request: Request) -> Response:
        """Submit a nodes query in one of its modes."""
        note = note_of(request.scope)
        fields = await _body_fields(request)
        note.mode = mode = read_create_mode(fields)
        creation = read_nodes_creation(fields, mode)
        _settle(fields.findings, note)
        ticket = await run_in_threadpool(self._tenant.create_nodes, creation)
        note.query_id = ticket.execution.id
        answer = {"query_result_id": ticket.execution.id, "cache_id": ticket.execution.cache_id}
        if ticket.last_completed_cache_id:
            answer["last_completed_cache_id"] = ticket.last_completed_cache_id
        return JsonResponse(answer)

    async def look_at_nodes(self, request: Request) -> Response:
        """Answer the status of a nodes query, and a page of its rows once it is done."""
        note = note_of(request.scope)
        in_query = request.method == "GET"
        fields = Fields(request.query_params, Findings()) if in_query else await _body_fields(request)
        look = read_nodes_look(fields)
        note.query_id, note.page_size, note.page_token = look.query_id, fields.raw("page_size"), look.page.token or None
        _settle(fields.findings, note)
        execution = self._tenant.look(Family.NODES, look.query_id)
        if execution is None:
            return JsonResponse({"status": "UNKNOWN", "progress_status": {"row_count": 0}, **NO_PAGE})
        return JsonResponse(self._render_nodes(execution, look.page, note))

    async def cancel_nodes(self, request: Request) -> Response:
        """Cancel a nodes query."""
        note = note_of(request.scope)
        fields = await _body_fields(request)
        note.query_id = fields.required_string("query_result_id")
        fields.ignore_rest()
        _settle(fields.findings, note)
        self._tenant.cancel_nodes(note.query_id)
        nothing = self._tenant.settings.variants.cancel_body is CancelBody.NOTHING
        return Response() if nothing else JsonResponse({})

    async def create_task(self, request: Request) -> Response:
        """Submit a result query; the body is the spec itself."""
        note = note_of(request.scope)
        fields = await _body_fields(request)
        asked = read_asked_spec(fields)
        _settle(fields.findings, note)
        execution = await run_in_threadpool(self._tenant.create_task, asked)
        note.query_id = execution.id
        return JsonResponse({"task": _render_task(execution, ExecutionState.PENDING)})

    async def look_at_task(self, request: Request) -> Response:
        """Answer where a result query stands."""
        note = note_of(request.scope)
        note.query_id = task_id = request.path_params["task_id"]
        execution = self._tenant.look(Family.RESULT, task_id)
        if execution is None:
            raise not_found("async_task", task_id)
        note.query_state = state = execution.state(self._tenant.clock.now())
        return JsonResponse({"task": _render_task(execution, state)})

    def _render_nodes(self, execution: Execution, page: PageRequest, note: RequestNote) -> dict[str, Any]:
        now = self._tenant.clock.now()
        note.query_state = state = execution.state(now)
        variants = self._tenant.settings.variants
        progress = {"progress_status": {"row_count": execution.row_count(now)}}
        if state is ExecutionState.SUCCEEDED:
            return {"status": "DONE", **progress, **page_of(execution.result, execution.id, page)}
        status = variants.running_status if state.is_running else variants.failed_status
        return {"status": status, **progress, **NO_PAGE}


async def _body_fields(request: Request) -> Fields:
    return Fields(await read_json_object(request), Findings())


def _settle(findings: Findings, note: RequestNote) -> None:
    note.ignored_fields = findings.ignored
    note.deprecated_fields = findings.deprecated
    findings.raise_violations()


def _render_task(execution: Execution, state: ExecutionState) -> dict[str, Any]:
    failed = state is ExecutionState.FAILED
    reason = execution.behaviour.error_reason
    return {
        "id": execution.id,
        "state": state if state.is_running else "COMPLETE",
        "status": "UNKNOWN_STATUS" if state.is_running else state,
        "error_reason": reason if failed else "",
        "error_status": {"code": _INTERNAL, "message": reason, "details": []} if failed else None,
        "result": _render_task_result(execution) if state is ExecutionState.SUCCEEDED else None,
    }


def _render_task_result(execution: Execution) -> dict[str, Any]:
    result = execution.result
    nodes = {**render_rows(result.kind, result.rows), "next_page_token": "", "has_more": False}
    return {
        "result_type": "NUMBER",
        "number_value": str(len(result.rows)),
        "timestamp_value": None,
        "nodes_value": nodes if execution.spec.include_nodes else None,
    }
