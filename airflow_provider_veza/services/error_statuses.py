"""Which error an error status becomes, whichever service answers with it; what it says is the service's own to read."""

from __future__ import annotations

from collections.abc import Mapping

from airflow_provider_veza.exceptions import (
    BadRequestError,
    ForbiddenError,
    NotFoundError,
    RefusedError,
    ServerError,
    TooManyRequestsError,
    UnauthorizedError,
)

_BY_STATUS: Mapping[int, type[RefusedError]] = {
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    429: TooManyRequestsError,
}


def error_of_status(status: int) -> type[RefusedError]:
    """Return the class of the error of a status of 400 or more."""
    return _BY_STATUS.get(status, BadRequestError if status < 500 else ServerError)
