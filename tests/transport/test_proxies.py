"""Requests through a real forward proxy, named by the connection or by the environment; over both HTTP libraries."""

from __future__ import annotations

import base64
import ssl
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from airflow_provider_veza.async_query.retry import ONE_ATTEMPT
from airflow_provider_veza.exceptions import ConnectionSettingsError, NoAnswerError, NotSentError
from airflow_provider_veza.transport.routes import Routes
from transport.conftest import KEY, Driver, call, settings_for, submit
from transport.servers import LOOPBACK, HttpServer, LoopbackServer, Proxy, SilentServer, answer, free_port, reset

Open = Callable[..., Driver]
Tenant = Callable[..., HttpServer]
Start = Callable[[LoopbackServer], Any]

PASSWORD = "pr0xy-passw0rd"


def with_login(proxy: Proxy) -> str:
    return f"http://somebody:{PASSWORD}@{proxy.address}"


def test_https_goes_through_a_tunnel(
    tenant: Tenant, start: Start, open_driver: Open, server_tls: ssl.SSLContext, ca_bundle: str
) -> None:
    server, proxy = tenant(answer(200, b"through"), tls=server_tls), start(Proxy())

    response = open_driver(settings_for(server.url, ca_bundle=ca_bundle, proxy=proxy.url)).run(call())

    assert response.body == b"through"
    assert [(seen.method, seen.target) for seen in proxy.seen] == [("CONNECT", server.address)]


def test_the_key_does_not_reach_the_proxy_of_a_tunnel(
    tenant: Tenant, start: Start, open_driver: Open, server_tls: ssl.SSLContext, ca_bundle: str
) -> None:
    server, proxy = tenant(answer(), tls=server_tls), start(Proxy())

    open_driver(settings_for(server.url, ca_bundle=ca_bundle, proxy=proxy.url)).run(call())

    assert "authorization" not in proxy.seen[0].headers
    assert server.seen[0].headers["authorization"] == f"Bearer {KEY}"


def test_the_login_of_the_proxy_reaches_the_proxy_and_not_the_tenant(
    tenant: Tenant, start: Start, open_driver: Open, server_tls: ssl.SSLContext, ca_bundle: str
) -> None:
    server, proxy = tenant(answer(), tls=server_tls), start(Proxy())

    open_driver(settings_for(server.url, ca_bundle=ca_bundle, proxy=with_login(proxy))).run(call())

    login = base64.b64encode(f"somebody:{PASSWORD}".encode()).decode()
    assert proxy.seen[0].headers["proxy-authorization"] == f"Basic {login}"
    assert "proxy-authorization" not in server.seen[0].headers


def test_plain_http_is_forwarded(tenant: Tenant, start: Start, open_driver: Open) -> None:
    server, proxy = tenant(answer(200, b"forwarded")), start(Proxy())

    assert open_driver(settings_for(server.url, proxy=proxy.url)).run(call()).body == b"forwarded"
    assert proxy.seen[0].target == f"{server.url}/api"


def test_the_proxy_of_the_environment_is_used(
    tenant: Tenant, start: Start, open_driver: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, proxy = tenant(answer()), start(Proxy())
    monkeypatch.setenv("HTTP_PROXY", proxy.url)

    open_driver(settings_for(server.url)).run(call())

    assert len(proxy.seen) == 1


def test_no_proxy_is_honoured(tenant: Tenant, start: Start, open_driver: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    server, proxy = tenant(answer(200, b"direct")), start(Proxy())
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", LOOPBACK)

    assert open_driver(settings_for(server.url)).run(call()).body == b"direct"
    assert proxy.connections == 0


def test_a_proxy_that_is_down_is_not_sent_and_is_named_without_its_login(open_driver: Open) -> None:
    address = f"{LOOPBACK}:{free_port()}"
    settings = settings_for("https://tenant.invalid", proxy=f"http://somebody:{PASSWORD}@{address}")

    with pytest.raises(NotSentError, match=f"tenant.invalid:443 through the proxy {address}") as raised:
        open_driver(settings).run(submit())
    assert PASSWORD not in str(raised.value)


def test_a_proxy_that_refuses_the_tunnel_is_not_sent_and_its_status_is_named(start: Start, open_driver: Open) -> None:
    proxy = start(Proxy(refusal=407))

    with pytest.raises(NotSentError, match=rf"through the proxy {proxy.address}.*407") as raised:
        open_driver(settings_for("https://tenant.invalid", proxy=with_login(proxy))).run(submit())
    assert PASSWORD not in str(raised.value)


def test_a_proxy_that_says_nothing_is_not_sent_after_the_connect_timeout(start: Start, open_driver: Open) -> None:
    proxy = start(SilentServer())
    settings = settings_for("https://tenant.invalid", proxy=f"http://{proxy.address}", connect_timeout=0.2)

    with pytest.raises(NotSentError, match=rf"through the proxy {proxy.address} within 0\.2 s"):
        open_driver(settings).run(submit(), retry=ONE_ATTEMPT)


def test_a_route_shows_no_login() -> None:
    route = Routes(f"http://somebody:{PASSWORD}@proxy.example:3128").to("https://tenant.example/api")

    assert str(route) == "tenant.example:443 through the proxy proxy.example:3128"
    assert PASSWORD not in repr(route)


def test_a_submit_that_broke_behind_the_proxy_is_not_sent_again(
    tenant: Tenant, start: Start, open_driver: Open, server_tls: ssl.SSLContext, ca_bundle: str
) -> None:
    server, proxy = tenant(reset, answer(), tls=server_tls), start(Proxy())

    with pytest.raises(NoAnswerError):
        open_driver(settings_for(server.url, ca_bundle=ca_bundle, proxy=proxy.url)).run(submit())
    assert len(server.seen) == 1


def test_a_proxy_that_is_no_http_proxy_is_an_error_of_the_connection(open_driver: Open) -> None:
    with pytest.raises(ConnectionSettingsError, match="extra `proxy`") as raised:
        open_driver(settings_for("https://tenant.invalid", proxy=f"socks5://a:{PASSWORD}@proxy.invalid")).run(call())
    assert PASSWORD not in str(raised.value)


@pytest.mark.parametrize("character", "#/?")
@pytest.mark.parametrize("password", ["12{}s3cret", "s3cret{}12"])
def test_a_password_that_breaks_the_proxys_url_is_not_shown(
    open_driver: Open, monkeypatch: pytest.MonkeyPatch, password: str, character: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", f"http://me:{password.format(character)}@proxy.example:3128")

    with pytest.raises(ConnectionSettingsError, match="The proxy is .* as %23") as raised:
        open_driver(settings_for("http://tenant.invalid")).run(call())
    assert "s3cret" not in "".join(traceback.format_exception(raised.value))
