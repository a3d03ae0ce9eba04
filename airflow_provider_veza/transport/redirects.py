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
            f"The request was redirected ({response.status}) without an address, so it was not carried out. "
            "Check the connection's host and what stands before it.",
            about=request,
        )
    url = within_origin(request, request.url, response.status, location)
    if request.method != "GET" and response.status not in _SAME_METHOD:
        raise RedirectRefusedError(
            f"The request was redirected within its host by status {response.status}, which does not say that it may be "
            "repeated, so it was not followed. Check the connection's host and what stands before it.",
            about=request,
        )
    return url


def within_origin(request: object, base: str, status: int, location: str) -> str:
    """Return the absolute URL of a redirect that stays within its origin.

    :param request: how messages name the request.
    :param base: its URL.
    :raises RedirectRefusedError: when it leads to another origin, or is no HTTP address.
    """
    there, target = _parts(request, base, location)
    here = Origin.of(base)
    if there != here:
        raise RedirectRefusedError(
            f"The request was redirected ({status}) to another host. Credentials are not taken there, so it was not "
            "followed. If that is the right address, set it as the connection's host.",
            about=f"{request}, redirected to {there}",
        )
    # Our own words for the host: other parsers may read the server's text as another one.
    return f"{here}{target}"


def too_many_redirects(request: WireRequest) -> RedirectRefusedError:
    """Return the error for a chain of redirects that does not end."""
    return RedirectRefusedError(
        f"The request was redirected more than {MAX_REDIRECTS} times within its host. "
        "Check the connection's host and what stands before it.",
        about=request,
    )


def _parts(request: object, base: str, location: str) -> tuple[Origin, str]:
    """Return the origin that the redirect points to, and path and query there."""
    try:
        parts = urlsplit(urljoin(base, _plain(location)))
        return Origin.of(parts.geturl()), urlunsplit(("", "", parts.path or "/", parts.query, ""))
    except ValueError as e:
        raise RedirectRefusedError(
            "The request was redirected to something that is no HTTP address, so the redirect was not followed. "
            "Check the connection's host and what stands before it.",
            about=request,
        ) from e


def _plain(location: str) -> str:
    """Refuse characters that no address has: each parser drops some of them, and then reads another address."""
    if not location.isascii() or not location.isprintable() or " " in location:
        raise ValueError("characters that no address has")
    return location
