"""JSON in and out over HTTP: reading a bounded body, writing answers and errors; knows no endpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from veza_emulator.clock import TenantClock
from veza_emulator.reading.errors import ApiError, ErrorKind, FieldViolation, invalid_argument
from veza_emulator.reading.json_text import parse_json_object

MAXIMUM_BODY_BYTES = 1_048_576
# The real service seems not to insist on a content type: curl's and fetch's own defaults pass.
_ACCEPTED_CONTENT_TYPES = frozenset({"", "application/json", "application/x-www-form-urlencoded", "text/plain"})


class JsonResponse(Response):
    """A JSON answer, in ASCII so that any text a caller sent can be echoed."""

    media_type = "application/json"

    def render(self, content: object) -> bytes:
        """Return the body's bytes."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")


def error_response(error: ApiError, clock: TenantClock, headers: Mapping[str, str] | None = None) -> JsonResponse:
    """Return the five-key answer of a refusal."""
    return JsonResponse(error.body(clock.now()), status_code=error.status, headers=headers)


async def read_body(request: Request, maximum_bytes: int = MAXIMUM_BODY_BYTES) -> bytes:
    """Return the request's body; a larger one is read to its end, so that the caller gets to see the refusal."""
    body = bytearray()
    too_large = False
    try:
        async for chunk in request.stream():
            too_large = too_large or len(body) + len(chunk) > maximum_bytes
            if not too_large:
                body += chunk
    except ClientDisconnect:
        # Nobody is there to read the refusal, but the journal shows it.
        raise invalid_argument(FieldViolation("body", "ended before it was complete")) from None
    if too_large:
        raise ApiError(ErrorKind.BODY_TOO_LARGE)
    return bytes(body)


async def read_json_object(request: Request, maximum_bytes: int = MAXIMUM_BODY_BYTES) -> Mapping[str, Any]:
    """Return the JSON object in the request's body; an empty body reads as an empty object."""
    body = await read_body(request, maximum_bytes)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in _ACCEPTED_CONTENT_TYPES:
        raise ApiError(ErrorKind.UNSUPPORTED_MEDIA_TYPE)
    return parse_json_object(body or b"{}", "body")
