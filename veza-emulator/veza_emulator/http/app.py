"""Puts one tenant behind HTTP: which endpoint stands where, and what answers when none does."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, Router

from veza_emulator.http.connections import Connections
from veza_emulator.http.endpoints.admin import AdminEndpoints
from veza_emulator.http.endpoints.async_queries import AssessmentEndpoints
from veza_emulator.http.endpoints.live_queries import LiveQueryEndpoints
from veza_emulator.http.endpoints.providers import ProviderEndpoints
from veza_emulator.http.endpoints.pushes import PushEndpoints
from veza_emulator.http.endpoints.reports import ReportEndpoints
from veza_emulator.http.endpoints.saved_queries import SavedQueryEndpoints
from veza_emulator.http.json_http import JsonResponse, error_response, read_body
from veza_emulator.http.middleware.basics import ADMIN_PATH, AuthMiddleware, ErrorMiddleware, JournalMiddleware
from veza_emulator.http.middleware.callers import CallerMiddleware
from veza_emulator.http.middleware.faults import FaultMiddleware
from veza_emulator.http.middleware.harm import HarmMiddleware
from veza_emulator.http.middleware.variants import VariantMiddleware
from veza_emulator.openapi.document import openapi_document
from veza_emulator.reading.errors import ApiError, ErrorKind
from veza_emulator.tenant.oauth import OAuthError
from veza_emulator.tenant.tenant import Tenant


def build_app(tenant: Tenant, connections: Connections, known_hosts: Collection[str] = ()) -> Starlette:
    """Return the ASGI application of a tenant.

    :param known_hosts: see `CallerMiddleware`.
    """
    rooms = (AssessmentEndpoints(tenant), LiveQueryEndpoints(tenant), SavedQueryEndpoints(tenant))
    api = _router(
        [
            Mount("/v1/assessments", app=_router([route for room in rooms for route in room.routes()])),
            Mount("/preview/assessments", app=_router(ReportEndpoints(tenant).routes())),
            Mount("/v1/providers", app=_router([*ProviderEndpoints(tenant).routes(), *PushEndpoints(tenant).routes()])),
        ]
    )
    routes: list[BaseRoute] = [
        Mount("/api", app=api, middleware=[Middleware(AuthMiddleware, tenant=tenant)]),
        Mount(ADMIN_PATH, app=_router([*AdminEndpoints(tenant).routes(), Route("/openapi.json", _show_document)])),
        Route("/oauth/token", _TokenEndpoint(tenant).issue, methods=["POST"]),
    ]
    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(CallerMiddleware, tenant=tenant, known_hosts=known_hosts),
            Middleware(JournalMiddleware, tenant=tenant),
            Middleware(HarmMiddleware, tenant=tenant, connections=connections),
            Middleware(FaultMiddleware, tenant=tenant, connections=connections),
            Middleware(VariantMiddleware, tenant=tenant),
            Middleware(ErrorMiddleware, tenant=tenant),
        ],
        exception_handlers={HTTPException: _unrouted(tenant)},
    )
    app.router.redirect_slashes = False
    return app


async def _show_document(_request: Request) -> Response:
    return JsonResponse(openapi_document())


def _router(routes: Sequence[BaseRoute]) -> Router:
    # A redirect to the path without its slash would hide a caller's wrong URL.
    return Router(routes, redirect_slashes=False)


def _unrouted(tenant: Tenant) -> Callable[[Request, Exception], Response]:
    def answer(_request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        refusal = ApiError(ErrorKind.of_status(error.status_code))
        return error_response(refusal, tenant.clock, error.headers)

    return answer


class _TokenEndpoint:
    """The OAuth2 token endpoint."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    async def issue(self, request: Request) -> Response:
        """Answer a client-credentials request with an access token."""
        form = dict(parse_qsl((await read_body(request)).decode("utf-8", "replace")))
        try:
            answer = self._tenant.tokens.issue(form, request.headers.get("authorization", ""), self._tenant.clock.now())
        except OAuthError as error:
            return JsonResponse(error.body(), status_code=error.status)
        return JsonResponse(answer, headers={"Cache-Control": "no-store"})
