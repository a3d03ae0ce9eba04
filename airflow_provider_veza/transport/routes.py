"""Which way requests take: directly, or through a proxy by the connection or by the environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from airflow_provider_veza.exceptions import ConnectionSettingsError
from airflow_provider_veza.transport.origin import Origin

ENCODE_IN_PROXY = (
    "is not an absolute http:// or https:// URL of a host and no more; "
    "in its password, write # as %23, / as %2F and ? as %3F"
)


@dataclass(frozen=True)
class Route:
    """The way to one origin; as text it names the proxy without its credentials.

    :param proxy_url: credentials included; None for a direct way.
    """

    origin: Origin
    proxy_url: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        if self.proxy_url is None:
            return self.origin.address
        return f"{self.origin.address} through the proxy {Origin.of(self.proxy_url).address}"


class Routes:
    """The ways of one transport, each found once: reading the environment costs more than sending a request.

    :param proxy: the connection's own, which goes before the environment's; None leaves it to the environment.
    """

    def __init__(self, proxy: str | None) -> None:
        self._proxy = proxy
        self._known: dict[str, Route] = {}

    def to(self, url: str) -> Route:
        """Return the way to the origin of ``url``.

        :raises ConnectionSettingsError: when the proxy is no HTTP proxy.
        """
        end = url.find("/", len("https://"))
        prefix = url if end < 0 else url[:end]
        route = self._known.get(prefix)
        if route is None:
            origin = Origin.of(url)
            route = self._known[prefix] = Route(origin, _http_proxy(self._proxy or _environment_proxy(url)))
        return route


def _environment_proxy(url: str) -> str | None:
    parts = urlsplit(url)
    if proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    proxies = getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")


def _http_proxy(proxy: str | None) -> str | None:
    if not proxy:
        return None
    url = proxy if "://" in proxy else f"http://{proxy}"
    if not _is_address(url):
        raise ConnectionSettingsError(
            f"The proxy {ENCODE_IN_PROXY}. Correct the connection's extra `proxy` "
            "(or HTTPS_PROXY and ALL_PROXY in the environment). Nothing was sent."
        )
    return url


def _is_address(url: str) -> bool:
    """Whether a URL names a host and no more; the words of a parser about one that does not may hold its password."""
    try:
        Origin.of(url)
        parts = urlsplit(url)
    except ValueError:
        return False
    return not (parts.path.strip("/") or parts.query or parts.fragment)
