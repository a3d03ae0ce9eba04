"""Applies queued faults to requests, to answers and to connections; `tenant.faults` says what a fault is."""

from __future__ import annotations

import asyncio
from collections import deque

from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from veza_emulator.http.connections import Connections
from veza_emulator.http.json_http import JsonResponse
from veza_emulator.http.middleware.basics import ADMIN_PATH
from veza_emulator.http.middleware.fault_answers import spoil_words
from veza_emulator.http.middleware.held import Answer, executed, still_there_after, wait_for_disconnect
from veza_emulator.reading.errors import ApiError, ErrorKind
from veza_emulator.tenant.executions import Family
from veza_emulator.tenant.faults import Fault, FaultKind
from veza_emulator.tenant.journal import note_of
from veza_emulator.tenant.tenant import Tenant

_GATEWAY_PAGE = "<html><head><title>{status}</title></head><body><h1>{status}</h1><hr>nginx</body></html>"
_PIECES = 10


class FaultMiddleware:
    """Makes a request go wrong if a fault is queued for it."""

    def __init__(self, app: ASGIApp, tenant: Tenant, connections: Connections) -> None:
        self._app = app
        self._tenant = tenant
        self._connections = connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, with the first fault that is queued for it."""
        in_api = not scope["path"].startswith(ADMIN_PATH)
        faults = self._tenant.faults.that_meet(scope["method"], scope["path"]) if in_api else []
        if not faults:
            await self._app(scope, receive, send)
        elif faults[0].kind.spoils_answer:
            await self._execute_and_spoil(faults, scope, receive, send)
        else:
            await self._meet(faults[0], scope, receive, send)

    async def _meet(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._answer_of(fault) if self._use(fault, scope) else self._app
        await answer(scope, receive, send)

    def _answer_of(self, fault: Fault) -> ASGIApp:
        if fault.kind is FaultKind.RESET_BEFORE_ACCEPT:
            return self._reset
        if fault.kind is FaultKind.DELAY:
            return self._answer_after(self._tenant.faults.seconds_of(fault))
        if fault.kind is FaultKind.HTML:
            page = _GATEWAY_PAGE.format(status=fault.status)
            return HTMLResponse(page, status_code=fault.status, headers=fault.headers)
        body = ApiError(ErrorKind.of_status(fault.status)).body(self._tenant.clock.now())
        return JsonResponse(body, status_code=fault.status, headers=fault.headers)

    async def _reset(self, scope: Scope, receive: Receive, _send: Send) -> None:
        self._connections.reset(scope["client"])
        await wait_for_disconnect(receive)

    def _answer_after(self, seconds: float) -> ASGIApp:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            request = await _whole_request(receive)
            await asyncio.sleep(seconds)
            await self._app(scope, request, send)

        return answer

    async def _execute_and_spoil(self, faults: list[Fault], scope: Scope, receive: Receive, send: Send) -> None:
        answer = await executed(self._app, scope, receive)
        for fault in faults:
            spoilt = self._spoilt(fault, answer, scope)
            if spoilt is not None and self._use(fault, scope):
                await self._deliver(fault, spoilt, scope, receive, send)
                return
        await _send_whole(answer, send)

    def _spoilt(self, fault: Fault, answer: Answer, scope: Scope) -> Answer | None:
        """Return what the fault makes of an answer; None if it does not concern this answer."""
        kind, note = fault.kind, note_of(scope)
        if not kind.spoils_answer or not fault.match.matches_state(note.query_state):
            return None
        if kind.needs_body and not answer.body:
            return None
        if kind.spoils_delivery:
            return answer
        return spoil_words(fault, answer, note, self._tenant.look(Family.NODES, note.query_id or ""))

    async def _deliver(self, fault: Fault, answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope["client"]
        match fault.kind:
            case FaultKind.RESET_AFTER_ACCEPT:
                await self._reset(scope, receive, send)
            case FaultKind.CONNECTION_REFUSED:
                self._connections.refuse_new(self._tenant.faults.seconds_of(fault), spared=client)
                await _send_whole(answer.with_header(b"connection", b"close"), send)
            case FaultKind.SLOW_HEADERS:
                if await still_there_after(self._tenant.faults.seconds_of(fault), receive):
                    await _send_whole(answer, send)
            case FaultKind.SLOW_BODY:
                await _send_in_pieces(answer, self._tenant.faults.seconds_of(fault), receive, send)
            case FaultKind.TRUNCATED_BODY:
                await _send_half(answer, send)
                self._connections.close(client)
                await wait_for_disconnect(receive)
            case _:
                await _send_whole(answer, send)

    def _use(self, fault: Fault, scope: Scope) -> bool:
        used = self._tenant.faults.use(fault)
        if used:
            note_of(scope).fault = fault.kind
        return used


async def _send_whole(answer: Answer, send: Send) -> None:
    await send(answer.start)
    await send({"type": "http.response.body", "body": answer.body})


async def _send_in_pieces(answer: Answer, seconds: float, receive: Receive, send: Send) -> None:
    await send(answer.start)
    size = len(answer.body)
    for piece in range(_PIECES):
        if not await still_there_after(seconds / _PIECES, receive):
            return
        part = answer.body[size * piece // _PIECES : size * (piece + 1) // _PIECES]
        await send({"type": "http.response.body", "body": part, "more_body": piece < _PIECES - 1})


async def _send_half(answer: Answer, send: Send) -> None:
    await send(answer.start)
    await send({"type": "http.response.body", "body": answer.body[: len(answer.body) // 2], "more_body": True})


async def _whole_request(receive: Receive) -> Receive:
    """Receive a request to its end, after which its caller may go; return what gives it once more."""
    messages = deque([await receive()])
    while messages[-1].get("more_body"):
        messages.append(await receive())

    async def again() -> Message:
        return messages.popleft() if messages else await receive()

    return again
