"""The login in a proxy's URL: the bytes that go out, the same from every library, and what of it nobody may be shown."""

from __future__ import annotations

import base64
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from airflow_provider_veza.transport.redaction import pair


def proxy_authorization(proxy: str) -> str | None:
    """Return the header ``Proxy-Authorization`` for a proxy's URL; None where it holds no login.

    Libraries differ: some send no login without a password, none sends characters outside Latin-1. Here the bytes go out that
    the URL says, UTF-8 where it says characters. Source: RFC 7617, 2.

    >>> proxy_authorization("http://me:p%40ss@proxy.example:3128")
    'Basic bWU6cEBzcw=='
    """
    user, password = _parts(proxy)
    if not user and not password:
        return None
    return f"Basic {base64.b64encode(unquote_to_bytes(user) + b':' + unquote_to_bytes(password)).decode()}"


def proxy_secrets(proxy: str | None) -> tuple[str, ...]:
    """Return what of a proxy's URL is secret: a user without a password is a token."""
    authorization = proxy_authorization(proxy or "")
    if authorization is None:
        return ()
    user, password = _parts(proxy or "")
    secret = password or user
    return (authorization.partition(" ")[2], unquote(secret), secret, *pair(unquote(user), unquote(password)))


def _parts(proxy: str) -> tuple[str, str]:
    login = urlsplit(proxy if "://" in proxy else f"//{proxy}").netloc.rpartition("@")[0]
    user, _, password = login.partition(":")
    return user, password
