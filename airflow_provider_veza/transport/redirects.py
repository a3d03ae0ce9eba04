"""Which redirects may be followed: within one origin, and only where the request stays the same; a pure decision."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit, urlunsplit

from airflow_provider_veza.async_query.message import Response
from airflow_provider_veza.exceptions import RedirectRefusedError
from airflow_provider_veza.transport.origin import Origin
from airflow_provider_veza.transport.steps import WireRequest

MAX_REDIRECTS = 3

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SAME_METHOD = frozenset({307, 308})


def redirect_url(request: WireRequest, response: Response) -> str | None:
    """Return the URL that the answer sends us to, or None where it is no redirect.

    :raises RedirectRefusedError: when it points to another origin, or would turn the request into another one.
    """
    location = response.headers.get("location")
    if response.status not in _REDIRECTS or (not location and request.method == "GET"):
        return None
    if not location:
        raise RedirectRefusedError(
            f"{request} was redirected ({response.status}) without an address, so it was not carried out. "
            "Check the connection's host and what stands before it."
        )
    there, target = _parts(request, location)
    here = Origin.of(request.url)
    if there != here:
        raise RedirectRefusedError(
            f"{request} was redirected ({response.status}) to {there}. Credentials are not taken to another host, "
            "so it was not followed. If that is the right address, set it as the connection's host."
        )
    if request.method != "GET" and response.status not in _SAME_METHOD:
        raise RedirectRefusedError(
            f"{request} was redirected within its host by status {response.status}, which does not say that the "
            "request may be repeated, so it was not followed. Check the connection's host and what stands before it."
        )
    # Our own words for the host: other parsers may read the server's text as another one.
    return f"{here}{target}"


def too_many_redirects(request: WireRequest) -> RedirectRefusedError:
    """Return the error for a chain of redirects that does not end."""
    return RedirectRefusedError(
        f"{request} was redirected more than {MAX_REDIRECTS} times within its host. "
        "Check the connection's host and what stands before it."
    )


def _parts(request: WireRequest, location: str) -> tuple[Origin, str]:
    """Return the origin that the redirect points to, and path and query there."""
    try:
        parts = urlsplit(urljoin(request.url, _plain(location)))
        return Origin.of(parts.geturl()), urlunsplit(("", "", parts.path or "/", parts.query, ""))
    except ValueError as e:
        raise RedirectRefusedError(
            f"{request} was redirected to something that is no HTTP address, so the redirect was not followed. "
            "Check the connection's host and what stands before it."
        ) from e


def _plain(location: str) -> str:
    """Refuse characters that no address has: each parser drops some of them, and then reads another address."""
    if not location.isascii() or not location.isprintable() or " " in location:
        raise ValueError("characters that no address has")
    return location
