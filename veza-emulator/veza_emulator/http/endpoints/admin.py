"""The endpoints under /_emulator: tests look at the tenant, steer it and break it; no credential is asked."""

from __future__ import annotations

from dataclasses import asdict

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from veza_emulator import __version__
from veza_emulator.clock import rfc3339
from veza_emulator.http.endpoints.admin_views import render_behaviour, render_faults, render_query, render_state
from veza_emulator.http.json_http import JsonResponse, read_json_object
from veza_emulator.page import page_routes
from veza_emulator.reading.fields import Fields, Findings
from veza_emulator.tenant.behaviours import read_behaviour, read_source_type
from veza_emulator.tenant.clock_steps import read_step
from veza_emulator.tenant.faults import read_fault
from veza_emulator.tenant.tenant import Tenant
from veza_emulator.tenant.variant_choices import choices, read_variants


class AdminEndpoints:
    """The tool's own endpoints of one tenant."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def routes(self) -> list[Route]:
        """Return the routes, relative to the admin path."""
        return [
            *page_routes(),
            Route("/health", self.health, methods=["GET"]),
            Route("/state", self.state, methods=["GET"]),
            Route("/journal", self.journal, methods=["GET"]),
            Route("/queries", self.queries, methods=["GET"]),
            Route("/queries/{query_id}:finish", self.finish, methods=["POST"]),
            Route("/tick", self.tick, methods=["POST"]),
            Route("/variants", self.list_variants, methods=["GET"]),
            Route("/variants", self.set_variants, methods=["POST"]),
            Route("/behaviour", self.set_behaviour, methods=["POST"]),
            Route("/clock/advance", self.advance_clock, methods=["POST"]),
            Route("/faults", self.list_faults, methods=["GET"]),
            Route("/faults", self.add_fault, methods=["POST"]),
            Route("/faults", self.clear_faults, methods=["DELETE"]),
        ]

    async def health(self, _request: Request) -> Response:
        """Answer that the tenant serves, and what it is."""
        nodes = len(self._tenant.graph.nodes)
        now = rfc3339(self._tenant.clock.now())
        return JsonResponse({"status": "ok", "emulator": True, "version": __version__, "nodes": nodes, "now": now})

    async def state(self, _request: Request) -> Response:
        """Answer how the tenant stands, as the page shows it."""
        return JsonResponse(await run_in_threadpool(render_state, self._tenant))

    async def journal(self, _request: Request) -> Response:
        """Answer every request of the API so far."""
        return JsonResponse({"requests": [entry.render() for entry in self._tenant.journal.entries()]})

    async def queries(self, _request: Request) -> Response:
        """Answer every query so far."""
        now = self._tenant.clock.now()
        return JsonResponse({"queries": [render_query(execution, now) for execution in self._tenant.executions()]})

    async def finish(self, request: Request) -> Response:
        """End a running query at once."""
        execution = self._tenant.finish(request.path_params["query_id"])
        return JsonResponse(render_query(execution, self._tenant.clock.now()))

    async def tick(self, _request: Request) -> Response:
        """Move every running query one state further."""
        moved = self._tenant.tick()
        now = self._tenant.clock.now()
        return JsonResponse({"queries": [render_query(execution, now) for execution in moved]})

    async def list_variants(self, _request: Request) -> Response:
        """Answer how each switch stands, and what it can be set to."""
        return JsonResponse({"variants": asdict(self._tenant.variants), "choices": choices()})

    async def set_variants(self, request: Request) -> Response:
        """Set some switches."""
        fields = await _body_fields(request)
        variants = read_variants(fields, self._tenant.variants)
        _refuse_wrong(fields)
        self._tenant.variants = variants
        return JsonResponse(asdict(variants))

    async def set_behaviour(self, request: Request) -> Response:
        """Set how new queries go, all of them or those from one source node type."""
        fields = await _body_fields(request)
        node_type = read_source_type(fields)
        behaviour = read_behaviour(fields, self._tenant.behaviours.get(node_type))
        _refuse_wrong(fields)
        self._tenant.set_behaviour(behaviour, node_type)
        return JsonResponse(render_behaviour(behaviour, node_type))

    async def advance_clock(self, request: Request) -> Response:
        """Move the tenant's time forward."""
        fields = await _body_fields(request)
        step = read_step(fields)
        _refuse_wrong(fields)
        return JsonResponse({"now": rfc3339(self._tenant.clock.advance(step))})

    async def list_faults(self, _request: Request) -> Response:
        """Answer the faults still to come."""
        return JsonResponse({"faults": render_faults(self._tenant)})

    async def add_fault(self, request: Request) -> Response:
        """Queue a fault."""
        fields = await _body_fields(request)
        fault = read_fault(fields)
        _refuse_wrong(fields)
        self._tenant.faults.add(fault)
        return JsonResponse(asdict(fault))

    async def clear_faults(self, _request: Request) -> Response:
        """Forget all faults still to come."""
        self._tenant.faults.clear()
        return JsonResponse({})


async def _body_fields(request: Request) -> Fields:
    return Fields(await read_json_object(request), Findings())


def _refuse_wrong(fields: Fields) -> None:
    fields.refuse_rest()
    fields.findings.raise_violations()
