"""Both drivers behind one face, an authority of our own, and servers that end with their test."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import trustme

from airflow_provider_veza.async_query.message import Call, Request, Response
from airflow_provider_veza.async_query.retry import RetryPolicy
from airflow_provider_veza.transport import aio, sync
from airflow_provider_veza.transport.aio import AsyncTransport
from airflow_provider_veza.transport.settings import ApiKeyAuth, TransportSettings
from airflow_provider_veza.transport.sync import SyncTransport
from airflow_provider_veza.transport.tokens import TokenStore
from support.no_proxies import _environment_without_proxies
from transport.every_driver import AT_ONCE, Driver, on_its_own_loop
from transport.servers import LOOPBACK, HttpServer, LoopbackServer, Reply

__all__ = ["_environment_without_proxies"]

KEY = "s3cret-key"


def call(method: str = "GET", path: str = "/api", **fields: Any) -> Call[Response]:
    """Return a call that reads nothing but gives back the answer."""
    return Call(Request(method, path, **fields), lambda response: response)


def submit(path: str = "/api:submit") -> Call[Response]:
    """Return a call that must not be sent twice."""
    return call("POST", path, body={"a": 1}, idempotent=False)


def settings_for(base_url: str, **fields: Any) -> TransportSettings:
    """Return settings with our key, patient enough for a busy machine, and with no pace that a test would feel."""
    given = {"auth": ApiKeyAuth(KEY), "user_agent": "tests/1", "rate_limit": 10_000.0, "connect_timeout": 20.0}
    return TransportSettings(base_url, **(given | {"read_timeout": 20.0} | fields))


@pytest.fixture(autouse=True)
def _no_token_of_an_earlier_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system may give a port, and so the address of a token endpoint, to two tests."""
    tokens = TokenStore()
    for driver in (sync, aio):
        monkeypatch.setattr(driver, "TOKENS", tokens)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def start(stack: ExitStack) -> Callable[[LoopbackServer], Any]:
    """Start a server that ends with the test."""
    return stack.enter_context


@pytest.fixture
def tenant(stack: ExitStack) -> Callable[..., HttpServer]:
    """Start an HTTP server with these replies."""

    def start_tenant(*replies: Reply, tls: ssl.SSLContext | None = None) -> HttpServer:
        return stack.enter_context(HttpServer(*replies, tls=tls))

    return start_tenant


@pytest.fixture(params=["requests", "aiohttp"])
def open_driver(request: pytest.FixtureRequest, stack: ExitStack) -> Callable[..., Driver]:
    """Open a transport; every test that uses this runs over both HTTP libraries."""
    kinds: dict[str, Callable[..., Driver]] = {"requests": SyncTransport, "aiohttp": on_its_own_loop(AsyncTransport)}

    def open_one(settings: TransportSettings, *, retry: RetryPolicy = AT_ONCE) -> Driver:
        driver = kinds[request.param](settings, retry=retry)
        stack.callback(driver.close)
        return driver

    return open_one


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("tls") / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture(scope="session")
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    return _server_context(authority, LOOPBACK)


@pytest.fixture(scope="session")
def other_name_tls(authority: trustme.CA) -> ssl.SSLContext:
    """A certificate of the trusted authority, but for another host."""
    return _server_context(authority, "elsewhere.example")


def _server_context(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context
