"""The variants that are settled before an endpoint is reached: where it is served, and how many requests a second."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from veza_emulator.http.json_http import error_response
from veza_emulator.reading.errors import ApiError, ErrorKind
from veza_emulator.tenant.rate_limit import Allowance
from veza_emulator.tenant.tenant import Tenant
from veza_emulator.variants import (
    ID_IN_PATH,
    NODES_GET_PATH,
    SAVED_QUERY_CREATE_PATH,
    RateLimitHeaders,
)

_API_PATH = "/api/"


class VariantMiddleware:
    """Serves the API at the paths and at the rate that the tenant's variants say."""

    def __init__(self, app: ASGIApp, tenant: Tenant) -> None:
        self._app = app
        self._tenant = tenant

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        allowance = self._allowance(scope)
        told = allowance is not None and self._tenant.variants.rate_limit_headers is RateLimitHeaders.PRESENT
        sending = _sending(allowance.headers(), send) if allowance and told else send
        try:
            _refuse_beyond(allowance)
            routed = self._routed(scope)
        except ApiError as refusal:
            await error_response(refusal, self._tenant.clock)(scope, receive, sending)
        else:
            await self._app(routed, receive, sending)

    def _allowance(self, scope: Scope) -> Allowance | None:
        limit = self._tenant.variants.rate_limit
        if limit and scope["path"].startswith(_API_PATH):
            return self._tenant.rate_limit.take(self._tenant.clock.now(), limit)
        return None

    def _routed(self, scope: Scope) -> Scope:
        """Return the scope under the path that the endpoint stands at."""
        variants, path = self._tenant.variants, scope["path"]
        if path == variants.nodes_get_path and not variants.nodes_get_methods.accept(scope["method"]):
            raise ApiError(ErrorKind.METHOD_NOT_ALLOWED)
        served_at = {
            variants.nodes_get_path: NODES_GET_PATH,
            variants.saved_query_create_path: SAVED_QUERY_CREATE_PATH,
        }
        for template, usual in served_at.items():
            query_id = id_in(path, template)
            if query_id is not None:
                return {**scope, "path": usual.replace(ID_IN_PATH, query_id)}
            if id_in(path, usual) is not None:
                raise ApiError(ErrorKind.NOT_FOUND)
        return scope


def _refuse_beyond(allowance: Allowance | None) -> None:
    if allowance is not None and allowance.is_used_up:
        raise ApiError(ErrorKind.TOO_MANY_REQUESTS)


def id_in(path: str, template: str) -> str | None:
    """Return what stands for the id in a path of this template, empty if the template has none; None for another path.

    >>> id_in("/api/queries/7:run", "/api/queries/{id}:run")
    '7'
    """
    start, has_id, end = template.partition(ID_IN_PATH)
    if not has_id:
        return "" if path == template else None
    found = path.removeprefix(start).removesuffix(end)
    return found if found and "/" not in found and path == f"{start}{found}{end}" else None


def _sending(headers: dict[str, str], send: Send) -> Send:
    added = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *added]}
        await send(message)

    return send_with_headers
