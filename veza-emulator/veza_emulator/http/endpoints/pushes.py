"""The endpoints that push a payload to a data source, whole or in parts; nothing is decided here.

Paths, methods and bodies are those of oaaclient 1.2.0, whose tests also show that an answer always has `warnings`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
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
from veza_emulator.reading.fields import Fields, Findings
from veza_emulator.tenant.tenant import Tenant


class UploadOperation(StrEnum):
    """What a request of an upload in parts does."""

    START = "start"
    UPLOAD = "upload"
    COMPLETE = "complete"


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
        payload = await run_in_threadpool(read_pushed_data, body)
        note_findings(request, body.findings)
        return await self._show(request, payload)

    async def push_parts(self, request: Request) -> Response:
        """Take one step of a push in parts."""
        self._find_data_source(request)
        body = await _body_fields(request)
        body.required_string("operation")
        match body.enum("operation", UploadOperation, UploadOperation.START):
            case UploadOperation.START:
                return self._start(request, body)
            case UploadOperation.UPLOAD:
                return self._add_part(request, body)
            case UploadOperation.COMPLETE:
                return await self._complete(request, body)

    def _start(self, request: Request, body: Fields) -> Response:
        body.ignore_rest()
        note_findings(request, body.findings)
        return JsonResponse({"upload_id": self._custom.uploads.start(request.path_params["data_source_id"])})

    def _add_part(self, request: Request, body: Fields) -> Response:
        upload_id, sequence_number = body.required_string("upload_id"), _count(body, "sequence_number")
        data = body.required_string("data")
        body.ignore_rest()
        note_findings(request, body.findings)
        content = decoded(data, "data")
        self._custom.uploads.add(request.path_params["data_source_id"], upload_id, sequence_number, content)
        return JsonResponse({})

    async def _complete(self, request: Request, body: Fields) -> Response:
        upload_id, sequence_count = body.required_string("upload_id"), _count(body, "sequence_count")
        body.ignore_rest()
        note_findings(request, body.findings)
        data = self._custom.uploads.complete(request.path_params["data_source_id"], upload_id, sequence_count)
        return await self._show(request, await run_in_threadpool(payload_of, data))

    async def _show(self, request: Request, payload: Mapping[str, Any]) -> Response:
        path = request.path_params
        warnings = await run_in_threadpool(self._custom.push, path["provider_id"], path["data_source_id"], payload)
        return JsonResponse({"warnings": [{"message": message} for message in warnings]})

    def _find_data_source(self, request: Request) -> None:
        data_sources = self._custom.data_sources(request.path_params["provider_id"])
        data_sources.get(request.path_params["data_source_id"])


async def _body_fields(request: Request) -> Fields:
    return Fields(await read_json_object(request, MAXIMUM_REQUEST_BYTES), Findings())


def _count(body: Fields, name: str) -> int:
    number = body.count(name, 0)
    if not number:
        body.violate(name, "must be a whole number from 1")
    return number
