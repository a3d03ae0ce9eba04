"""Applies queued faults to requests or to their answers; what a fault is stands elsewhere."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from airflow_provider_veza.emulator.errors import ApiError, ErrorKind
from airflow_provider_veza.emulator.faults import Fault, FaultKind
from airflow_provider_veza.emulator.journal import note_of
from airflow_provider_veza.emulator.json_http import JsonResponse
from airflow_provider_veza.emulator.middleware import ADMIN_PATH
from airflow_provider_veza.emulator.tenant import Tenant

ConnectionBreaker = Callable[[tuple[str, int]], None]
"""Drops the connection of the client with this address."""

_GATEWAY_PAGE = "<html><head><title>{status}</title></head><body><h1>{status}</h1><hr>nginx</body></html>"


class FaultMiddleware:
    """Makes a request go wrong if a fault is queued for it."""

    def __init__(self, app: ASGIApp, tenant: Tenant, drop_connection: ConnectionBreaker) -> None:
        self._app = app
        self._tenant = tenant
        self._drop_connection = drop_connection

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, with the fault that is queued for it."""
        in_api = not scope["path"].startswith(ADMIN_PATH)
        fault = self._tenant.faults.next_for(scope["method"], scope["path"]) if in_api else None
        if fault is None:
            await self._app(scope, receive, send)
        elif fault.kind.spoils_answer:
            await self._execute_and_spoil(fault, scope, receive, send)
        else:
            await self._meet(fault, scope, receive, send)

    async def _meet(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._answer_of(fault) if self._use(fault, scope) else self._app
        await answer(scope, receive, send)

    def _answer_of(self, fault: Fault) -> ASGIApp:
        if fault.kind is FaultKind.DELAY:
            return self._answer_after(fault.seconds)
        if fault.kind is FaultKind.HTML:
            page = _GATEWAY_PAGE.format(status=fault.status)
            return HTMLResponse(page, status_code=fault.status, headers=fault.headers)
        body = ApiError(ErrorKind.of_status(fault.status)).body(self._tenant.clock.now())
        return JsonResponse(body, status_code=fault.status, headers=fault.headers)

    def _answer_after(self, seconds: float) -> ASGIApp:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            await asyncio.sleep(seconds)
            await self._app(scope, receive, send)

        return answer

    async def _execute_and_spoil(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        answer = _HeldAnswer()
        await self._app(scope, receive, answer.hold)
        spoilt = _spoilt_body(fault, bytes(answer.body), note_of(scope).page_token)
        if spoilt is None or not self._use(fault, scope):
            await answer.release(send)
        elif fault.kind is FaultKind.RESET_AFTER_ACCEPT:
            self._drop_connection(scope["client"])
            await _wait_for_disconnect(receive)
        else:
            answer.replace_body(spoilt)
            await answer.release(send)

    def _use(self, fault: Fault, scope: Scope) -> bool:
        used = self._tenant.faults.use(fault)
        if used:
            note_of(scope).fault = fault.kind
        return used


class _HeldAnswer:
    """An answer that is complete but not yet sent."""

    def __init__(self) -> None:
        self._start: Message = {}
        self.body = bytearray()

    async def hold(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        else:
            self.body += message.get("body", b"")

    def replace_body(self, body: bytes) -> None:
        self.body = bytearray(body)
        MutableHeaders(raw=self._start["headers"])["content-length"] = str(len(body))

    async def release(self, send: Send) -> None:
        await send(self._start)
        await send({"type": "http.response.body", "body": bytes(self.body)})


def _spoilt_body(fault: Fault, body: bytes, page_token: str | None) -> bytes | None:
    """Return the body that the fault makes of an answer; None if the fault does not concern this answer."""
    match fault.kind:
        case FaultKind.RESET_AFTER_ACCEPT:
            return b""
        case FaultKind.TRUNCATED_JSON:
            return body[: len(body) // 2]
        case FaultKind.REPEAT_PAGE_TOKEN if page_token and b'"next_page_token"' in body:
            return _changed(body, {"next_page_token": page_token, "has_more": True})
        case FaultKind.UNKNOWN_STATUS:
            return _with_unknown_status(body, fault.status_name)
        case _:
            return None


def _with_unknown_status(body: bytes, status_name: str) -> bytes | None:
    answer = json.loads(body or b"{}")
    if "task" in answer:
        return _changed(body, {"task": {**answer["task"], "state": status_name, "result": None}})
    if "status" in answer:
        no_rows = {"values": [], "path_values": [], "next_page_token": "", "has_more": False}
        return _changed(body, {"status": status_name, **no_rows})
    return None


def _changed(body: bytes, changes: dict[str, Any]) -> bytes:
    return json.dumps({**json.loads(body), **changes}).encode()


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
