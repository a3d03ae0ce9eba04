"""The local page for people: three files as they are, which read the tenant's state by themselves; no data enters here."""

from __future__ import annotations

from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": (
        "default-src 'none'; connect-src 'self'; script-src 'self'; style-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def page_routes() -> list[Route]:
    """Return the routes of the page and of what it loads, relative to the admin path."""
    return [
        _route("/", "index.html", "text/html"),
        _route("/page.css", "page.css", "text/css"),
        _route("/page.js", "page.js", "text/javascript"),
    ]


def _route(path: str, file: str, media_type: str) -> Route:
    async def answer(_request: Request) -> Response:
        return Response(files(__name__).joinpath(file).read_bytes(), headers=_HEADERS, media_type=media_type)

    return Route(path, answer, methods=["GET"])
