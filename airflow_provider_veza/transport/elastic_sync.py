"""The synchronous driver over the official Elasticsearch client.

Every decision is in :mod:`.exchange`.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar, cast

import urllib3
from elastic_transport import NodeConfig, TransportError, Urllib3HttpNode
from elasticsearch import ApiError, Elasticsearch

from airflow_provider_veza.async_query.message import Call
from airflow_provider_veza.async_query.retry import RetryPolicy
from airflow_provider_veza.transport.bounded_urllib3 import POOLS, read_whole
from airflow_provider_veza.transport.clock import read_clock
from airflow_provider_veza.transport.driving import drive
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
from airflow_provider_veza.transport.settings import Timeouts, with_wait
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
class _Answer:
    """What the client reads of an answer of urllib3."""

    status: int
    headers: Any
    data: bytes


class _BoundedPool:
    """A pool of urllib3 that keeps the bounds of what is sent over it, and does not look where a redirect points.

    The client tells it to follow none, but urllib3 still reads the address, and fails where it is malformed.
    """

    def __init__(self, pool: urllib3.HTTPConnectionPool) -> None:
        self._pool = pool
        pool.ConnectionCls = POOLS[pool.scheme].ConnectionCls

    def urlopen(self, method: str, url: str, **options: Any) -> Any:
        """Send a request; see :meth:`urllib3.HTTPConnectionPool.urlopen`."""
        current = current_sending()
        if current is None:
            return self._pool.urlopen(method, url, **options, redirect=False)
        connect, silence = current.timeouts_left
        options["timeout"] = urllib3.Timeout(connect=connect, read=silence)
        answer = self._pool.urlopen(method, url, **options, redirect=False, preload_content=False)
        try:
            return _Answer(answer.status, answer.headers, read_whole(answer, current.max_bytes))
        except BaseException:
            answer.close()
            raise

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()


class OneHostNode(Urllib3HttpNode):
    """The client's usual node, which follows no redirect and keeps bounds, and whose warnings and logs hold no secret."""

    redaction = Redaction()

    def __init__(self, config: NodeConfig) -> None:
        super().__init__(config)
        self.pool = cast("urllib3.HTTPConnectionPool", _BoundedPool(self.pool))

    def perform_request(self, *args: Any, **kwargs: Any) -> Any:
        """Send a request; see :meth:`elastic_transport.BaseNode.perform_request`."""
        return shown_answer(super().perform_request(*args, **kwargs), self.redaction)

    def _log_request(self, **exchange: Any) -> None:  # type: ignore[override]
        log_shown(super()._log_request, self.redaction, exchange)


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
        within: float | None = None,
        every: float | None = None,
    ) -> T:
        """Send a call's request and read its answer.

        :param retry: instead of the transport's own policy.
        :param timeout: instead of the connection's.
        :param turn: of no effect, since nothing waits for its turn.
        :param within: seconds after which nobody wants the answer, however patient the connection is.
        :param every: of no effect either.
        """
        del turn, every
        steps = cluster_steps(call, self._settings, retry or self._retry, within)
        with self._redaction:
            answer = drive(steps, lambda step: self._answer(step, timeout or self._settings.timeouts))
            return self._redaction.result(call.read(answer.response))

    def _answer(self, step: Step, timeouts: Timeouts) -> Answer:
        match step:
            case Send(wire, until):
                return self._send(wire, Sending(until, with_wait(timeouts, wire.wait), self._settings.max_answer_bytes))
            case Pause(seconds):
                time.sleep(seconds)
                return Resumed(read_clock())
            case Authorize() | TakeTurn() | Report():
                raise not_asked_for(step)

    def _send(self, wire: WireRequest, current: Sending) -> Received | Failed:
        handled, target = sys.exception(), target_of(wire, self._settings)
        try:
            with sending(current):
                answer = self._client.perform_request(wire.method, target, headers=wire.headers, body=wire.body)
        except ApiError as e:
            return refused(wire, e)
        except (TransportError, *LIBRARY_ERRORS) as e:
            return failed(causes(e, handled=handled), current, self._settings.route, FIELD_NAMES)
        return received(answer.meta, answer.body)
