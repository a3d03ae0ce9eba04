"""The asynchronous driver: carries out the steps of an exchange with aiohttp.

Every decision is in :mod:`.exchange`.
"""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TypeVar

import aiohttp
from aiohttp.http import HttpProcessingError
from yarl import URL

from airflow_provider_veza.async_query.message import Call, Response
from airflow_provider_veza.async_query.retry import RetryPolicy
from airflow_provider_veza.transport.answer_body import BODY_ERRORS
from airflow_provider_veza.transport.bounded_aiohttp import (
    AnswerHeaders,
    client_timeout,
    new_session,
    read_whole,
)
from airflow_provider_veza.transport.clock import read_clock
from airflow_provider_veza.transport.driving import (
    READ_ON_THE_LOOP_BYTES,
    Patience,
    Readings,
    Starter,
    Straight,
    drive_async,
    report,
    tenant_steps,
)
from airflow_provider_veza.transport.exchange import USUAL_RETRY, fetch_token, needs_no_decision
from airflow_provider_veza.transport.failures import failed, refused_by_proxy
from airflow_provider_veza.transport.pacing import Turn
from airflow_provider_veza.transport.reasons import causes
from airflow_provider_veza.transport.redaction import Redaction
from airflow_provider_veza.transport.routes import Proxy, Routes
from airflow_provider_veza.transport.sending import LIBRARY_ERRORS, Sending, sending
from airflow_provider_veza.transport.settings import OAuth2ClientCredentials, Timeouts, TransportSettings, with_wait
from airflow_provider_veza.transport.sparing_aiohttp import SparingConnector
from airflow_provider_veza.transport.steps import (
    Answer,
    Authorize,
    Authorized,
    Failed,
    Pause,
    Received,
    Report,
    Resumed,
    Send,
    Step,
    Steps,
    TakeTurn,
    WireRequest,
)
from airflow_provider_veza.transport.tokens import TOKENS, token_not_there
from airflow_provider_veza.transport.trust import tls_context
from airflow_provider_veza.transport.turnstile import Turnstile, turnstile_of
from airflow_provider_veza.transport.written_aiohttp import MOST_BYTES_AT_ONCE, WrittenSender

KEEPALIVE_SECONDS = 75
"""Longer than the longest usual poll interval, so that polls do not each begin with a TLS handshake."""

DNS_CACHE_SECONDS = 60
_CONTENT_TYPE = ("Content-Type",)

T = TypeVar("T")


class AsyncTransport:
    """Runs calls on one event loop, any number at once, over shared kept-alive connections.

    The session and its TLS context are made at the first call, since reading trusted authorities would block the loop.

    :param retry: for calls that bring no policy of their own.
    """

    def __init__(self, settings: TransportSettings, *, retry: RetryPolicy = USUAL_RETRY) -> None:
        self.settings = settings
        self.read_on_the_loop_bytes: float = READ_ON_THE_LOOP_BYTES
        self._retry = retry
        self._timeouts = settings.timeouts
        self._turnstile = turnstile_of(settings.origin)
        self._starter = Starter(settings, self._turnstile)
        self._readings = Readings()
        self._redaction = Redaction(settings.secrets())
        self._routes = Routes(settings.proxy, self._redaction.learn)
        self._sender: _Sender | None = None
        self._opening = asyncio.Lock()
        self._renewing = asyncio.Lock()

    async def close(self) -> None:
        """Close the connections."""
        if self._sender is not None:
            await self._sender.session.close()

    async def run(
        self,
        call: Call[T],
        *,
        retry: RetryPolicy | None = None,
        timeout: Timeouts | None = None,  # noqa: ASYNC109  # per connect and per read, which asyncio.timeout cannot do
        turn: Turn = Turn.IN_LINE,
        within: float | None = None,
        every: float | None = None,
    ) -> T:
        """Send a call's request and read its answer.

        :param retry: instead of the transport's own policy.
        :param timeout: instead of the connection's; a wait for a free connection counts as connecting.
        :param within: seconds after which nobody wants the answer, however patient the connection is.
        :param every: seconds between two such requests of the caller, by which its wait for a turn is measured.
        """
        patience = Patience(retry or self._retry, timeout or self._timeouts, turn, within, every)
        with self._redaction:
            answer = await self._response(call, patience)
            if len(answer.body) > self.read_on_the_loop_bytes:
                return self._redaction.result(await asyncio.to_thread(call.read, answer))
            return self._redaction.result(self._readings.of(call, answer))

    async def _response(self, call: Call[T], patience: Patience) -> Response:
        sender = self._sender or await self._open_sender()
        first = self._starter.straight(call, patience)
        begun: tuple[Straight, Received | Failed] | None = None
        if first is not None:
            answer = await sender.send(first.wire, first.until, patience.timeouts, in_line=first.in_line)
            if isinstance(answer, Response) and needs_no_decision(answer.status):
                self._turnstile.answered(sent=first.began)
                return answer
            begun = first, Received(answer, read_clock()) if isinstance(answer, Response) else answer
        driver = _Driver(self.settings, sender, self._redaction, self._renewing, patience, self._turnstile)
        return await driver.drive(tenant_steps(call, self.settings, patience, begun))

    async def _open_sender(self) -> _Sender:
        async with self._opening:
            if self._sender is None:
                self._sender = await self._new_sender()
        return self._sender

    async def _new_sender(self) -> _Sender:
        connector = SparingConnector(
            ssl=await asyncio.to_thread(tls_context, self.settings) if self.settings.verify else False,
            limit=self.settings.max_connections,
            keepalive_timeout=KEEPALIVE_SECONDS,
            ttl_dns_cache=DNS_CACHE_SECONDS,
        )
        session = new_session(connector)
        return _Sender(session, WrittenSender(connector), self._routes, self.settings.max_answer_bytes)


@dataclass(frozen=True)
class _Driver:
    """Carries out the steps of one exchange."""

    settings: TransportSettings
    sender: _Sender
    redaction: Redaction
    renewing: asyncio.Lock
    patience: Patience
    turnstile: Turnstile

    async def drive(self, steps: Steps[T]) -> T:
        return await drive_async(steps, self._answer)

    async def _access_token(self, auth: OAuth2ClientCredentials, refused: str | None, until: float) -> str:
        total = self.settings.total_times.token
        await self._begin_renewing(auth, min(total, until - time.monotonic()))
        try:
            token = TOKENS.current(auth, now=time.monotonic(), refused=refused)
            if token is None:
                user_agent = self.settings.user_agent
                fetching = fetch_token(auth, user_agent, self.patience.retry, read_clock(), total=total, until=until)
                # In a thread, since whoever is told of it may block.
                token = await asyncio.to_thread(TOKENS.keep, auth, await self.drive(fetching))
        finally:
            self.renewing.release()
        self.redaction.learn(token.value)
        return token.value

    async def _begin_renewing(self, auth: OAuth2ClientCredentials, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self.renewing.acquire()
        except TimeoutError:
            raise token_not_there(auth) from None

    async def _answer(self, step: Step) -> Answer:
        match step:
            case Send(wire, until, in_line):
                answer = await self.sender.send(wire, until, self.patience.timeouts, in_line=in_line)
                return Received(answer, read_clock()) if isinstance(answer, Response) else answer
            case Pause(seconds):
                await asyncio.sleep(seconds)
                return Resumed(read_clock())
            case TakeTurn(place, until):
                await self.turnstile.wait_async(place, until)
                return Resumed(read_clock())
            case Report():
                report(step, self.turnstile)
                return Resumed(read_clock())
            case Authorize(auth, refused, until):
                return Authorized(await self._access_token(auth, refused, until), read_clock())


@dataclass(frozen=True)
class _Sender:
    """Sends requests, each once."""

    session: aiohttp.ClientSession
    direct: WrittenSender
    routes: Routes
    max_answer_bytes: int

    async def send(
        self,
        wire: WireRequest,
        until: float,
        timeouts: Timeouts,
        *,
        in_line: bool,
    ) -> Response | Failed:
        """Send a request, and read its answer by ``until`` in monotonic seconds."""
        handled, route = sys.exception(), self.routes.to(wire.url)
        bounded = with_wait(timeouts, wire.wait)
        current = Sending(until, bounded, self.max_answer_bytes, in_line, only_once=not wire.idempotent)
        try:
            if route.proxy is None and len(wire.as_text) <= MOST_BYTES_AT_ONCE:
                return await self.direct.send(wire, route.origin, current)
            with sending(current):
                async with self._request(wire, route.proxy, current) as answer:
                    body = await read_whole(answer.headers, answer.content, current.max_bytes)
                    return Response(answer.status, AnswerHeaders(answer.headers), body)
        except aiohttp.ClientHttpProxyError as e:
            return refused_by_proxy(e.status, route)
        except (aiohttp.ClientError, HttpProcessingError, *BODY_ERRORS, *LIBRARY_ERRORS) as e:
            return failed(causes(e, handled=handled), current, route)

    def _request(
        self, wire: WireRequest, proxy: Proxy | None, current: Sending
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        shown = {"Proxy-Authorization": proxy.authorization} if proxy and proxy.authorization else {}
        is_tunnel = wire.url.startswith("https:")
        return self.session.request(
            wire.method,
            URL(wire.url, encoded=True),
            data=wire.body,
            headers=wire.all_headers if is_tunnel else {**wire.all_headers, **shown},
            # aiohttp calls a missing body octets, where requests says nothing.
            skip_auto_headers=_CONTENT_TYPE if wire.body is None else None,
            allow_redirects=False,
            proxy=proxy.bare_url if proxy else None,
            proxy_headers=shown if is_tunnel and shown else None,
            timeout=client_timeout(current),
        )
