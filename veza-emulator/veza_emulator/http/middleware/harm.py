"""Answers that mean their caller harm, as the tenant's variants say: drip, echo, redirect, endless body."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Iterator
from urllib.parse import quote

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from veza_emulator.hostility import Drip, EchoedCredential, EndlessBody
from veza_emulator.http.connections import Connections
from veza_emulator.http.json_http import JsonResponse
from veza_emulator.http.middleware.basics import ADMIN_PATH, header_of
from veza_emulator.http.middleware.held import Answer, executed, still_there_after, wait_for_disconnect
from veza_emulator.reading.errors import ApiError, ErrorKind
from veza_emulator.tenant.tenant import Tenant
from veza_emulator.variants import Variants

LET_OFF_AFTER_BYTES = 512 * 1024 * 1024
"""An endless body ends here all the same: a caller that sets no bound is not to bring down the machine that tests it."""

_PIECE = b" " * 65_536
_ENDLESS_HEADER = b"HTTP/1.1 200 OK\r\nX-Drip: "
_END: Message = {"type": "http.response.body", "body": b""}
_NEVER_ANNOUNCED = (b"content-length", b"content-encoding")


class HarmMiddleware:
    """Does the harm that the tenant's variants say, to the requests whose path they name."""

    def __init__(self, app: ASGIApp, tenant: Tenant, connections: Connections) -> None:
        self._app = app
        self._tenant = tenant
        self._connections = connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        await self._answering(scope)(scope, receive, send)

    def _answering(self, scope: Scope) -> ASGIApp:
        variants, path = self._tenant.variants, scope["path"]
        if path.startswith(ADMIN_PATH) or variants.hostile_path not in path:
            return self._app
        if variants.redirect_to:
            return self._redirect
        if variants.echo is not EchoedCredential.NONE:
            return self._echo
        if variants.drip is not Drip.NONE:
            return self._drip
        return self._app if variants.endless_body is EndlessBody.NONE else self._send_without_end

    async def _redirect(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = scope["query_string"].decode("latin-1")
        location = f"{self._tenant.variants.redirect_to}{quote(scope['path'], safe='/:')}{query and '?'}{query}"
        headers = {"Location": location}
        await Response(status_code=self._tenant.variants.redirect_status, headers=headers)(scope, receive, send)

    async def _echo(self, scope: Scope, receive: Receive, send: Send) -> None:
        variants = self._tenant.variants
        echoed = echoed_credential(header_of(scope, b"authorization"), variants.echo)
        said = f"Nobody is let in with {echoed}"
        body = ApiError(ErrorKind.of_status(variants.echo_status)).body(self._tenant.clock.now())
        # As both the API and a token endpoint say what is wrong.
        quoting = {**body, "message": said, "error": said, "error_description": said}
        await JsonResponse(quoting, status_code=variants.echo_status)(scope, receive, send)

    async def _drip(self, scope: Scope, receive: Receive, send: Send) -> None:
        variants = self._tenant.variants
        answer = await executed(self._app, scope, receive)
        if variants.drip is Drip.HEADERS:
            await self._drip_headers(scope, receive)
            return
        await send(_unannounced(answer).start)
        while await self._goes_on_after(variants.drip_seconds, variants, receive):
            await send(_more(b" "))
        await send(_END)

    async def _drip_headers(self, scope: Scope, receive: Receive) -> None:
        variants = self._tenant.variants
        for byte in _header_bytes():
            self._connections.write(scope["client"], byte)
            if not await self._goes_on_after(variants.drip_seconds, variants, receive):
                self._connections.close(scope["client"])
                await wait_for_disconnect(receive)
                return

    async def _send_without_end(self, scope: Scope, receive: Receive, send: Send) -> None:
        variants = self._tenant.variants
        gzipped = variants.endless_body is EndlessBody.GZIP
        answer = _unannounced(await executed(self._app, scope, receive))
        await send((answer.with_header(b"content-encoding", b"gzip") if gzipped else answer).start)
        for piece in _gzipped(_blanks()) if gzipped else _blanks():
            if not await self._goes_on_after(0, variants, receive):
                break
            await send(_more(piece))
        await send(_END)

    async def _goes_on_after(self, seconds: float, variants: Variants, receive: Receive) -> bool:
        """Wait; tell whether the caller has waited as well, and no switch was set meanwhile."""
        return await still_there_after(seconds, receive) and self._tenant.variants is variants


def echoed_credential(authorization: str, form: EchoedCredential) -> str:
    """Return a credential as a refusal quotes it.

    >>> echoed_credential("Bearer s3cret/key", EchoedCredential.URL_ENCODED)
    's3cret%2Fkey'
    >>> echoed_credential("Basic dXNlcjpwYXNz", EchoedCredential.PLAIN)
    'pass'
    """
    scheme, _, credential = authorization.partition(" ")
    is_basic = scheme.lower() == "basic"
    match form:
        case EchoedCredential.BASIC:
            return credential if is_basic else base64.b64encode(credential.encode()).decode()
        case EchoedCredential.URL_ENCODED:
            return quote(_password(credential) if is_basic else credential, safe="")
        case _:
            return _password(credential) if is_basic else credential


def _password(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return encoded


def _header_bytes() -> Iterator[bytes]:
    for byte in _ENDLESS_HEADER:
        yield bytes([byte])
    while True:
        yield b"a"


def _unannounced(answer: Answer) -> Answer:
    """Return an answer that does not say how long its body is."""
    headers = {name: value for name, value in answer.headers.items() if name not in _NEVER_ANNOUNCED}
    return Answer(answer.status, headers, answer.body)


def _blanks() -> Iterator[bytes]:
    for _ in range(LET_OFF_AFTER_BYTES // len(_PIECE)):
        yield _PIECE


def _gzipped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    compressing = zlib.compressobj(wbits=31)
    for piece in pieces:
        compressed = compressing.compress(piece) + compressing.flush(zlib.Z_SYNC_FLUSH)
        yield compressed
    yield compressing.flush()


def _more(part: bytes) -> Message:
    return {"type": "http.response.body", "body": part, "more_body": True}
