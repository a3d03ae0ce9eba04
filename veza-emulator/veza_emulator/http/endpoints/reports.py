"""The endpoints under /api/preview/assessments/reports, as Veza's SDK calls them: keep named lists of saved queries."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from veza_emulator.http.json_http import JsonResponse
from veza_emulator.http.request_fields import body_fields, note_findings, parameter_fields
from veza_emulator.tenant.listing import page_of_list
from veza_emulator.tenant.reports import Report
from veza_emulator.tenant.saved_query_requests import (
    INACTIVE_QUERIES,
    INACTIVE_REPORTS,
    read_inactive_too,
    read_report,
    read_report_list,
)
from veza_emulator.tenant.tenant import Tenant


class ReportEndpoints:
    """The reports of one tenant."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._library = tenant.library

    def routes(self) -> list[Route]:
        """Return the routes, relative to the assessments path of the preview API."""
        return [
            Route("/reports", self.list_all, methods=["GET"]),
            Route("/reports", self.create, methods=["POST"]),
            Route("/reports/{report_id}", self.get, methods=["GET"]),
            Route("/reports/{report_id}", self.replace, methods=["PUT"]),
            Route("/reports/{report_id}", self.delete, methods=["DELETE"]),
            Route("/reports/{report_id}/queries/{query_id}", self.add_query, methods=["PUT"]),
        ]

    async def list_all(self, request: Request) -> Response:
        """Answer a page of the reports; inactive ones, and inactive queries in them, are left out unless asked for."""
        parameters = parameter_fields(request, booleans=(INACTIVE_REPORTS, INACTIVE_QUERIES))
        wanted, inactive_reports, inactive_queries = read_report_list(parameters)
        note_findings(request, parameters.findings)
        reports = self._library.reports.all()
        inactive = self._inactive_query_ids()
        kept = [report for report in reports if inactive_reports or not report.is_inactive(inactive)]
        shown = kept if inactive_queries else [report.without(inactive) for report in kept]
        return JsonResponse(page_of_list(shown, "reports", wanted))

    async def create(self, request: Request) -> Response:
        """Keep a new report of saved queries."""
        report = await _sent_report(request)
        return _shown(self._library.put_report(report))

    async def get(self, request: Request) -> Response:
        """Answer one report."""
        report = self._asked(request)
        parameters = parameter_fields(request, booleans=(INACTIVE_QUERIES,))
        inactive_queries = read_inactive_too(parameters)
        note_findings(request, parameters.findings)
        return _shown(report if inactive_queries else report.without(self._inactive_query_ids()))

    async def replace(self, request: Request) -> Response:
        """Keep another definition under the id of a report."""
        kept = self._asked(request)
        report = await _sent_report(request)
        return _shown(self._library.put_report(replace(report, id=kept.id)))

    async def delete(self, request: Request) -> Response:
        """Forget a report; its queries stay."""
        self._library.reports.delete(request.path_params["report_id"])
        return JsonResponse({})

    async def add_query(self, request: Request) -> Response:
        """Add a saved query to a report; the request has no body."""
        return _shown(self._library.add_to_report(request.path_params["report_id"], request.path_params["query_id"]))

    def _asked(self, request: Request) -> Report:
        return self._library.reports.get(request.path_params["report_id"])

    def _inactive_query_ids(self) -> frozenset[str]:
        return frozenset(query.id for query in self._library.queries.all() if not self._tenant.is_active(query))


async def _sent_report(request: Request) -> Report:
    body = await body_fields(request)
    report = read_report(body)
    note_findings(request, body.findings)
    return report


def _shown(report: Report) -> Response:
    return JsonResponse({"value": report.render()})
