"""The five-key error body of the Veza API and the errors that the emulator answers; no HTTP framework enters."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from http import HTTPStatus
from typing import Any

from veza_emulator.clock import rfc3339

_TYPE_URL = "type.googleapis.com/"
_TRY_AGAIN = "Please retry and if the error persists contact support at support@veza.com"


@dataclass(frozen=True)
class ErrorText:
    """The fixed words of one kind of error."""

    status: HTTPStatus
    code: str
    reason: str
    message: str
    explanation: str
    resolution: str = ""


class ErrorKind(Enum):
    """Every kind of error that the tenant answers."""

    INVALID_ARGUMENT = ErrorText(
        HTTPStatus.BAD_REQUEST,
        "InvalidArgument",
        "INVALID_ARGUMENTS",
        "Invalid Arguments",
        "Request includes invalid arguments.",
        "Reference error details for the exact field violations.",
    )
    UNAUTHENTICATED = ErrorText(
        HTTPStatus.UNAUTHORIZED,
        "Unauthenticated",
        "UNAUTHENTICATED",
        "Unauthenticated",
        "Authorization information is missing or invalid.",
        "Send a valid API key or access token as 'Authorization: Bearer <token>'.",
    )
    PERMISSION_DENIED = ErrorText(
        HTTPStatus.FORBIDDEN,
        "PermissionDenied",
        "PERMISSION_DENIED",
        "Permission Denied",
        "This API key may not run queries.",
        "Use a personal API key of a user who may see query results.",
    )
    FOREIGN_SITE = ErrorText(
        HTTPStatus.FORBIDDEN,
        "PermissionDenied",
        "FOREIGN_SITE",
        "The Host or Origin of this request is not the emulator's",
        "This emulator is called by address, as localhost, or by a name that it was started with.",
        "Call it by its address, or start it with --known-host NAME.",
    )
    NOT_FOUND = ErrorText(
        HTTPStatus.NOT_FOUND, "NotFound", "NOT_FOUND", "Not Found", "Requested resource was not found."
    )
    METHOD_NOT_ALLOWED = ErrorText(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "Unimplemented",
        "METHOD_NOT_ALLOWED",
        "Method Not Allowed",
        "This path does not take this method.",
    )
    BODY_TOO_LARGE = ErrorText(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "ResourceExhausted",
        "BODY_TOO_LARGE",
        "Request Entity Too Large",
        "The request body is too large.",
        "Send at most 1 MiB, or 100 MB to push data.",
    )
    UNSUPPORTED_MEDIA_TYPE = ErrorText(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "InvalidArgument",
        "UNSUPPORTED_MEDIA_TYPE",
        "Unsupported Media Type",
        "The request body is not JSON.",
        "Send JSON with 'Content-Type: application/json'.",
    )
    TOO_MANY_REQUESTS = ErrorText(
        HTTPStatus.TOO_MANY_REQUESTS,
        "ResourceExhausted",
        "RATE_LIMITED",
        "Too Many Requests",
        "Too many requests.",
        "Send fewer requests.",
    )
    INTERNAL = ErrorText(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Internal",
        "INTERNAL",
        "Internal Server Error, please retry and if the error persists contact support at support@veza.com",
        "Internal server error.",
        _TRY_AGAIN,
    )
    BAD_GATEWAY = ErrorText(
        HTTPStatus.BAD_GATEWAY,
        "Unavailable",
        "UNAVAILABLE",
        "Bad Gateway",
        "Service is temporarily unavailable.",
        _TRY_AGAIN,
    )
    UNAVAILABLE = ErrorText(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Unavailable",
        "UNAVAILABLE",
        "Service Unavailable",
        "Resource is temporarily unavailable.",
        _TRY_AGAIN,
    )
    GATEWAY_TIMEOUT = ErrorText(
        HTTPStatus.GATEWAY_TIMEOUT,
        "DeadlineExceeded",
        "DEADLINE_EXCEEDED",
        "Gateway Timeout",
        "The service did not answer in time.",
        _TRY_AGAIN,
    )

    @classmethod
    def of_status(cls, status: int) -> ErrorKind:
        """Return the kind whose HTTP status this is; a status that no kind has reads as an internal error."""
        return next((kind for kind in cls if kind.value.status == status), cls.INTERNAL)


@dataclass(frozen=True)
class FieldViolation:
    """One field of a request that is wrong, and how."""

    field: str
    description: str

    def render(self) -> dict[str, str]:
        """Return the violation as the wire spells it."""
        return {"field": self.field, "description": self.description}


class ApiError(Exception):
    """A refusal that the tenant answers with the five-key error body."""

    def __init__(self, kind: ErrorKind, details: Sequence[dict[str, Any]] = ()) -> None:
        super().__init__(kind.value.message)
        self.kind = kind
        self.details = tuple(details)

    @property
    def status(self) -> int:
        """The HTTP status of the answer."""
        return int(self.kind.value.status)

    def body(self, now: datetime) -> dict[str, Any]:
        """Return the five-key body: code, message, request_id, timestamp, details."""
        text = self.kind.value
        user_facing = {
            "@type": f"{_TYPE_URL}errorstatus.v1.UserFacingErrorInfo",
            "reason": text.reason,
            "metadata": {},
            "message": text.explanation,
            "resolution": text.resolution,
        }
        return {
            "code": text.code,
            "message": text.message,
            "request_id": uuid.uuid4().hex,
            "timestamp": rfc3339(now),
            "details": [*self.details, user_facing],
        }


def invalid_argument(*violations: FieldViolation) -> ApiError:
    """Return the 400 that names each wrong field."""
    rendered = [violation.render() for violation in violations]
    return ApiError(
        ErrorKind.INVALID_ARGUMENT,
        [{"@type": f"{_TYPE_URL}google.rpc.BadRequest", "field_violations": rendered}],
    )


def not_found(resource_type: str, resource: str) -> ApiError:
    """Return the 404 that names the missing resource."""
    info = {
        "@type": f"{_TYPE_URL}errorstatus.v1.ResourceInfo",
        "resource_type": resource_type,
        "resource": resource,
    }
    return ApiError(ErrorKind.NOT_FOUND, [info])
