"""The requests session of a tenant: TLS, proxy, credentials.

Retries and all other decisions are in :mod:`.exchange`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3 import PoolManager

from airflow_provider_veza.exceptions import RedirectRefusedError
from airflow_provider_veza.transport.bounded_urllib3 import POOLS
from airflow_provider_veza.transport.origin import Origin
from airflow_provider_veza.transport.proxy_login import proxy_authorization
from airflow_provider_veza.transport.redirects import within_origin
from airflow_provider_veza.transport.routes import Routes
from airflow_provider_veza.transport.settings import Timeouts, TransportSettings
from airflow_provider_veza.transport.trust import trusted_authorities


class TenantSession(Session):
    """Carries the tenant's credentials, to the tenant's origin only, and follows no redirect to another one.

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

    def get_redirect_target(self, resp: Response) -> str | None:
        """Return where a redirect leads that is followed.

        :raises RedirectRefusedError: when it leads to another origin, or is no HTTP address.
        """
        target: str | None = super().get_redirect_target(resp)
        if target is None:
            return None
        named = f"{resp.request.method} {Origin.of(resp.url)}{urlsplit(resp.url).path}"
        return within_origin(named, resp.url, resp.status_code, target)

    def resolve_redirects(self, resp: Response, req: PreparedRequest, *args: Any, **kwargs: Any) -> Iterator[Any]:
        """Follow redirects; where nobody asked for that, one to another origin is only not offered as ``Response.next``."""
        try:
            yield from super().resolve_redirects(resp, req, *args, **kwargs)
        except RedirectRefusedError:
            if not kwargs.get("yield_requests"):
                resp.close()
                raise


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
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> PoolManager:
        """Build the pools for connections through a proxy."""
        manager: PoolManager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = POOLS
        return manager

    def proxy_headers(self, proxy: str) -> dict[str, str]:
        """Return what is shown to a proxy alone."""
        authorization = proxy_authorization(proxy)
        return {"Proxy-Authorization": authorization} if authorization else {}

    def _proxies(self, url: str) -> dict[str, str]:
        route = self._routes.to(url)
        return {route.origin.scheme: route.proxy.url} if route.proxy else {}
