"""The synchronous driver over the official Elasticsearch client.

Every decision is in :mod:`.exchange`.
"""

from __future__ import annotations

import ssl
import sys
import time
from types import TracebackType
from typing import Any, Self, TypeVar, cast

import urllib3
from elastic_transport import NodeConfig, TransportError, Urllib3HttpNode
from elasticsearch import ApiError, Elasticsearch

from airflow_provider_veza.async_query.message import Call
from airflow_provider_veza.async_query.retry import RetryPolicy
from airflow_provider_veza.transport.clock import read_clock
from airflow_provider_veza.transport.driving import drive
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
from airflow_provider_veza.transport.final_answer import FinalAnswerConnection, FinalAnswerTlsConnection
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

_NOT_CONNECTED = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    ssl.SSLCertVerificationError,
)


class _FollowingNothing:
    """A pool of urllib3 that does not look where a redirect points.

    The client tells it to follow none, but urllib3 still reads the address, and fails where it is malformed.
    """

    def __init__(self, pool: urllib3.HTTPConnectionPool) -> None:
        self._pool = pool

    def urlopen(self, method: str, url: str, **options: Any) -> Any:
        """Send a request; see :meth:`urllib3.HTTPConnectionPool.urlopen`."""
        return self._pool.urlopen(method, url, **options, redirect=False)

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()


class OneHostNode(Urllib3HttpNode):
    """The client's usual node, which follows no redirect and waits for the final answer."""

    def __init__(self, config: NodeConfig) -> None:
        super().__init__(config)
        is_tls = config.scheme == "https"
        self.pool.ConnectionCls = FinalAnswerTlsConnection if is_tls else FinalAnswerConnection
        self.pool = cast("urllib3.HTTPConnectionPool", _FollowingNothing(self.pool))

    def perform_request(self, *args: Any, **options: Any) -> Any:
        """Send a request; see :meth:`elastic_transport.Urllib3HttpNode.perform_request`."""
        return with_warnings_set_aside(super().perform_request(*args, **options))


class SyncElasticTransport:
    """Runs calls, one after the other, over the client's kept-alive connections. Nothing is paced.

    :param retry: for calls that bring no policy of their own.
    """

    def __init__(self, settings: ElasticSettings, *, retry: RetryPolicy = USUAL_RETRY) -> None:
        self._settings = settings
        self._retry = retry
        self._redaction = Redaction(settings.secrets())
        self._client = new_client(Elasticsearch, settings, serializers=SERIALIZERS, node_class=OneHostNode)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def run(
        self,
        call: Call[T],
        *,
        retry: RetryPolicy | None = None,
        timeout: Timeouts | None = None,
        turn: Turn = Turn.IN_LINE,
    ) -> T:
        """Send a call's request and read its answer.

        :param retry: instead of the transport's own policy.
        :param timeout: instead of the connection's; both together bound a request.
        :param turn: of no effect, since nothing waits for its turn.
        """
        del turn
        steps = cluster_steps(call, self._settings, retry or self._retry)
        with self._redaction:
            answer = drive(steps, lambda step: self._answer(step, timeout or self._settings.timeouts))
            return self._redaction.result(call.read(answer.response))

    def _answer(self, step: Step, timeouts: Timeouts) -> Answer:
        match step:
            case Send(wire):
                return self._send(wire, with_wait(timeouts, wire.wait))
            case Pause(seconds):
                time.sleep(seconds)
                return Resumed(read_clock())
            case Authorize():
                raise no_token_is_asked_for()

    def _send(self, wire: WireRequest, timeouts: Timeouts) -> Received | Failed:
        handled, target = sys.exception(), target_of(wire, self._settings)
        # urllib3 counts connecting and reading each on its own.
        client = self._client.options(request_timeout=max(timeouts))
        try:
            answer = client.perform_request(wire.method, target, headers=wire.headers, body=wire.body)
        except ApiError as e:
            return refused(wire, e)
        except TransportError as e:
            return failed(causes(e, handled=handled), self._settings, timeouts, _NOT_CONNECTED)
        return received(answer.meta, answer.body)
