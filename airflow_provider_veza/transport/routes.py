"""Which way requests take: directly, or through a proxy by the connection or by the environment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from airflow_provider_veza.exceptions import ConnectionSettingsError
from airflow_provider_veza.transport.origin import Origin
from airflow_provider_veza.transport.proxy_login import proxy_authorization, proxy_secrets

ENCODE_IN_PROXY = (
    "is not an absolute http:// or https:// URL of a host and no more; "
    "in its password, write # as %23, / as %2F and ? as %3F"
)
OF_THE_CONNECTION = "the connection's extra `proxy`"


@dataclass(frozen=True)
class Proxy:
    """A forward proxy; as text its address alone.

    :param url: credentials included.
    :param named_in: where it is set, as messages say it.
    """

    url: str = field(repr=False)
    named_in: str

    def __str__(self) -> str:
        return Origin.of(self.url).address

    @property
    def bare_url(self) -> str:
        """Its URL without the login."""
        return str(Origin.of(self.url))

    @property
    def authorization(self) -> str | None:
        """What it is shown as ``Proxy-Authorization``."""
        return proxy_authorization(self.url)


@dataclass(frozen=True)
class Route:
    """The way to one origin; as text it names the proxy without its credentials.

    :param proxy: None for a direct way.
    """

    origin: Origin
    proxy: Proxy | None = None

    def __str__(self) -> str:
        return self.origin.address if self.proxy is None else f"{self.origin.address} through the proxy {self.proxy}"


class Routes:
    """The ways of one transport, each found once: reading the environment costs more than sending a request.

    :param proxy: the connection's own, which goes before the environment's; None leaves it to the environment.
    :param learn: told each secret of a proxy before it can be sent.
    """

    def __init__(self, proxy: str | None, learn: Callable[[str], None]) -> None:
        self._proxy = proxy
        self._learn = learn
        self._known: dict[str, Route] = {}

    def to(self, url: str) -> Route:
        """Return the way to the origin of ``url``.

        :raises ConnectionSettingsError: when the proxy is no HTTP proxy.
        """
        end = url.find("/", len("https://"))
        prefix = url if end < 0 else url[:end]
        return self._known.get(prefix) or self._find(prefix)

    def _find(self, prefix: str) -> Route:
        named, named_in = (self._proxy, OF_THE_CONNECTION) if self._proxy else _environment_proxy(prefix)
        proxy = Proxy(_http_proxy(named), named_in) if named else None
        for secret in proxy_secrets(proxy.url if proxy else None):
            self._learn(secret)
        route = self._known[prefix] = Route(Origin.of(prefix), proxy)
        return route


def _environment_proxy(url: str) -> tuple[str | None, str]:
    parts, proxies = urlsplit(url), getproxies()
    if proxy_bypass(parts.netloc.rpartition("@")[2]) or _is_within(parts.hostname or "", proxies.get("no", "")):
        return None, ""
    name = parts.scheme if proxies.get(parts.scheme) else "all"
    return proxies.get(name), f"{name.upper()}_PROXY in the environment"


def _is_within(host: str, listed: str) -> bool:
    """Whether a host is an address that NO_PROXY lists, alone or in a network, which Python's own reading passes over."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in _networks(listed))


def _networks(listed: str) -> Iterator[IPv4Network | IPv6Network]:
    for name in listed.split(","):
        with suppress(ValueError):
            yield ip_network(name.strip().strip("[]"), strict=False)


def _http_proxy(proxy: str) -> str:
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
