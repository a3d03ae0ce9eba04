"""How to reach one Elasticsearch cluster and with which credentials, as hashable values; the client library is not loaded."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from airflow_provider_veza.async_query.message import Request
from airflow_provider_veza.transport.origin import Origin
from airflow_provider_veza.transport.reasons import FieldNames
from airflow_provider_veza.transport.redaction import pair
from airflow_provider_veza.transport.routes import Route
from airflow_provider_veza.transport.settings import MAX_ANSWER_BYTES, USUAL_TIMES, Timeouts, TotalTimes
from airflow_provider_veza.transport.steps import WireRequest

FIELD_NAMES = FieldNames(
    "host, port and schema",
    "ca_certs",
    "request_timeout",
    "write http into the connection's schema",
    "name one that it takes in the connection's extras `client_cert` and `client_key`",
)
MIME_TYPE = "application/vnd.elasticsearch+json; compatible-with=8"
"""What servers of 8.x and 9.x take, and no client of 8.x or 9.x replaces."""


@dataclass(frozen=True)
class ElasticAuth:
    """Credentials, under the name that the official client has for them.

    :param argument: ``api_key``, ``basic_auth`` or ``bearer_auth``.
    """

    argument: str
    value: str | tuple[str, str] = field(repr=False)

    def secrets(self) -> tuple[str, ...]:
        """Return what nobody may be shown."""
        return (self.value,) if isinstance(self.value, str) else pair(*self.value)


@dataclass(frozen=True)
class ElasticSettings:
    """All that the transport knows about a connection; equal settings may share one client.

    :param base_url: scheme, host and port, and a path where a proxy serves the cluster beneath one.
    :param auth: None for a cluster without security.
    :param request_timeout: seconds to connect, and the longest silence while an answer is awaited or read, without what the
        server was asked to wait.
    :param max_connections: at one time; a long poll holds one.
    :param max_answer_bytes: of one answer, compressed or not; reading is ended where more comes.
    :param options: further arguments of the client; not shown, since headers may hold secrets.
    """

    base_url: str
    auth: ElasticAuth | None
    user_agent: str
    request_timeout: float = 60.0
    max_connections: int = 200
    total_times: TotalTimes = USUAL_TIMES
    max_answer_bytes: int = MAX_ANSWER_BYTES
    options: tuple[tuple[str, Any], ...] = field(default=(), repr=False)

    def bounded(self, most_bytes: int) -> ElasticSettings:
        """Return the same for a client that reads no longer answer."""
        return replace(self, max_answer_bytes=min(self.max_answer_bytes, most_bytes))

    def secrets(self) -> tuple[str, ...]:
        """Return what nobody may be shown: the credentials, and the values of own headers, which may be some."""
        headers: tuple[tuple[str, str], ...] = dict(self.options).get("headers", ())
        return (*(self.auth.secrets() if self.auth else ()), *(value for _, value in headers))

    @property
    def timeouts(self) -> Timeouts:
        """One bound for both, as the official client has it."""
        return self.request_timeout, self.request_timeout

    @property
    def route(self) -> Route:
        """The way to the cluster, always a direct one."""
        return Route(Origin.of(self.base_url))

    def wire_request(self, request: Request) -> WireRequest:
        """Return the request with its address and headers; credentials are the client's to add."""
        headers = {"Accept": MIME_TYPE, "User-Agent": self.user_agent}
        if request.body is not None:
            headers["Content-Type"] = MIME_TYPE
        url = f"{self.base_url}{request.target}"
        return WireRequest(
            request.method, url, headers, request.content, idempotent=request.idempotent, wait=request.wait
        )
