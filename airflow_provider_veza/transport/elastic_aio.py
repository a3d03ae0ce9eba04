"""The asynchronous driver over the official Elasticsearch client.

Every decision is in :mod:`.exchange`.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any, TypeVar, cast

import aiohttp
from elastic_transport import AiohttpHttpNode, TransportError
from elasticsearch import ApiError, AsyncElasticsearch

from airflow_provider_veza.async_query.message import Call
from airflow_provider_veza.async_query.retry import RetryPolicy
from airflow_provider_veza.transport.clock import read_clock
from airflow_provider_veza.transport.driving import READ_ON_THE_LOOP_BYTES, drive_async, read_aside
from airflow_provider_veza.transport.elastic_client import (
    SERIALIZERS,
    cluster_steps,
    failed,
    new_client,
    no_token_is_asked_for,
    received,
    refused,
    target_of,
    with_warnings_set_aside,
)
from airflow_provider_veza.transport.elastic_settings import ElasticSettings
from airflow_provider_veza.transport.exchange import USUAL_RETRY
from airflow_provider_veza.transport.pacing import Turn
from airflow_provider_veza.transport.reasons import causes
from airflow_provider_veza.transport.redaction import Redaction
from airflow_provider_veza.transport.settings import Timeouts, with_wait
from airflow_provider_veza.transport.steps import (
    Answer,
    Authorize,
    Failed,
    Pause,
    Received,
    Resumed,
    Send,
    Step,
    WireRequest,
)

T = TypeVar("T")

_NOT_CONNECTED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


class _FollowingNothing:
    """An aiohttp session that shows redirects instead of following them, to whatever host they point.

    The client gives no way to ask for that, and aiohttp discourages subclasses of its session.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    def request(self, method: str, url: str, **options: Any) -> Any:
        """Send a request; see :meth:`aiohttp.ClientSession.request`."""
        return self._session.request(method, url, **options, allow_redirects=False)

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()


class ManyConnectionsNode(AiohttpHttpNode):
    """The client's usual node, with as many connections as it was told, and every request sent once, to one host.

    It tells aiohttp how many connections there may be to one host, while aiohttp's bound of 100 in all stays; long polls beyond
    that would wait for each other. And aiohttp by itself sends what is not a POST a second time, which no policy would see.
    """

    def _create_aiohttp_session(self) -> None:
        super()._create_aiohttp_session()
        if self.session is None or self.session.connector is None:
            return
        # Neither library has a public switch for these two.
        self.session.connector._limit = self.config.connections_per_node  # noqa: SLF001
        self.session._retry_connection = False  # noqa: SLF001
        self.session = cast("aiohttp.ClientSession", _FollowingNothing(self.session))

    async def perform_request(self, *args: Any, **options: Any) -> Any:  # type: ignore[override]  # as in the client itself
        """Send a request; see :meth:`elastic_transport.AiohttpHttpNode.perform_request`."""
        return with_warnings_set_aside(await super().perform_request(*args, **options))


class AsyncElasticTransport:
    """Runs calls on one event loop, any number at once, over the client's kept-alive connections. Nothing is paced.

    :param retry: for calls that bring no policy of their own.
    """

    def __init__(self, settings: ElasticSettings, *, retry: RetryPolicy = USUAL_RETRY) -> None:
        self.settings = settings
        self.read_on_the_loop_bytes: float = READ_ON_THE_LOOP_BYTES
        self._retry = retry
        self._redaction = Redaction(settings.secrets())
        self._client = new_client(AsyncElasticsearch, settings, serializers=SERIALIZERS, node_class=ManyConnectionsNode)

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
    ) -> T:
        """Send a call's request and read its answer.

        :param retry: instead of the transport's own policy.
        :param timeout: instead of the connection's; both together bound a request, a wait for a free connection included.
        :param turn: of no effect, since nothing waits for its turn.
        """
        del turn
        steps = cluster_steps(call, self.settings, retry or self._retry)
        with self._redaction:
            answer = await drive_async(steps, lambda step: self._answer(step, timeout or self.settings.timeouts))
            return self._redaction.result(await read_aside(call, answer.response, self.read_on_the_loop_bytes))

    async def _answer(self, step: Step, timeouts: Timeouts) -> Answer:
        match step:
            case Send(wire):
                return await self._send(wire, with_wait(timeouts, wire.wait))
            case Pause(seconds):
                await asyncio.sleep(seconds)
                return Resumed(read_clock())
            case Authorize():
                raise no_token_is_asked_for()

    async def _send(self, wire: WireRequest, timeouts: Timeouts) -> Received | Failed:
        handled, target = sys.exception(), target_of(wire, self.settings)
        client = self._client.options(request_timeout=sum(timeouts))
        try:
            answer = await client.perform_request(wire.method, target, headers=wire.headers, body=wire.body)
        except ApiError as e:
            return refused(wire, e)
        except TransportError as e:
            return failed(causes(e, handled=handled), self.settings, timeouts, _NOT_CONNECTED)
        return received(answer.meta, answer.body)
