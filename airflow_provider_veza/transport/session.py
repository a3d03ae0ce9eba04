"""The requests session of a tenant: TLS, proxy, credentials.

Retries and all other decisions are in :mod:`.exchange`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager

from airflow_provider_veza.transport.final_answer import FinalAnswerConnection, FinalAnswerTlsConnection
from airflow_provider_veza.transport.origin import Origin
from airflow_provider_veza.transport.routes import Routes
from airflow_provider_veza.transport.settings import Timeouts, TransportSettings
from airflow_provider_veza.transport.trust import trusted_authorities

NOT_CONNECTED = "No connection was made, so no request was sent on it."
"""The note on every error while connecting. requests itself reports some of them, such as a reset during the TLS
handshake, by the same types as errors after the request was sent."""


class TenantSession(Session):
    """Carries the tenant's credentials, to the tenant's origin only.

    Neither ``~/.netrc`` nor the environment overrides what the connection says; proxies and trusted authorities that
    the connection leaves open are still taken from the environment.
    """

    def __init__(self, settings: TransportSettings, routes: Routes, token: Callable[[], str]) -> None:
        super().__init__()
        self.trust_env = False
        self.verify: bool | str = trusted_authorities(settings) if settings.verify else False
        self.headers.update({"User-Agent": settings.user_agent, "Accept": "application/json"})
        self.auth = TenantAuth(settings.origin, token)
        self.tenant_adapter = TenantAdapter(routes, settings.timeouts)
        self.mount("https://", self.tenant_adapter)
        self.mount("http://", self.tenant_adapter)

    def should_strip_auth(self, old_url: str, new_url: str) -> bool:
        """Drop credentials on every redirect to another origin; requests keeps them from http to https."""
        try:
            return Origin.of(old_url) != Origin.of(new_url)
        except ValueError:
            return True


class TenantAuth(AuthBase):
    """Adds the bearer token to requests to one origin, and to no other."""

    def __init__(self, tenant: Origin, token: Callable[[], str]) -> None:
        self._tenant = tenant
        self._token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Authorize a request that is about to be sent."""
        if Origin.of(request.url or "") == self._tenant:
            request.headers["Authorization"] = f"Bearer {self._token()}"
        return request


class TenantAdapter(HTTPAdapter):
    """Sends once, by the right way, with timeouts even where none were asked for."""

    def __init__(self, routes: Routes, timeouts: Timeouts) -> None:
        self._routes = routes
        self._timeouts = timeouts
        super().__init__(max_retries=0)

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> Response:
        """Send a request; see :class:`requests.adapters.HTTPAdapter`."""
        proxies = proxies or self._proxies(request.url or "")
        return super().send(request, stream, timeout or self._timeouts, verify, cert, proxies)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Build the pools for direct connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> PoolManager:
        """Build the pools for connections through a proxy."""
        manager: PoolManager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def _proxies(self, url: str) -> dict[str, str]:
        route = self._routes.to(url)
        return {route.origin.scheme: route.proxy_url} if route.proxy_url else {}


@contextmanager
def _noting_not_connected() -> Iterator[None]:
    try:
        yield
    except Exception as e:
        e.add_note(NOT_CONNECTED)
        raise


class _NotingHTTPConnection(FinalAnswerConnection):
    def connect(self) -> None:
        with _noting_not_connected():
            super().connect()


class _NotingHTTPSConnection(FinalAnswerTlsConnection):
    def connect(self) -> None:
        with _noting_not_connected():
            super().connect()


class _NotingHTTPPool(HTTPConnectionPool):
    ConnectionCls = _NotingHTTPConnection


class _NotingHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _NotingHTTPSConnection


_POOLS: dict[str, type] = {"http": _NotingHTTPPool, "https": _NotingHTTPSPool}
