"""What both drivers of the official Elasticsearch client share: how it is made, and what came of a request.

They are :mod:`.elastic_sync` and :mod:`.elastic_aio`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

from elastic_transport import HttpHeaders, JsonSerializer
from elasticsearch import ApiError, UnsupportedProductError

from airflow_provider_veza.async_query.message import Call, Response
from airflow_provider_veza.async_query.retry import Failure, RetryPolicy
from airflow_provider_veza.exceptions import ConnectionSettingsError, MalformedResponseError, RedirectRefusedError
from airflow_provider_veza.transport.clock import read_clock
from airflow_provider_veza.transport.elastic_settings import FIELD_NAMES, ElasticSettings
from airflow_provider_veza.transport.exchange import Rules, attempts
from airflow_provider_veza.transport.reasons import Causes, why_no_answer, why_not_sent
from airflow_provider_veza.transport.redaction import Redaction
from airflow_provider_veza.transport.settings import Timeouts
from airflow_provider_veza.transport.steps import Failed, Received, Steps, WireRequest

T = TypeVar("T")


class UnreadJson(JsonSerializer):
    """Leaves bodies the bytes that came: whoever asked knows how to read them."""

    def loads(self, data: bytes) -> bytes:
        """Return the bytes."""
        return data


_UNREAD = UnreadJson()
_SET_ASIDE = "x-set-aside-warning"
SERIALIZERS = dict.fromkeys(
    ("application/json", "application/vnd.elasticsearch+json", "application/*", "text/*"), _UNREAD
)


def new_client(cls: Callable[..., T], settings: ElasticSettings, **more: Any) -> T:
    """Make a client of the official class that sends each request once.

    :raises ConnectionSettingsError: when the client refuses what the connection says, such as a CA file that is not there.
    """
    _quieten()
    arguments: dict[str, Any] = {
        "connections_per_node": settings.max_connections,
        "max_retries": 0,
        "retry_on_status": (),
        "retry_on_timeout": False,
        **dict(settings.options),
        **more,
    }
    if "headers" in arguments:
        arguments["headers"] = dict(arguments["headers"])
    _require_files(arguments)
    if settings.auth is not None:
        arguments[settings.auth.argument] = settings.auth.value
    with Redaction(settings.secrets()):
        try:
            return cls(settings.base_url, **arguments)
        except (ValueError, TypeError, OSError) as e:
            raise ConnectionSettingsError(
                f"The Elasticsearch client refuses what the connection to {settings.base_url} says: {e}. Nothing was sent."
            ) from e


def _quieten() -> None:
    """Keep the client's line for each request out of the logs unless somebody wants it: it costs more than a poll."""
    requests = logging.getLogger("elastic_transport.transport")
    if requests.level == logging.NOTSET:
        requests.setLevel(logging.WARNING)


def _require_files(arguments: Mapping[str, Any]) -> None:
    """Refuse names of files that are not there, which urllib3 would only notice while it connects."""
    for name in ("ca_certs", "client_cert", "client_key"):
        if name in arguments and not Path(arguments[name]).exists():
            raise ConnectionSettingsError(
                f"The connection's extra `{name}` names no file: {arguments[name]}. Nothing was sent."
            )


def cluster_steps(call: Call[Any], settings: ElasticSettings, retry: RetryPolicy) -> Steps[Received]:
    """Return the steps that bring a cluster's answer to a call; nothing waits for its turn."""
    rules = Rules(retry, is_answer=call.is_answer, is_passing=call.is_passing)
    return attempts(settings.wire_request(call.request), rules, read_clock())


def no_token_is_asked_for() -> TypeError:
    """Return why a step is refused that no exchange through this client has."""
    return TypeError("The Elasticsearch client has its own credentials; no exchange through it asks for a token.")


def target_of(wire: WireRequest, settings: ElasticSettings) -> str:
    """Return path and query as the client takes them, without the path that it adds of itself.

    :raises RedirectRefusedError: when a redirect within the host leads out of that path.
    """
    if wire.url.startswith(f"{settings.base_url}/"):
        return wire.url.removeprefix(settings.base_url)
    # A redirect names the origin in its own words, such as without the usual port.
    added, parts = urlsplit(settings.base_url).path, urlsplit(wire.url)
    if not parts.path.startswith(f"{added}/"):
        raise RedirectRefusedError(
            f"{wire.method} was redirected within its host, out of the path {added} of the connection's host, so it was not "
            "followed. Check the connection's host and what stands before it."
        )
    return urlunsplit(("", "", parts.path.removeprefix(added), parts.query, ""))


def with_warnings_set_aside(answer: Any) -> Any:
    """Rename a node's header ``Warning``, which :func:`received` renames back.

    The client makes Python warnings of it, and where those are errors it raises them instead of returning the answer.
    """
    headers = {_SET_ASIDE if name.lower() == "warning" else name: value for name, value in answer.meta.headers.items()}
    return answer._replace(meta=replace(answer.meta, headers=HttpHeaders(headers)))


def received(meta: Any, body: Any) -> Received:
    """Return an answer, whatever its status."""
    headers = {name.lower().replace(_SET_ASIDE, "warning"): value for name, value in meta.headers.items()}
    content = body if isinstance(body, bytes) else str(body or "").encode()
    return Received(Response(meta.status, headers, content), read_clock())


def refused(wire: WireRequest, error: ApiError) -> Received:
    """Return the answer beneath the client's error.

    :raises MalformedResponseError: when the client sees that a success is not Elasticsearch's.
    """
    if isinstance(error, UnsupportedProductError):
        raise MalformedResponseError(
            f"{wire} was answered by something that is not Elasticsearch (no header X-Elastic-Product). Check the connection's "
            f"{FIELD_NAMES.address}."
        ) from None
    return received(error.meta, error.body)


def failed(
    chain: Causes, settings: ElasticSettings, timeouts: Timeouts, not_connected: tuple[type[BaseException], ...]
) -> Failed:
    """Return why there is no answer.

    :param chain: the client's error and all beneath it.
    :param not_connected: errors of the HTTP library that only a request without a connection has.
    """
    if any(isinstance(cause, not_connected) for cause in chain):
        return Failed(Failure.NOT_SENT, why_not_sent(chain, settings.route, timeouts, FIELD_NAMES), read_clock())
    return Failed(Failure.NO_ANSWER, why_no_answer(chain, settings.route, timeouts, FIELD_NAMES), read_clock())
