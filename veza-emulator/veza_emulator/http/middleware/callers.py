"""Who may call at all: no page of another site, and the admin API only its own machine or who has the key; no endpoint's work.

A page of another site can reach a loopback port by giving its own name the address 127.0.0.1 (DNS rebinding). Its requests then
name that site as their Host, or as their Origin.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from contextlib import suppress
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from veza_emulator.http.json_http import error_response
from veza_emulator.http.middleware.basics import ADMIN_PATH, header_of
from veza_emulator.reading.errors import ApiError, ErrorKind
from veza_emulator.tenant.oauth import Access
from veza_emulator.tenant.tenant import Tenant


class CallerMiddleware:
    """Refuses requests with a foreign Host or Origin on every path, and the admin API to who may not use it.

    :param known_hosts: names, beside addresses and localhost, by which callers may call this tenant.
    """

    def __init__(self, app: ASGIApp, tenant: Tenant, known_hosts: Collection[str] = ()) -> None:
        self._app = app
        self._tenant = tenant
        self._known_hosts = frozenset(host.lower() for host in known_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if not self._is_of_this_site(scope):
            refusal = ApiError(ErrorKind.FOREIGN_SITE)
        elif scope["path"].startswith(ADMIN_PATH) and not self._may_administrate(scope):
            refusal = ApiError(ErrorKind.UNAUTHENTICATED)
        else:
            await self._app(scope, receive, send)
            return
        await error_response(refusal, self._tenant.clock)(scope, receive, send)

    def _is_of_this_site(self, scope: Scope) -> bool:
        host, origin = header_of(scope, b"host"), header_of(scope, b"origin")
        if not self._is_known(host_name(host)):
            return False
        return not origin or origin.lower() == f"{scope['scheme']}://{host}".lower()

    def _is_known(self, name: str) -> bool:
        return name == "localhost" or name in self._known_hosts or address_of(name) is not None

    def _may_administrate(self, scope: Scope) -> bool:
        client = scope["client"]
        is_near = client is not None and is_loopback(client[0]) and is_loopback(host_name(header_of(scope, b"host")))
        return is_near or self._tenant.access(header_of(scope, b"authorization")) is Access.QUERIES


def host_name(host: str) -> str:
    """Return the name or address in a Host header, in lower case; empty if it holds none.

    >>> host_name("[::1]:8080"), host_name("LocalHost"), host_name("a:b:c")
    ('::1', 'localhost', '')
    """
    with suppress(ValueError):
        parts = urlsplit(f"//{host}")
        # To read the port is to check it.
        if parts.port is None or parts.port >= 0:
            return (parts.hostname or "").rstrip(".")
    return ""


def address_of(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address that a host is called by, None if it is called by a name."""
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def is_loopback(host: str) -> bool:
    """Tell whether a host can only be reached from this machine."""
    address = address_of(host)
    return host == "localhost" if address is None else address.is_loopback
