"""What both drivers of the official Elasticsearch client share: how it is made, and what came of a request.

They are :mod:`.elastic_sync` and :mod:`.elastic_aio`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit, urlunsplit

from elastic_transport import HttpHeaders, JsonSerializer
from elasticsearch import ApiError, AsyncElasticsearch, Elasticsearch, UnsupportedProductError

from airflow_provider_veza.async_query.message import Call, Response
from airflow_provider_veza.async_query.retry import RetryPolicy
from airflow_provider_veza.exceptions import ConnectionSettingsError, MalformedResponseError, RedirectRefusedError
from airflow_provider_veza.shown import one_line
from airflow_provider_veza.transport.clock import read_clock
from airflow_provider_veza.transport.driving import rules_for
from airflow_provider_veza.transport.elastic_settings import FIELD_NAMES, ElasticSettings
from airflow_provider_veza.transport.exchange import attempts
from airflow_provider_veza.transport.redaction import Redaction
from airflow_provider_veza.transport.sending import current_sending
from airflow_provider_veza.transport.steps import Received, Step, Steps, WireRequest, building

C = TypeVar("C", Elasticsearch, AsyncElasticsearch)


class UnreadJson(JsonSerializer):
    """Leaves bodies the bytes that came: whoever asked knows how to read them."""

    def loads(self, data: bytes) -> bytes:
        """Return the bytes."""
        return data


_NODES = logging.getLogger("elastic_transport.node")
_UNREAD = UnreadJson()
_SET_ASIDE = "x-set-aside-warning"
SERIALIZERS = dict.fromkeys(
    ("application/json", "application/vnd.elasticsearch+json", "application/*", "text/*"), _UNREAD
)


def new_client(cls: Callable[..., C], settings: ElasticSettings, **more: Any) -> C:
    """Make a client of the official class that sends each request once; its nodes know what nobody may be shown.

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
    with Redaction(settings.secrets()) as redaction:
        try:
            client = cls(settings.base_url, **arguments)
        except (ValueError, TypeError, OSError) as e:
            raise ConnectionSettingsError(
                f"The Elasticsearch client refuses what the connection says: {e}. Nothing was sent.",
                about=settings.base_url,
            ) from e
    for node in client.transport.node_pool.all():
        cast("Any", node).redaction = redaction
    return client


def shown_answer(answer: Any, redaction: Redaction) -> Any:
    """Return a node's answer whose header ``Warning`` may be shown: the client makes Python warnings of it, which others log.

    For what this provider sends it is set aside, and :func:`received` puts it back: where Python's warnings are errors, the
    client raises them instead of returning the answer.
    """
    said = answer.meta.headers.get("warning")
    if said is None:
        return answer
    name = "warning" if current_sending() is None else _SET_ASIDE
    others = {name: value for name, value in answer.meta.headers.items() if name.lower() != "warning"}
    headers = HttpHeaders({**others, name: one_line(redaction.text(said))})
    return answer._replace(meta=replace(answer.meta, headers=headers.freeze()))


def log_shown(log: Callable[..., None], redaction: Redaction, exchange: Mapping[str, Any]) -> None:
    """Let a node log what was sent and what came, if somebody listens, without a secret that the answer echoes.

    :param exchange: what the node would log, by the names of the client.
    """
    if not _NODES.isEnabledFor(logging.DEBUG) or not _NODES.hasHandlers():
        return
    shown, meta, response = dict(exchange), exchange.get("meta"), exchange.get("response")
    if meta is not None:
        headers = HttpHeaders({name: redaction.text(value) for name, value in meta.headers.items()})
        shown["meta"] = replace(meta, headers=headers.freeze())
    if isinstance(response, bytes):
        shown["response"] = redaction.text(response.decode("utf-8", "backslashreplace")).encode()
    log(**shown)


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
                f"The connection's extra `{name}` names no file. Nothing was sent.", about=arguments[name]
            )


def cluster_steps(
    call: Call[Any], settings: ElasticSettings, retry: RetryPolicy, within: float | None
) -> Steps[Received]:
    """Return the steps that bring a cluster's answer to a call; nothing waits for its turn."""
    at = read_clock()
    wire = building(lambda: settings.wire_request(call.request))
    return attempts(wire, rules_for(call, settings.total_times, retry, at, within), at)


def not_asked_for(step: Step) -> TypeError:
    """Return why a step is refused that no exchange through this client has."""
    return TypeError(
        f"The Elasticsearch client has its own credentials and no pace; no exchange has {type(step).__name__}."
    )


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
            f"The request was redirected within its host, out of the path {added} of the connection's host, so it was not "
            "followed. Check the connection's host and what stands before it.",
            about=wire,
        )
    return urlunsplit(("", "", parts.path.removeprefix(added), parts.query, ""))


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
            "Something that is not Elasticsearch has answered (no header X-Elastic-Product). Check the connection's "
            f"{FIELD_NAMES.address}.",
            about=wire,
        ) from None
    return received(error.meta, error.body)
