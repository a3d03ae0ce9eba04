"""The asynchronous driver: carries out the steps of an exchange with aiohttp.

Every decision is in :mod:`.exchange`.
"""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass
from typing import TypeVar

import aiohttp
from yarl import URL

from airflow_provider_veza.async_query.message import Call, Response
from airflow_provider_veza.async_query.retry import Failure, RetryPolicy
from airflow_provider_veza.transport.clock import read_clock
from airflow_provider_veza.transport.driving import READ_ON_THE_LOOP_BYTES, drive_async, read_aside, tenant_steps
from airflow_provider_veza.transport.exchange import USUAL_RETRY, fetch_token
from airflow_provider_veza.transport.pacing import Turn, tenant_pace
from airflow_provider_veza.transport.reasons import causes, why_no_answer, why_not_sent
from airflow_provider_veza.transport.redaction import Redaction
from airflow_provider_veza.transport.routes import Routes
from airflow_provider_veza.transport.settings import OAuth2ClientCredentials, Timeouts, TransportSettings, with_wait
from airflow_provider_veza.transport.steps import (
    Answer,
    Authorize,
    Authorized,
    Failed,
    Pause,
    Received,
    Resumed,
    Send,
    Step,
    Steps,
    WireRequest,
)
from airflow_provider_veza.transport.tokens import TOKENS
from airflow_provider_veza.transport.trust import tls_context

KEEPALIVE_SECONDS = 75
"""Longer than the longest usual poll interval, so that polls do not each begin with a TLS handshake."""

DNS_CACHE_SECONDS = 60

READ_AHEAD_BYTES = 1024 * 1024
"""Answers are read whole in any case: with aiohttp's 64 KiB, the socket of a large one is paused and resumed many times."""

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
        self._pace = tenant_pace(settings.origin)
        self._routes = Routes(settings.proxy)
        self._redaction = Redaction(settings.secrets())
        self._session: aiohttp.ClientSession | None = None
        self._opening = asyncio.Lock()
        self._renewing = asyncio.Lock()

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def run(
        self,
        call: Call[T],
        *,
        retry: RetryPolicy | None = None,
        timeout: Timeouts | None = None,  # noqa: ASYNC109  # per connect and per read, which asyncio.timeout cannot do
        turn: Turn = Turn.IN_LINE,
    ) -> T:
        """Send a call's request and read its answer.

        :param retry: instead of the transport's own policy.
        :param timeout: instead of the connection's; a wait for a free connection counts as connecting.
        """
        driver = _Driver(
            self.settings,
            await self._open_session(),
            self._routes,
            self._redaction,
            self._renewing,
            retry or self._retry,
            timeout or self.settings.timeouts,
        )
        steps = tenant_steps(call, self.settings, driver.retry, self._pace, turn)
        with self._redaction:
            answer = await driver.drive(steps)
            return self._redaction.result(await read_aside(call, answer, self.read_on_the_loop_bytes))

    async def _open_session(self) -> aiohttp.ClientSession:
        async with self._opening:
            if self._session is None:
                self._session = await self._new_session()
        return self._session

    async def _new_session(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            ssl=await asyncio.to_thread(tls_context, self.settings) if self.settings.verify else False,
            limit=self.settings.max_connections,
            keepalive_timeout=KEEPALIVE_SECONDS,
            ttl_dns_cache=DNS_CACHE_SECONDS,
        )
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            read_bufsize=READ_AHEAD_BYTES,
            # aiohttp calls a missing body octets, where requests says nothing.
            skip_auto_headers=("Content-Type",),
        )
        # aiohttp has no public switch for its own second sending of GET, PUT and DELETE, which no policy would see.
        session._retry_connection = False  # noqa: SLF001
        return session


@dataclass(frozen=True)
class _Driver:
    """Carries out the steps of one exchange."""

    settings: TransportSettings
    session: aiohttp.ClientSession
    routes: Routes
    redaction: Redaction
    renewing: asyncio.Lock
    retry: RetryPolicy
    timeouts: Timeouts

    async def drive(self, steps: Steps[T]) -> T:
        return await drive_async(steps, self._answer)

    async def _access_token(self, auth: OAuth2ClientCredentials, refused: str | None) -> str:
        async with self.renewing:
            token = TOKENS.current(auth, now=time.monotonic(), refused=refused)
            if token is None:
                fetching = fetch_token(auth, self.settings.user_agent, self.retry, read_clock())
                # In a thread, since whoever is told of it may block.
                token = await asyncio.to_thread(TOKENS.keep, auth, await self.drive(fetching))
        self.redaction.learn(token.value)
        return token.value

    async def _answer(self, step: Step) -> Answer:
        match step:
            case Send(wire):
                return await self._send(wire)
            case Pause(seconds):
                await asyncio.sleep(seconds)
                return Resumed(read_clock())
            case Authorize(auth, refused):
                return Authorized(await self._access_token(auth, refused), read_clock())

    async def _send(self, wire: WireRequest) -> Received | Failed:
        handled = sys.exception()
        route = self.routes.to(wire.url)
        try:
            return Received(await self._response(wire, route.proxy_url), read_clock())
        except aiohttp.ClientHttpProxyError as e:
            reason = f"the proxy refused the connection to {route} with status {e.status}; check the extra `proxy`"
            return Failed(Failure.NOT_SENT, reason, read_clock())
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as e:
            reason = why_not_sent(causes(e, handled=handled), route, self.timeouts)
            return Failed(Failure.NOT_SENT, reason, read_clock())
        except (aiohttp.ClientError, TimeoutError) as e:
            reason = why_no_answer(causes(e, handled=handled), route, self.timeouts)
            return Failed(Failure.NO_ANSWER, reason, read_clock())

    async def _response(self, wire: WireRequest, proxy: str | None) -> Response:
        connect, read = with_wait(self.timeouts, wire.wait)
        async with self.session.request(
            wire.method,
            URL(wire.url, encoded=True),
            data=wire.body,
            headers=wire.all_headers,
            allow_redirects=False,
            proxy=proxy,
            timeout=aiohttp.ClientTimeout(total=None, connect=connect, sock_read=read),
        ) as answer:
            body = await answer.read()
            return Response(answer.status, {k.lower(): v for k, v in answer.headers.items()}, body)
