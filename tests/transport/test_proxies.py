"""Requests through a real forward proxy, named by the connection or by the environment; over both HTTP libraries."""

from __future__ import annotations

import base64
import ssl
import traceback
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from airflow_provider_veza.async_query.message import Call, Request
from airflow_provider_veza.async_query.retry import ONE_ATTEMPT
from airflow_provider_veza.exceptions import ConnectionSettingsError, NoAnswerError, NotSentError, RefusedError
from airflow_provider_veza.services.veza_errors import json_object
from airflow_provider_veza.transport.routes import Routes
from transport.conftest import KEY, Driver, call, settings_for, submit
from transport.every_driver import EVERY_DRIVER, good
from transport.servers import (
    LOOPBACK,
    HttpServer,
    LoopbackServer,
    Proxy,
    Reply,
    SilentServer,
    answer,
    free_port,
    hang_up,
    raw,
    reset,
    then,
)

Open = Callable[..., Driver]
Tenant = Callable[..., HttpServer]
Start = Callable[[LoopbackServer], Any]

PASSWORD = "pr0xy-passw0rd"


def with_login(proxy: LoopbackServer) -> str:
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
    route = Routes(f"http://somebody:{PASSWORD}@proxy.example:3128", lambda _secret: None).to(
        "https://tenant.example/api"
    )

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


LOGINS = {
    "a user and a password": ("me:s3cretpassw", b"me:s3cretpassw"),
    "a token and no password": ("s3crettoken", b"s3crettoken:"),
    "a password alone": (":s3cretpassw", b":s3cretpassw"),
    "characters of URLs": ("me:s3cret%2F%40pass", b"me:s3cret/@pass"),
    "a colon in the user": ("m%3Ae:s3cretpassw", b"m:e:s3cretpassw"),
    "Latin letters": ("m\u00e9:s3cret%C3%A9passw", "m\u00e9:s3cret\u00e9passw".encode()),
    "no Latin letter": ("me:s3cret%E2%82%ACpassw", "me:s3cret\u20acpassw".encode()),
    "a byte that is no UTF-8": ("me:s3cret%E9passw", b"me:s3cret\xe9passw"),
}
EVERY_LOGIN = pytest.mark.parametrize(("login", "sent"), LOGINS.values(), ids=LOGINS)
WHERE = pytest.mark.parametrize("where", ["extra", "environment"])
SCHEMES = pytest.mark.parametrize("scheme", ["http", "https"])
Behind = Callable[[str, str, str], dict[str, Any]]


@pytest.fixture
def behind(monkeypatch: pytest.MonkeyPatch) -> Behind:
    """Name a proxy for a scheme, and return the fields of settings that do so."""

    def name(where: str, scheme: str, proxy: str) -> dict[str, Any]:
        if where == "extra":
            return {"proxy": proxy}
        monkeypatch.setenv(f"{scheme.upper()}_PROXY", proxy)
        return {}

    return name


@WHERE
@SCHEMES
@EVERY_LOGIN
def test_a_login_goes_out_by_the_bytes_of_its_url_and_comes_back_in_no_error(
    start: Start, open_driver: Open, behind: Behind, where: str, scheme: str, login: str, sent: bytes
) -> None:
    proxy, shown = start(Proxy(refusal=407, page="{login}")), base64.b64encode(sent).decode()
    fields = behind(where, scheme, f"http://{login}@{proxy.address}")
    reading = Call(Request("POST", "/api", {"a": 1}, idempotent=False), json_object)

    with pytest.raises((NotSentError, RefusedError)) as raised:
        open_driver(settings_for(f"{scheme}://tenant.invalid", **fields)).run(reading)
    assert [seen.headers["proxy-authorization"] for seen in proxy.seen] == [f"Basic {shown}"]
    said = "".join(traceback.format_exception(raised.value)) + repr(vars(raised.value))
    assert "s3cret" not in said
    assert shown not in said
    assert "407" in str(raised.value)


@pytest.mark.parametrize(
    ("status", "times"), [(400, 1), (403, 1), (405, 1), (407, 1), (408, 3), (429, 3), (502, 3), (503, 3)]
)
def test_a_refused_tunnel_is_asked_for_again_only_where_that_may_help(
    start: Start, open_driver: Open, status: int, times: int
) -> None:
    """A wrong login that is sent again and again locks the account that it belongs to."""
    proxy = start(Proxy(refusal=status))

    with pytest.raises(NotSentError) as raised:
        open_driver(settings_for("https://tenant.invalid", proxy=with_login(proxy))).run(submit())
    assert len(proxy.seen) == times
    assert raised.value.heals == (times > 1)


@pytest.mark.parametrize("status", [403, 407, 503])
@pytest.mark.parametrize(
    ("where", "place"), [("extra", "the connection's extra `proxy`"), ("environment", "HTTPS_PROXY")]
)
def test_who_refused_a_tunnel_and_where_it_is_named_is_said_and_not_what_it_says(
    start: Start, open_driver: Open, behind: Behind, where: str, place: str, status: int
) -> None:
    proxy = start(Proxy(refusal=status, page="<h1>\x1b[2J of the proxy's own"))
    fields = behind(where, "https", proxy.url)

    with pytest.raises(NotSentError, match=f"the proxy {proxy.address}, which refused it with HTTP {status}") as raised:
        open_driver(settings_for("https://tenant.invalid", **fields)).run(submit())
    assert place in str(raised.value)
    assert "own" not in str(raised.value)


@pytest.mark.parametrize(("name", "scheme"), [("HTTPS_PROXY", "https"), ("HTTP_PROXY", "http"), ("ALL_PROXY", "https")])
def test_a_proxy_of_the_environment_that_is_down_is_no_fault_of_the_extra(
    open_driver: Open, monkeypatch: pytest.MonkeyPatch, name: str, scheme: str
) -> None:
    monkeypatch.setenv(name, f"http://{LOOPBACK}:{free_port()}")

    with pytest.raises(NotSentError, match=f"check the connection's host and {name} in the environment") as raised:
        open_driver(settings_for(f"{scheme}://tenant.invalid")).run(submit())
    assert "extra" not in str(raised.value)


@pytest.mark.parametrize(
    ("listed", "host", "is_direct"),
    [
        ("127.0.0.0/8", LOOPBACK, True),
        ("10.0.0.0/8, 127.0.0.1/8", LOOPBACK, True),
        ("10.0.0.0/8", LOOPBACK, False),
        ("::1", "[::1]", True),
        ("[::1]", "[::1]", True),
        ("::/64", "[::1]", True),
        ("fe80::/10", "[::1]", False),
        (".vezacloud.com", "acme.vezacloud.com", True),
        ("vezacloud.com", "acme.vezacloud.com", True),
        ("acme.vezacloud.com:8443", "acme.vezacloud.com:8443", True),
        ("acme.vezacloud.com:8443", "acme.vezacloud.com", False),
        ("loud.com", "acme.vezacloud.com", False),
        ("10.0.0.0/8", "acme.vezacloud.com", False),
        ("no network/8,,", LOOPBACK, False),
        ("*", "acme.vezacloud.com", True),
        ("", LOOPBACK, False),
    ],
)
def test_which_hosts_no_proxy_lists(monkeypatch: pytest.MonkeyPatch, listed: str, host: str, is_direct: bool) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", listed)

    route = Routes(None, lambda _secret: None).to(f"https://{host}/api")

    assert (route.proxy is None) == is_direct


CUT = {
    "before a word": hang_up,
    "within its head": then(raw(b"HTTP/1.1 200 Connection est"), hang_up),
    "before TLS": then(raw(b"HTTP/1.1 200 Connection established\r\n\r\n"), hang_up),
    "with a reset": reset,
    "by what is no HTTP": then(raw(b"SSH-2.0-OpenSSH_9.2\r\n"), hang_up),
}


@pytest.mark.parametrize("cut", CUT.values(), ids=CUT)
def test_a_tunnel_that_is_cut_before_it_leads_anywhere_is_not_sent(
    tenant: Tenant, open_driver: Open, cut: Reply
) -> None:
    proxy = tenant(cut, cut, cut)
    settings = settings_for("https://tenant.invalid", proxy=with_login(proxy))

    with pytest.raises(NotSentError, match=f"through the proxy {proxy.address}") as raised:
        open_driver(settings).run(submit())
    assert [seen.method for seen in proxy.seen] == ["CONNECT"] * 3
    assert PASSWORD not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize("kind", ["elasticsearch", "elasticsearch, async"])
def test_the_clients_of_elasticsearch_take_no_proxy_of_the_environment(
    tenant: Tenant, start: Start, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    server, proxy = tenant(good()), start(Proxy())
    for name in ("HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)

    with closing(EVERY_DRIVER[kind].open(server.url)) as driver:
        driver.run(call())
    assert (len(server.seen), proxy.connections) == (1, 0)
