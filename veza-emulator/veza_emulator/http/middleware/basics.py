"""What happens around every request: the journal entry, the credential, the error answer; no endpoint's work."""

from __future__ import annotations

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from veza_emulator.http.json_http import error_response
from veza_emulator.reading.errors import ApiError, ErrorKind
from veza_emulator.tenant.journal import JournalEntry, note_of
from veza_emulator.tenant.oauth import Access
from veza_emulator.tenant.tenant import Tenant

ADMIN_PATH = "/_emulator"

_log = logging.getLogger(__name__)


def header_of(scope: Scope, name: bytes) -> str:
    """Return a request header, empty if absent."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


class JournalMiddleware:
    """Writes one journal entry for every request of the API, refused and dropped ones too.

    The entry is there before the request is executed, and its status before the answer is sent: whoever has an answer
    finds it in the journal.
    """

    def __init__(self, app: ASGIApp, tenant: Tenant) -> None:
        self._app = app
        self._tenant = tenant

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request and record it."""
        if scope["path"].startswith(ADMIN_PATH):
            await self._app(scope, receive, send)
            return
        entry = JournalEntry(self._tenant.clock.now(), scope["method"], scope["path"], note_of(scope))
        self._tenant.journal.record(entry)

        async def send_and_see(message: Message) -> None:
            entry.status = message.get("status", entry.status)
            await send(message)

        await self._app(scope, receive, send_and_see)


class ErrorMiddleware:
    """Answers refusals, and mistakes of the emulator itself as the service would; a traceback goes to the log alone."""

    def __init__(self, app: ASGIApp, tenant: Tenant) -> None:
        self._app = app
        self._tenant = tenant

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            await self._app(scope, receive, send)
        except ApiError as refusal:
            await error_response(refusal, self._tenant.clock)(scope, receive, send)
        except Exception:
            _log.exception("the emulator failed at %s %s", scope["method"], scope["path"])
            await error_response(ApiError(ErrorKind.INTERNAL), self._tenant.clock)(scope, receive, send)


class AuthMiddleware:
    """Lets a request pass whose credential may run queries."""

    def __init__(self, app: ASGIApp, tenant: Tenant) -> None:
        self._app = app
        self._tenant = tenant

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        access = self._tenant.access(header_of(scope, b"authorization"))
        if access is not Access.QUERIES:
            denied = access is Access.NO_QUERIES
            raise ApiError(ErrorKind.PERMISSION_DENIED if denied else ErrorKind.UNAUTHENTICATED)
        await self._app(scope, receive, send)
