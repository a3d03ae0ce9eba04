"""The asynchronous driver over the official Elasticsearch client.

Every decision is in :mod:`.exchange`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import aiohttp
from elastic_transport import AiohttpHttpNode, TransportError
from elasticsearch import ApiError, AsyncElasticsearch

from airflow_provider_veza.async_query.message import Call
from airflow_provider_veza.async_query.retry import RetryPolicy
from airflow_provider_veza.transport.bounded_aiohttp import (
    AnswerHeaders,
    NotingConnector,
    client_timeout,
    new_session,
    read_whole,
)
from airflow_provider_veza.transport.clock import read_clock
from airflow_provider_veza.transport.driving import READ_ON_THE_LOOP_BYTES, drive_async, read_aside
from airflow_provider_veza.transport.elastic_client import (
    SERIALIZERS,
    cluster_steps,
    log_shown,
    new_client,
    not_asked_for,
    received,
    refused,
    shown_answer,
    target_of,
)
from airflow_provider_veza.transport.elastic_settings import FIELD_NAMES, ElasticSettings
from airflow_provider_veza.transport.exchange import USUAL_RETRY
from airflow_provider_veza.transport.failures import failed
from airflow_provider_veza.transport.pacing import Turn
from airflow_provider_veza.transport.reasons import causes
from airflow_provider_veza.transport.redaction import Redaction
from airflow_provider_veza.transport.sending import LIBRARY_ERRORS, Sending, current_sending, sending
from airflow_provider_veza.transport.settings import MAX_ANSWER_BYTES, Timeouts, with_wait
from airflow_provider_veza.transport.steps import (
    Answer,
    Authorize,
    Failed,
    Pause,
    Received,
    Report,
    Resumed,
    Send,
    Step,
    TakeTurn,
    WireRequest,
)

T = TypeVar("T")


@dataclass(frozen=True)
class _Read:
    """What the client reads of an answer of aiohttp, read already."""

    status: int
    headers: Any
    body: bytes

    async def read(self) -> bytes:
        return self.body


class _BoundedSession:
    """An aiohttp session that keeps the bounds of what is sent over it, and shows redirects instead of following them.

    The client gives no way to ask for either, and aiohttp discourages subclasses of its session.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    @asynccontextmanager
    async def request(self, method: str, url: str, **options: Any) -> AsyncIterator[Any]:
        """Send a request; see :meth:`aiohttp.ClientSession.request`."""
        current = current_sending()
        if current is not None:
            options["timeout"] = client_timeout(current)
        async with self._session.request(method, url, **options, allow_redirects=False) as answer:
            limit = MAX_ANSWER_BYTES if current is None else current.max_bytes
            body = await read_whole(answer.headers, answer.content, limit)
            yield _Read(answer.status, AnswerHeaders(answer.headers), body)

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()


class BoundedNode(AiohttpHttpNode):
    """The client's usual node over our session: as many connections as it was told, every request sent once, to one host.

    Its own session would follow redirects, and lets no more than 100 requests go at once, so that long polls beyond that
    would wait for each other. Its warnings and logs hold no secret.
    """

    redaction = Redaction()

    async def perform_request(self, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """Send a request; see :meth:`elastic_transport.BaseAsyncNode.perform_request`."""
        return shown_answer(await super().perform_request(*args, **kwargs), self.redaction)

    def _log_request(self, **exchange: Any) -> None:  # type: ignore[override]
        log_shown(super()._log_request, self.redaction, exchange)

    def _create_aiohttp_session(self) -> None:
        self._loop = self._loop or asyncio.get_running_loop()
        connector = NotingConnector(limit=self.config.connections_per_node, ssl=self._ssl_context or False)
        skipped = ("accept", "accept-encoding", "user-agent")
        session = new_session(connector, headers=self.headers, skip_auto_headers=skipped)
        self.session = cast("aiohttp.ClientSession", _BoundedSession(session))


class AsyncElasticTransport:
    """Runs calls on one event loop, any number at once, over the client's kept-alive connections. Nothing is paced.

    :param retry: for calls that bring no policy of their own.
    """

    def __init__(self, settings: ElasticSettings, *, retry: RetryPolicy = USUAL_RETRY) -> None:
        self.settings = settings
        self.read_on_the_loop_bytes: float = READ_ON_THE_LOOP_BYTES
        self._retry = retry
        self._redaction = Redaction(settings.secrets())
        self._client = new_client(AsyncElasticsearch, settings, serializers=SERIALIZERS, node_class=BoundedNode)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def run(
        self,
        call: Call[T],
        *,
        retry: RetryPolicy | None = None,
        timeout: Timeouts | None = None,  # noqa: ASYNC109  # a pair, as every transport takes it
        turn: Turn = Turn.IN_LINE,
        within: float | None = None,
        every: float | None = None,
    ) -> T:
        """Send a call's request and read its answer.

        :param retry: instead of the transport's own policy.
        :param timeout: instead of the connection's; a wait for a free connection counts as connecting.
        :param turn: of no effect, since nothing waits for its turn.
        :param within: seconds after which nobody wants the answer, however patient the connection is.
        :param every: of no effect either.
        """
        del turn, every
        steps = cluster_steps(call, self.settings, retry or self._retry, within)
        with self._redaction:
            answer = await drive_async(steps, lambda step: self._answer(step, timeout or self.settings.timeouts))
            return self._redaction.result(await read_aside(call, answer.response, self.read_on_the_loop_bytes))

    async def _answer(self, step: Step, timeouts: Timeouts) -> Answer:
        match step:
            case Send(wire, until):
                bounded = with_wait(timeouts, wire.wait)
                most_bytes, only_once = self.settings.max_answer_bytes, not wire.idempotent
                return await self._send(wire, Sending(until, bounded, most_bytes, only_once=only_once))
            case Pause(seconds):
                await asyncio.sleep(seconds)
                return Resumed(read_clock())
            case Authorize() | TakeTurn() | Report():
                raise not_asked_for(step)

    async def _send(self, wire: WireRequest, current: Sending) -> Received | Failed:
        handled, target = sys.exception(), target_of(wire, self.settings)
        try:
            with sending(current):
                answer = await self._client.perform_request(wire.method, target, headers=wire.headers, body=wire.body)
        except ApiError as e:
            return refused(wire, e)
        except (TransportError, *LIBRARY_ERRORS) as e:
            return failed(causes(e, handled=handled), current, self.settings.route, FIELD_NAMES)
        return received(answer.meta, answer.body)
