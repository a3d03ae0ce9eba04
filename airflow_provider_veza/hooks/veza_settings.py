"""An Airflow connection of type `veza`, read and checked into settings; it sends nothing and keeps nothing."""

from __future__ import annotations

import math
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

from airflow_provider_veza import __version__
from airflow_provider_veza.async_query.json_value import ascii_of, words_of
from airflow_provider_veza.hooks.connection_fields import EXTRA_FIELDS, ExtraField
from airflow_provider_veza.hooks.given_connection import AirflowConnection, GivenConnection, bracketed, is_loopback
from airflow_provider_veza.services.veza_nodes import VezaNodesService
from airflow_provider_veza.services.veza_result import VezaResultService
from airflow_provider_veza.services.veza_rows import DEFAULT_ROWS_FIELDS
from airflow_provider_veza.services.veza_saved_queries import (
    DEFAULT_OWNER_FIELDS,
    ID_IN_PATH,
    VezaSavedQueriesService,
)
from airflow_provider_veza.services.veza_sync import VezaSyncService
from airflow_provider_veza.transport.routes import ENCODE_IN_PROXY
from airflow_provider_veza.transport.settings import ApiKeyAuth, OAuth2ClientCredentials, TotalTimes, TransportSettings

_YES = frozenset({"true", "1", "yes", "y", "on", "t"})
"""`y` is what the form of Airflow 2.11 sends for a tick."""
_NO = frozenset({"false", "0", "no", "n", "off", "f"})
_FORM_PREFIX = "extra__veza__"
"""The Test button of Airflow 2.11 sends each extra a second time, under a name that begins so."""
_EXAMPLE = "your-tenant."
"""What stands in this project's own examples."""
_UNFILLED = ("${", "{{", "<")
USER_AGENT = f"airflow-provider-veza/{__version__} python/{platform.python_version()}"


@dataclass(frozen=True)
class VezaSettings:
    """Everything a `veza` connection says.

    :param stale_grace: how long the success of an immediate run may still show an older result.
    :param unknown_extras: keys of the extra that nothing reads; most likely misspelt.
    """

    transport: TransportSettings
    nodes: VezaNodesService = field(default_factory=VezaNodesService)
    result: VezaResultService = field(default_factory=VezaResultService)
    sync: VezaSyncService = field(default_factory=VezaSyncService)
    saved_queries: VezaSavedQueriesService = field(default_factory=VezaSavedQueriesService)
    stale_grace: timedelta = timedelta(seconds=4)
    ui_url_template: str = ""
    unknown_extras: tuple[str, ...] = ()

    @property
    def tenant(self) -> str:
        """Base URL of the tenant; handles carry it."""
        return self.transport.base_url

    def ui_url(self, query_id: str) -> str:
        """Return where people can look at the query, or at its tenant; empty where the template leads to another host."""
        if not self.ui_url_template:
            return self.tenant
        url = self.ui_url_template.replace("{query_id}", quote(query_id, safe="", errors="replace"))
        url = url.replace("{tenant}", self.tenant)
        return url if leads_to_host_of(url, self.tenant) else ""


def read_connection(conn: AirflowConnection) -> VezaSettings:
    """Check a connection and return what it says.

    :raises ConnectionSettingsError: naming the connection, the field and what to put there.
    """
    reader = _Reader(conn)
    extras = reader.extras()
    transport = TransportSettings(
        base_url=reader.base_url(verify=extras["verify"]),
        auth=reader.auth(extras),
        user_agent=USER_AGENT,
        verify=extras["verify"],
        ca_bundle=extras["ca_bundle"],
        proxy=reader.proxy(extras["proxy"]),
        connect_timeout=extras["connect_timeout"],
        read_timeout=extras["read_timeout"],
        rate_limit=extras["rate_limit"],
        max_connections=extras["max_connections"],
        total_times=TotalTimes(
            extras["look_timeout"], extras["page_timeout"], extras["token_timeout"], extras["cancel_timeout"]
        ),
        max_answer_bytes=extras["max_answer_bytes"],
    )
    rows_fields = (extras["rows_field"],) if extras["rows_field"] else DEFAULT_ROWS_FIELDS
    owner_field = extras["saved_query_owner_field"]
    owner_fields = (owner_field,) if owner_field else DEFAULT_OWNER_FIELDS
    return VezaSettings(
        transport,
        VezaNodesService(
            extras["page_size"], reader.path("nodes_get_path", extras), extras["nodes_get_method"], rows_fields
        ),
        VezaResultService(rows_fields),
        sync=VezaSyncService(extras["page_size"], tuple(dict.fromkeys((*rows_fields, *DEFAULT_ROWS_FIELDS)))),
        saved_queries=VezaSavedQueriesService(extras["page_size"], reader.saved_query_path(extras), owner_fields),
        stale_grace=timedelta(seconds=extras["stale_grace"]),
        ui_url_template=extras["ui_url_template"] or "",
        unknown_extras=reader.unknown_extras(),
    )


class _Reader:
    """Reads one connection; every complaint names it."""

    def __init__(self, conn: AirflowConnection) -> None:
        given = GivenConnection(conn)
        self._conn, self._raw, self._refuse = given.conn, given.extra, given.refuse

    def base_url(self, *, verify: bool) -> str:
        host = (self._conn.host or "").strip()
        if not host:
            self._refuse("host", "is empty: put the tenant's URL there, such as https://your-tenant.vezacloud.com")
        if "://" not in host and (self._conn.schema or "https") not in ("http", "https"):
            self._refuse("schema", f"must be https, http or empty, not {ascii_of(self._conn.schema)}")
        parts = self._split(host if "://" in host else f"{self._conn.schema or 'https'}://{bracketed(host)}")
        if (parts.hostname or "").startswith(_EXAMPLE):
            self._refuse("host", "is the one of an example: put your own tenant's URL there")
        if parts.path.strip("/") or parts.query or parts.fragment:
            self._refuse(
                "host", f"has more than the tenant's URL: give only {parts.scheme}://{parts.hostname}, without a path"
            )
        if parts.username or parts.password:
            self._refuse("host", "holds credentials: the API key belongs into password")
        if parts.scheme == "http" and verify and not is_loopback(parts.hostname or ""):
            self._refuse(
                "host", "is http://, which would send the API key in clear text: use https://, or set verify to false"
            )
        port = parts.port or self._conn.port or None  # Airflow 3.3's form stores 0 for a port that is left empty.
        name = bracketed(parts.hostname or "")
        is_default_port = port is None or port == {"https": 443, "http": 80}[parts.scheme]
        return f"{parts.scheme}://{name}" if is_default_port else f"{parts.scheme}://{name}:{port}"

    def auth(self, extras: Mapping[str, Any]) -> ApiKeyAuth | OAuth2ClientCredentials:
        password = (self._conn.password or "").strip()
        if extras["auth"] == "api_key":
            if problem := why_no_api_key(password):
                self._refuse("password", problem + self._elsewhere(password))
            return ApiKeyAuth(password)
        login = (self._conn.login or "").strip()
        for name, value in (("login", login), ("password", password), ("extra token_url", extras["token_url"])):
            if not value:
                self._refuse(name, "is empty, which auth=oauth2_client_credentials needs")
        token_url = extras["token_url"]
        parts = self._split(token_url, "extra token_url")
        if parts.scheme == "http" and extras["verify"] and not is_loopback(parts.hostname or ""):
            self._refuse("extra token_url", "is http://, which would send the client secret in clear text")
        return OAuth2ClientCredentials(token_url, login, password, extras["scope"] or "")

    def _elsewhere(self, password: str) -> str:
        """Return where a key may lie that is not where it belongs."""
        logins = ("login",) if self._conn.login else ()
        places = (*logins, *(f"the extra {ascii_of(name)}" for name in self.unknown_extras()))
        return f" (it is not read from {' or '.join(places)})" if places and not password else ""

    def proxy(self, proxy: str | None) -> str | None:
        if proxy:
            parts = self._split(proxy, "extra proxy")
            if parts.path.strip("/") or parts.query or parts.fragment:
                self._refuse("extra proxy", ENCODE_IN_PROXY)
        return proxy

    def path(self, name: str, extras: Mapping[str, Any]) -> str:
        path: str = extras[name]
        is_plain = path.isascii() and not any(c.isspace() or c in "?#" for c in path)
        if not is_plain or not path.startswith("/") or path.startswith("//"):
            self._refuse(f"extra {name}", f"must be a plain path that starts with one '/', not {path!r}")
        return path

    def saved_query_path(self, extras: Mapping[str, Any]) -> str:
        path = self.path("saved_query_create_path", extras)
        if path.count(ID_IN_PATH) != 1:
            self._refuse(
                "extra saved_query_create_path", f"must hold {ID_IN_PATH} once, where the id belongs, not {path!r}"
            )
        return path

    def extras(self) -> dict[str, Any]:
        return {known.name: self._extra(known) for known in EXTRA_FIELDS}

    def unknown_extras(self) -> tuple[str, ...]:
        known = {known.name for known in EXTRA_FIELDS}
        return tuple(sorted(name for name in set(self._raw) - known if not name.startswith(_FORM_PREFIX)))

    def _extra(self, known: ExtraField) -> Any:
        value = self._raw.get(known.name)
        if value is None or value == "":
            return known.default
        converted: Any = _CONVERTERS[known.kind](value)
        if converted is None:
            self._refuse(f"extra {known.name}", f"must be of type {known.kind}, not {ascii_of(value)}")
        if known.choices and converted not in known.choices:
            self._refuse(f"extra {known.name}", f"must be one of {', '.join(known.choices)}, not {value!r}")
        if not _in_range(converted, known):
            self._refuse(
                f"extra {known.name}", f"is out of range: {value!r} (from {known.minimum} to {known.maximum or 'any'})"
            )
        return converted

    def _split(self, url: str, name: str = "host") -> SplitResult:
        try:
            parts = urlsplit(url)
            valid = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            valid = False
        if not valid or any(c.isspace() for c in url):
            self._refuse(name, "is no http(s) URL of a host; expected something like https://your-tenant.vezacloud.com")
        return parts


def why_no_api_key(password: str) -> str:
    """Return what keeps a password from being an API key, and what to do; empty where nothing does.

    >>> why_no_api_key("Bearer abc")
    "begins with 'Bearer', which is sent by itself: put the key alone there"
    """
    if not password:
        return "is empty: put a personal API key of the tenant there"
    if password.lower().startswith("bearer "):
        return "begins with 'Bearer', which is sent by itself: put the key alone there"
    if password[0] in "\"'" and password[-1] == password[0]:
        return "has quotation marks around it: put the key alone there"
    if password.startswith(_UNFILLED) or not password.strip("."):
        return "is a placeholder that nothing has filled in: put a personal API key of the tenant there"
    if not password.isascii() or not password.isprintable() or " " in password:
        return "is no API key: it holds spaces, control characters or characters outside ASCII"
    return ""


def _in_range(value: Any, known: ExtraField) -> bool:
    return (known.minimum is None or value >= known.minimum) and (known.maximum is None or value <= known.maximum)


def leads_to_host_of(url: str, tenant: str) -> bool:
    """Whether a browser that follows an address comes by http or https to the tenant's host, whatever port serves its pages."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    # Browsers take a backslash for a slash, and drop some of what is not printed.
    is_plain = url.isascii() and url.isprintable() and not any(c in " \\" for c in url) and "@" not in parts.netloc
    return is_plain and parts.scheme in ("http", "https") and parts.hostname == urlsplit(tenant).hostname


def _boolean(value: Any) -> bool | None:
    word = words_of(value).strip().lower()
    return True if word in _YES else False if word in _NO else None


def _number(value: Any) -> float | None:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _integer(value: Any) -> int | None:
    number = _number(value)
    return int(number) if number is not None and number.is_integer() else None


def _text(value: Any) -> str | None:
    return value.strip() if isinstance(value, str) else None


_CONVERTERS = {"boolean": _boolean, "number": _number, "integer": _integer, "string": _text}
