"""The synchronous twins `query_spec:nodes` and `query_spec:result`: evaluated at once, from the graph as it is now.

They leave no run behind, so that the list of queries shows asynchronous ones alone; the journal shows them all.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from veza_emulator.http.answers.live import LiveRows, result_answer, rows_answer
from veza_emulator.http.json_http import JsonResponse
from veza_emulator.http.request_fields import body_fields, note_findings, parameter_fields
from veza_emulator.tenant.journal import note_of
from veza_emulator.tenant.query_requests import PAGE_FIELDS, read_live_options, read_ordered_spec, read_spec_and_page
from veza_emulator.tenant.tenant import Tenant

_BOOLEAN_PARAMETERS = ("add_access_stats", "apply_risk_suppressed_constraint", "skip_single_entity_access_stats")


class LiveQueryEndpoints:
    """The synchronous query endpoints of one tenant."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def routes(self) -> list[Route]:
        """Return the routes, relative to the assessments path."""
        return [
            Route("/query_spec:nodes", self.nodes, methods=["POST"]),
            Route("/query_spec:result", self.result, methods=["POST"]),
        ]

    async def nodes(self, request: Request) -> Response:
        """Answer a page of rows; the page is asked for in the query string, and in the body it is ignored."""
        parameters = parameter_fields(request, booleans=_BOOLEAN_PARAMETERS)
        ignored, body = (await body_fields(request)).parted(PAGE_FIELDS)
        order, page = read_live_options(parameters, note_of(request.scope))
        asked = read_ordered_spec(body, order)
        ignored.ignore_rest()
        note_findings(request, parameters.findings, body.findings)
        live = LiveRows(await run_in_threadpool(self._tenant.answer, asked), asked.spec, page)
        return JsonResponse(rows_answer(live, self._tenant.variants))

    async def result(self, request: Request) -> Response:
        """Answer the number of rows, and a page of them if the spec includes nodes; the page is asked for in the body."""
        body = await body_fields(request)
        asked, page = read_spec_and_page(body, note_of(request.scope))
        note_findings(request, body.findings)
        live = LiveRows(await run_in_threadpool(self._tenant.answer, asked), asked.spec, page)
        return JsonResponse(result_answer(live, self._tenant.variants))
