"""What goes out without the session of aiohttp is what that would send; how it is answered is in the tables of all drivers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from yarl import URL

from airflow_provider_veza.exceptions import NotSentError
from airflow_provider_veza.transport.aio import AsyncTransport
from airflow_provider_veza.transport.bounded_aiohttp import new_session
from airflow_provider_veza.transport.exchange import straight_request
from airflow_provider_veza.transport.steps import WireRequest
from airflow_provider_veza.transport.written_aiohttp import MOST_BYTES_AT_ONCE
from transport.conftest import call, settings_for
from transport.servers import HttpServer, Seen, answer

Tenant = Callable[..., HttpServer]


def sent(server: HttpServer, **request: Any) -> Seen:
    """Send by our driver; return what came."""

    async def send() -> None:
        transport = AsyncTransport(settings_for(server.url))
        await transport.run(call(**request))
        await transport.close()

    asyncio.run(send())
    return server.seen[-1]


def sent_by_a_session(server: HttpServer, **request: Any) -> Seen:
    """Send the same by aiohttp's session; return what came."""
    wire = straight_request(call(**request).request, settings_for(server.url))
    assert wire is not None

    async def send() -> None:
        async with new_session(aiohttp.TCPConnector()) as session:
            headers, url = wire.all_headers, URL(wire.url, encoded=True)
            skipped = ["content-type"] if wire.body is None else None
            await session.request(wire.method, url, data=wire.body, headers=headers, skip_auto_headers=skipped)

    asyncio.run(send())
    return server.seen[-1]


REQUESTS: dict[str, dict[str, Any]] = {
    "a look": {"method": "POST", "body": {"query_result_id": "q", "page_size": 1}},
    "a look by GET": {"method": "GET", "params": {"query_result_id": "å b", "page_size": "1"}},
    "a POST without a body": {"method": "POST"},
    "a DELETE": {"method": "DELETE"},
    "a GET": {},
    "characters beyond ASCII": {"method": "POST", "body": {"name": "Åsa 🦊"}},
    "marks in the path": {"path": "/api/v1/query_spec:nodes%2Fx;a=~*'()"},
    "a fragment": {"path": "/api#part", "params": {"a": "b"}},
    "two slashes": {"path": "//api"},
    "no path": {"path": ""},
    "almost too long to go at once": {"method": "POST", "body": {"q": "x" * (MOST_BYTES_AT_ONCE - 1_000)}},
    "a little longer": {"method": "POST", "body": {"q": "x" * MOST_BYTES_AT_ONCE}},
    "as long as ten such": {"method": "POST", "body": {"q": "x" * 10 * MOST_BYTES_AT_ONCE}},
}


@pytest.mark.parametrize("request_fields", REQUESTS.values(), ids=REQUESTS)
def test_the_same_goes_out_as_by_a_session(tenant: Tenant, request_fields: dict[str, Any]) -> None:
    server = tenant(answer(), answer())

    assert sent(server, **request_fields) == sent_by_a_session(server, **request_fields)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://tenant.example/api", b"tenant.example"),
        ("https://TENANT.example:443/api", b"tenant.example"),
        ("http://tenant.example:443", b"tenant.example:443"),
        ("http://[::1]:8080/api", b"[::1]:8080"),
        ("https://[::1]/api", b"[::1]"),
    ],
)
def test_a_request_names_its_host_and_no_usual_port(url: str, host: bytes) -> None:
    head = WireRequest("GET", url, {}).as_text

    assert b"\r\nHost: " + host + b"\r\n" in head
    assert host.decode() == aiohttp.ClientRequest("GET", URL(url), loop=asyncio.new_event_loop()).headers["Host"]


@pytest.mark.parametrize("character", ["\n", "\r", "\0", "\x7f"])
def test_a_head_in_which_another_header_would_begin_is_not_sent(tenant: Tenant, character: str) -> None:
    server = tenant(answer())

    async def send() -> None:
        transport = AsyncTransport(settings_for(server.url, user_agent=f"tests/1{character}X-Other: 1"))
        try:
            await transport.run(call())
        finally:
            await transport.close()

    with pytest.raises(NotSentError):
        asyncio.run(send())
    assert server.connections == 0
