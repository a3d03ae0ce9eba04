"""Tenants that no emulator plays: what goes over the wire is altered on its way, in words that a table can use."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from airflow_provider_veza.async_query.message import Call, Request, Response
from airflow_provider_veza.async_query.retry import RetryPolicy
from airflow_provider_veza.transport.sync import SyncTransport

Send = Callable[[Request], Response]
Alteration = Callable[[Request, Send], Response]
"""What stands between doctor and tenant: it is given a request and the way to send it."""


@dataclass(frozen=True)
class AlteredTransport:
    """A transport with an alteration in its way."""

    transport: SyncTransport
    alteration: Alteration

    def run(self, call: Call[Response], *, retry: RetryPolicy) -> Response:
        def send(request: Request) -> Response:
            return self.transport.run(Call(request, call.read), retry=retry)

        return call.read(self.alteration(call.request, send))


def unaltered(request: Request, send: Send) -> Response:
    return send(request)


def answered(body: Any, status: int = 200) -> Response:
    """Return an answer with a JSON body."""
    return Response(status, {"content-type": "application/json"}, json.dumps(body).encode())


def refused(status: int) -> Response:
    """Return a refusal as Veza writes it."""
    keys = {"request_id": "1091d23a", "timestamp": "2026-11-22T12:00:00Z", "details": []}
    return answered({"code": "Refused", "message": "Refused", **keys}, status)


def instead(suffix: str, response: Response, *, only: Callable[[Request], bool] = lambda _: True) -> Alteration:
    """Answer requests whose path ends so with this; the tenant does not see them."""

    def alteration(request: Request, send: Send) -> Response:
        return response if request.path.endswith(suffix) and only(request) else send(request)

    return alteration


def edited(suffix: str, edit: Callable[[dict[str, Any]], Mapping[str, Any]]) -> Alteration:
    """Edit the JSON of successful answers to requests whose path ends so."""

    def alteration(request: Request, send: Send) -> Response:
        response = send(request)
        if not request.path.endswith(suffix) or response.status >= 400:
            return response
        return replace(response, body=json.dumps(edit(json.loads(response.body))).encode())

    return alteration


def sent_otherwise(change: Callable[[Request], Request]) -> Alteration:
    """Send other requests than the doctor meant."""
    return lambda request, send: send(change(request))


def without(*keys: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return an edit that drops keys."""
    return lambda body: {key: value for key, value in body.items() if key not in keys}
