"""Which certificates both drivers trust, and how a failed TLS handshake is told; the same for requests and aiohttp."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import certifi
import pytest
import requests.certs
import trustme

from airflow_provider_veza.async_query.retry import ONE_ATTEMPT
from airflow_provider_veza.exceptions import ConnectionSettingsError, NotSentError
from transport.conftest import AT_ONCE, Driver, call, settings_for, submit
from transport.servers import HandshakeBreaker, HttpServer, LoopbackServer, PlainTextServer, SilentServer, answer

Open = Callable[..., Driver]
Tenant = Callable[..., HttpServer]
Start = Callable[[LoopbackServer], Any]


def test_without_a_word_the_authorities_are_those_that_requests_has() -> None:
    assert certifi.where() == requests.certs.where()


def test_a_certificate_of_a_private_authority_is_trusted_by_ca_bundle(
    tenant: Tenant, open_driver: Open, server_tls: ssl.SSLContext, ca_bundle: str
) -> None:
    server = tenant(answer(200, b"private"), tls=server_tls)

    assert open_driver(settings_for(server.url, ca_bundle=ca_bundle)).run(call()).body == b"private"


def test_the_authorities_of_the_environment_are_trusted(
    tenant: Tenant,
    open_driver: Open,
    server_tls: ssl.SSLContext,
    ca_bundle: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", ca_bundle)
    server = tenant(answer(200, b"private"), tls=server_tls)

    assert open_driver(settings_for(server.url)).run(call()).body == b"private"


def test_a_certificate_of_an_unknown_authority_is_refused_and_the_message_names_ca_bundle(
    tenant: Tenant, open_driver: Open, server_tls: ssl.SSLContext
) -> None:
    server = tenant(answer(), tls=server_tls)

    with pytest.raises(NotSentError, match=rf"certificate of {server.address} was not accepted .*`ca_bundle`"):
        open_driver(settings_for(server.url)).run(submit())
    assert server.seen == []


def test_a_certificate_for_another_host_is_refused(
    tenant: Tenant, open_driver: Open, other_name_tls: ssl.SSLContext, ca_bundle: str
) -> None:
    server = tenant(answer(), tls=other_name_tls)

    with pytest.raises(NotSentError, match=r"not valid for '127\.0\.0\.1'"):
        open_driver(settings_for(server.url, ca_bundle=ca_bundle)).run(submit())
    assert server.seen == []


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
def test_no_certificate_is_checked_where_the_connection_says_so(
    tenant: Tenant, open_driver: Open, other_name_tls: ssl.SSLContext
) -> None:
    server = tenant(answer(200, b"unchecked"), tls=other_name_tls)

    assert open_driver(settings_for(server.url, verify=False)).run(call()).body == b"unchecked"


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
def test_the_environment_does_not_turn_the_check_on_again(
    tenant: Tenant,
    open_driver: Open,
    other_name_tls: ssl.SSLContext,
    ca_bundle: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", ca_bundle)
    server = tenant(answer(200, b"unchecked"), tls=other_name_tls)

    assert open_driver(settings_for(server.url, verify=False)).run(call()).body == b"unchecked"


def test_a_connection_that_breaks_during_the_tls_handshake_is_not_sent(start: Start, open_driver: Open) -> None:
    server = start(HandshakeBreaker())

    with pytest.raises(NotSentError, match=server.address):
        open_driver(settings_for(f"https://{server.address}")).run(submit())
    assert server.connections == AT_ONCE.max_attempts


def test_a_server_without_tls_is_not_sent_to(start: Start, open_driver: Open) -> None:
    server = start(PlainTextServer())

    with pytest.raises(
        NotSentError, match=rf"TLS with {server.address} .* answers without TLS: write http://"
    ) as error:
        open_driver(settings_for(f"https://{server.address}")).run(submit())
    assert not error.value.heals
    assert server.connections == 1


def test_a_look_at_a_query_that_runs_may_heal_though_something_answers_without_tls(
    start: Start, open_driver: Open
) -> None:
    server = start(PlainTextServer())

    with pytest.raises(NotSentError) as error:
        open_driver(settings_for(f"https://{server.address}")).run(call())
    assert error.value.heals


@pytest.mark.parametrize("content", [pytest.param(None, id="missing"), pytest.param("nothing of use", id="no PEM")])
def test_a_ca_bundle_without_authorities_is_an_error_of_the_connection(
    open_driver: Open, tmp_path: Path, content: str | None
) -> None:
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_text(content)

    with pytest.raises(ConnectionSettingsError, match=rf"`ca_bundle`.*\({bundle}\)$"):
        open_driver(settings_for("https://tenant.invalid", ca_bundle=str(bundle))).run(call())


def test_a_tls_handshake_that_takes_too_long_is_not_sent(start: Start, open_driver: Open) -> None:
    server = start(SilentServer())

    with pytest.raises(NotSentError, match=rf"no connection to {server.address} within 0\.2 s"):
        open_driver(settings_for(f"https://{server.address}", connect_timeout=0.2)).run(submit(), retry=ONE_ATTEMPT)


def test_authorities_that_were_replaced_are_read_anew(
    tenant: Tenant, open_driver: Open, server_tls: ssl.SSLContext, ca_bundle: str, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle.pem"
    trustme.CA().cert_pem.write_to_path(str(bundle))
    os.utime(bundle, ns=(1, 1))
    server = tenant(answer(200, b"private"), tls=server_tls)
    with pytest.raises(NotSentError, match="`ca_bundle`"):
        open_driver(settings_for(server.url, ca_bundle=str(bundle))).run(submit())
    bundle.write_bytes(Path(ca_bundle).read_bytes())

    assert open_driver(settings_for(server.url, ca_bundle=str(bundle))).run(call()).body == b"private"
