"""The requests session that users get: ready for the tenant, and careful with its credentials."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from airflow_provider_veza.exceptions import RedirectRefusedError
from airflow_provider_veza.transport.settings import OAuth2ClientCredentials
from airflow_provider_veza.transport.sync import SyncTransport
from transport.conftest import KEY, settings_for
from transport.every_driver import AT_ONCE
from transport.servers import LOOPBACK, HttpServer, LoopbackServer, Proxy, answer, reset, stall
from transport.test_redirects import ELSEWHERE, REDIRECTS

Tenant = Callable[..., HttpServer]
Start = Callable[[LoopbackServer], Any]


def test_it_carries_the_key_to_the_tenant(tenant: Tenant) -> None:
    server = tenant(answer())

    with SyncTransport(settings_for(server.url)) as transport:
        transport.session.get(f"{server.url}/api", params={"a": "b c"})

    assert server.seen[0].headers["authorization"] == f"Bearer {KEY}"
    assert server.seen[0].headers["user-agent"] == "tests/1"
    assert server.seen[0].target == "/api?a=b+c"


def test_it_carries_an_access_token_to_the_tenant(tenant: Tenant) -> None:
    endpoint, server = tenant(answer(200, {"access_token": "t1"})), tenant(answer())
    auth = OAuth2ClientCredentials(f"{endpoint.url}/token", "client", "secret")

    with SyncTransport(settings_for(server.url, auth=auth)) as transport:
        transport.session.get(server.url)

    assert server.seen[0].headers["authorization"] == "Bearer t1"


def test_it_carries_nothing_to_another_host(tenant: Tenant) -> None:
    server, other = tenant(), tenant(answer())

    with SyncTransport(settings_for(server.url)) as transport:
        transport.session.get(other.url)

    assert "authorization" not in other.seen[0].headers


@pytest.mark.parametrize("status", REDIRECTS)
@pytest.mark.parametrize("location", ELSEWHERE.values(), ids=ELSEWHERE)
def test_it_follows_no_redirect_to_another_origin(tenant: Tenant, location: str, status: int) -> None:
    other, server = tenant(answer()), tenant()
    server.replies.append(answer(status, location=location.format(other=other.port, port=server.port)))

    with (
        SyncTransport(settings_for(server.url)) as transport,
        pytest.raises(RedirectRefusedError, match=r"another host.*\(GET .*/api, redirected to "),
    ):
        transport.session.get(f"{server.url}/api?a=secret")
    assert other.connections == 0


def test_it_leaves_a_redirect_to_whoever_does_not_want_it_followed(tenant: Tenant) -> None:
    other = tenant(answer())
    server = tenant(answer(302, location=other.url))

    with SyncTransport(settings_for(server.url)) as transport:
        redirected = transport.session.get(server.url, allow_redirects=False)

    assert (redirected.status_code, redirected.next, other.connections) == (302, None, 0)


def test_netrc_overrides_the_key_neither_at_first_nor_after_a_redirect(
    tenant: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine {LOOPBACK} login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server = tenant(answer(302, location="/there"), answer())

    with SyncTransport(settings_for(server.url)) as transport:
        transport.session.get(server.url)

    assert [seen.headers["authorization"] for seen in server.seen] == [f"Bearer {KEY}"] * 2


def test_it_trusts_the_ca_bundle(tenant: Tenant, server_tls: ssl.SSLContext, ca_bundle: str) -> None:
    server = tenant(answer(), tls=server_tls)

    with SyncTransport(settings_for(server.url, ca_bundle=ca_bundle)) as transport:
        assert transport.session.get(server.url).status_code == 200


def test_it_refuses_an_unknown_authority(tenant: Tenant, server_tls: ssl.SSLContext) -> None:
    server = tenant(answer(), tls=server_tls)

    with SyncTransport(settings_for(server.url)) as transport, pytest.raises(requests.exceptions.SSLError):
        transport.session.get(server.url)


def test_it_uses_the_proxy(tenant: Tenant, start: Start) -> None:
    server, proxy = tenant(answer()), start(Proxy())

    with SyncTransport(settings_for(server.url, proxy=proxy.url)) as transport:
        transport.session.get(server.url)

    assert len(proxy.seen) == 1


def test_it_waits_no_longer_than_the_connection_says(tenant: Tenant) -> None:
    server = tenant(stall)

    with (
        SyncTransport(settings_for(server.url, read_timeout=0.1)) as transport,
        pytest.raises(requests.exceptions.ReadTimeout),
    ):
        transport.session.get(server.url)


def test_it_repeats_nothing(tenant: Tenant) -> None:
    server = tenant(reset, answer())

    with SyncTransport(settings_for(server.url), retry=AT_ONCE) as transport, pytest.raises(requests.ConnectionError):
        transport.session.get(server.url)
    assert len(server.seen) == 1
