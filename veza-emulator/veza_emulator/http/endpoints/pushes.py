"""The endpoints that push a payload to a data source, whole or in parts; nothing is decided here.

Paths, methods and bodies are those of oaaclient 1.2.0, whose tests also show that an answer always has `warnings`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from veza_emulator.http.json_http import JsonResponse, read_json_object
from veza_emulator.http.request_fields import note_findings
from veza_emulator.oaa.pushed_data import (
    MAXIMUM_REQUEST_BYTES,
    decoded,
    payload_of,
    read_pushed_data,
)
from veza_emulator.oaa.upload_steps import (
    AddPart,
    CompleteUpload,
    StartUpload,
    read_upload_operation,
    read_upload_step,
)
from veza_emulator.reading.fields import Fields, Findings
from veza_emulator.tenant.tenant import Tenant


class PushEndpoints:
    """The pushes to one tenant."""

    def __init__(self, tenant: Tenant) -> None:
        self._custom = tenant.custom_providers

    def routes(self) -> list[Route]:
        """Return the routes, relative to the providers path."""
        data_source = "/custom/{provider_id}/datasources/{data_source_id}"
        return [
            Route(f"{data_source}:push", self.push, methods=["POST"]),
            Route(f"{data_source}:parts", self.push_parts, methods=["POST"]),
        ]

    async def push(self, request: Request) -> Response:
        """Replace what a data source holds."""
        self._find_data_source(request)
        body = await _body_fields(request)
        pushed = read_pushed_data(body)
        note_findings(request, body.findings)
        return await self._show(request, await run_in_threadpool(pushed.payload))

    async def push_parts(self, request: Request) -> Response:
        """Take one step of a push in parts."""
        self._find_data_source(request)
        body = await _body_fields(request)
        step = read_upload_step(body, read_upload_operation(body))
        note_findings(request, body.findings)
        data_source_id = request.path_params["data_source_id"]
        match step:
            case StartUpload():
                return JsonResponse({"upload_id": self._custom.uploads.start(data_source_id)})
            case AddPart(upload_id, sequence_number, data):
                self._custom.uploads.add(data_source_id, upload_id, sequence_number, decoded(data, "data"))
                return JsonResponse({})
            case CompleteUpload(upload_id, sequence_count):
                whole = self._custom.uploads.complete(data_source_id, upload_id, sequence_count)
                return await self._show(request, await run_in_threadpool(payload_of, whole))

    async def _show(self, request: Request, payload: Mapping[str, Any]) -> Response:
        path = request.path_params
        warnings = await run_in_threadpool(self._custom.push, path["provider_id"], path["data_source_id"], payload)
        return JsonResponse({"warnings": [{"message": message} for message in warnings]})

    def _find_data_source(self, request: Request) -> None:
        data_sources = self._custom.data_sources(request.path_params["provider_id"])
        data_sources.get(request.path_params["data_source_id"])


async def _body_fields(request: Request) -> Fields:
    return Fields(await read_json_object(request, MAXIMUM_REQUEST_BYTES), Findings())
