"""An Airflow connection of type `elasticsearch`, read and checked into settings; it sends nothing and keeps nothing.

The fields mean what they mean to Airflow's own Elasticsearch provider: host, port, login, password, schema for the scheme
(``http`` where it is empty), and in the extra what the official client takes. Without a port it is 9200, and for a host that
is a whole URL the one that the URL stands for.
"""

from __future__ import annotations

import base64
import platform
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import SplitResult, urlsplit

from airflow_provider_veza import __version__
from airflow_provider_veza.async_query.json_value import ascii_of, words_of
from airflow_provider_veza.hooks.given_connection import AirflowConnection, GivenConnection, bracketed, is_loopback
from airflow_provider_veza.transport.elastic_settings import ElasticAuth, ElasticSettings
from airflow_provider_veza.transport.settings import MAX_ANSWER_BYTES, USUAL_TIMES, TotalTimes

USER_AGENT = f"airflow-provider-veza/{__version__} python/{platform.python_version()}"
USUAL_PORT = 9200
MAX_CONNECTIONS = 200
REQUEST_TIMEOUT = 60.0

_AUTHS = ("api_key", "bearer_auth", "basic_auth", "http_auth")
_TEXTS = ("ca_certs", "client_cert", "client_key", "opaque_id", "ssl_assert_fingerprint", "ssl_assert_hostname")
_SWITCHES = ("http_compress", "ssl_show_warn", "verify_certs")
_IN_PLACE_OF_FIELDS = ("host", "port", "user", "password", "scheme", "cloud_id")
_TIMES = ("look", "page", "cancel")
_NUMBERS = ("request_timeout", "connections_per_node", "max_answer_bytes", *(f"{kind}_timeout" for kind in _TIMES))
_OURS = ("max_retries", "retry_on_status", "retry_on_timeout")
"""Read by nothing: requests are repeated by this provider's own rules, which never start a query twice."""
_KNOWN = frozenset({*_AUTHS, *_TEXTS, *_SWITCHES, *_NUMBERS, *_OURS, *_IN_PLACE_OF_FIELDS, "headers"})
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class EsqlSettings:
    """Everything that is read of an `elasticsearch` connection.

    :param unknown_extras: keys of the extra that nothing reads; most likely misspelt.
    """

    transport: ElasticSettings
    unknown_extras: tuple[str, ...] = ()

    @property
    def tenant(self) -> str:
        """Base URL of the cluster; handles carry it."""
        return self.transport.base_url

    def ui_url(self, _query_id: str) -> str:
        """Return the cluster's own URL: it has no page for a query."""
        return self.tenant


def read_connection(conn: AirflowConnection) -> EsqlSettings:
    """Check a connection and return what it says.

    :raises ConnectionSettingsError: naming the connection, the field and what to put there.
    """
    reader = _Reader(conn)
    base_url, auth, options = reader.base_url(), reader.auth(), reader.options()
    reader.require_tls(base_url, auth, options)
    transport = ElasticSettings(
        base_url=base_url,
        auth=auth,
        user_agent=USER_AGENT,
        request_timeout=reader.number("request_timeout", REQUEST_TIMEOUT),
        max_connections=int(reader.number("connections_per_node", MAX_CONNECTIONS)),
        total_times=reader.total_times(),
        max_answer_bytes=int(reader.number("max_answer_bytes", MAX_ANSWER_BYTES, most=2**40)),
        options=options,
    )
    return EsqlSettings(transport, reader.unknown_extras())


class _Reader:
    """Reads one connection; every complaint names it."""

    def __init__(self, conn: AirflowConnection) -> None:
        given = GivenConnection(conn)
        self._conn, self._extra, self._refuse = given.conn, given.extra, given.refuse

    def base_url(self) -> str:
        cloud_id = self._extra.get("cloud_id")
        if cloud_id:
            return self._cloud_url(words_of(cloud_id))
        host = words_of(self._extra.get("host") or self._conn.host or "").strip()
        if not host:
            self._refuse("host", "is empty: put the cluster's host there, or its cloud_id in the extra")
        is_url = "://" in host
        scheme = self._extra.get("scheme") or self._conn.schema or "http"
        parts = self._split(host if is_url else f"{words_of(scheme)}://{bracketed(host)}")
        port = self._port(parts) or (_DEFAULT_PORTS[parts.scheme] if is_url else USUAL_PORT)
        return f"{parts.scheme}://{bracketed(parts.hostname or '')}:{port}{parts.path.rstrip('/')}"

    def auth(self) -> ElasticAuth | None:
        given = [name for name in _AUTHS if self._extra.get(name)]
        if len(given) > 1:
            self._refuse("extra", f"has {' and '.join(given)}, of which only one can hold")
        if given:
            name = given[0].replace("http_auth", "basic_auth")
            return ElasticAuth(name, self._credentials(given[0]))
        login = self._extra.get("user") or self._conn.login
        password = self._extra.get("password") or self._conn.password
        if not login or not password:
            return None
        return ElasticAuth(
            "basic_auth", (self._plain("login", words_of(login)), self._plain("password", words_of(password)))
        )

    def require_tls(self, base_url: str, auth: ElasticAuth | None, options: tuple[tuple[str, Any], ...]) -> None:
        given, url = dict(options), urlsplit(base_url)
        has_credentials = auth or any(name.lower() == "authorization" for name, _ in given.get("headers", ()))
        is_open = url.scheme == "http" and not is_loopback(url.hostname or "")
        if has_credentials and is_open and given.get("verify_certs", True):
            self._refuse(
                "schema",
                "is http (or empty, which means http), which would send the credentials in clear text: use https, or set the "
                "extra verify_certs to false",
            )

    def options(self) -> tuple[tuple[str, Any], ...]:
        texts = {name: self._text(name) for name in _TEXTS if self._extra.get(name)}
        switches = {name: self._switch(name) for name in _SWITCHES if name in self._extra}
        headers = {"headers": self._headers()} if self._extra.get("headers") else {}
        return tuple(sorted({**texts, **switches, **headers}.items()))

    def total_times(self) -> TotalTimes:
        given = {kind: self.number(f"{kind}_timeout", getattr(USUAL_TIMES, kind)) for kind in _TIMES}
        return replace(USUAL_TIMES, **given)

    def number(self, name: str, default: float, most: float = 86_400) -> float:
        value = self._extra.get(name, default)
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            number = 0.0
        if not 0 < number <= most:
            self._refuse(f"extra {name}", f"must be a number above 0 and at most {most:.0f}, not {ascii_of(value)}")
        return number

    def unknown_extras(self) -> tuple[str, ...]:
        return tuple(sorted(set(self._extra) - _KNOWN))

    def _port(self, parts: SplitResult) -> int | None:
        port = parts.port or self._extra.get("port") or self._conn.port
        try:
            number = int(port) if port else None
        except (TypeError, ValueError, OverflowError):
            self._refuse("port", f"is no number: {words_of(port)}")
        if number is not None and not 0 < number < 65_536:
            self._refuse("port", "is no port from 1 to 65535")
        return number

    def _cloud_url(self, cloud_id: str) -> str:
        """Return the URL in a cloud id: ``name:base64(host[:port]$cluster$kibana)``."""
        try:
            decoded = base64.b64decode(cloud_id.rpartition(":")[2], validate=True).decode("ascii")
            host, cluster = decoded.split("$")[:2]
        except ValueError:
            self._refuse("extra cloud_id", "is no cloud id; copy it again from the deployment's page")
        name, _, port = host.partition(":")
        return f"https://{cluster}.{name}:{port or 443}"

    def _credentials(self, name: str) -> str | tuple[str, str]:
        value = self._extra[name]
        if isinstance(value, list) and len(value) == 2 and all(isinstance(part, str) for part in value):
            return self._plain(f"extra {name}", value[0]), self._plain(f"extra {name}", value[1])
        if isinstance(value, list):
            self._refuse(f"extra {name}", "must be a text, or a list of two texts")
        text = self._plain(f"extra {name}", self._text(name))
        if not text.isascii():
            self._refuse(
                f"extra {name}", "holds characters outside ASCII, which no HTTP header can carry: copy it again"
            )
        return text

    def _plain(self, name: str, text: str) -> str:
        if not text.isprintable():
            self._refuse(name, "holds a line break or another control character: copy it again")
        return text

    def _text(self, name: str) -> str:
        value = self._extra[name]
        if not isinstance(value, str):
            self._refuse(f"extra {name}", f"must be a text, not {type(value).__name__}")
        return value

    def _switch(self, name: str) -> bool:
        switch = {"true": True, "1": True, "false": False, "0": False}.get(words_of(self._extra[name]).strip().lower())
        if switch is None:
            self._refuse(f"extra {name}", f"must be true or false, not {ascii_of(self._extra[name])}")
        return switch

    def _headers(self) -> tuple[tuple[str, str], ...]:
        headers = self._extra["headers"]
        if not isinstance(headers, dict):
            self._refuse("extra headers", "must be an object of names and values")
        return tuple(
            (self._plain("extra headers", name), self._plain("extra headers", words_of(value)))
            for name, value in headers.items()
        )

    def _split(self, url: str) -> SplitResult:
        try:
            parts = urlsplit(url)
            valid = parts.scheme in _DEFAULT_PORTS and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            valid = False
        if not valid or any(c.isspace() for c in url) or parts.query or parts.fragment:
            self._refuse("host", "with schema makes no http(s) URL; expected a host such as elastic.example.com")
        if parts.username or parts.password:
            self._refuse("host", "holds credentials: they belong into login and password, or into the extra")
        return parts
