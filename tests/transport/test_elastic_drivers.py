"""What both drivers over the official Elasticsearch client do on real sockets: the same table for sync and async."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import ssl
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from airflow_provider_veza.async_query.message import Call, Request, Response
from airflow_provider_veza.async_query.retry import ONE_ATTEMPT, RetryPolicy
from airflow_provider_veza.exceptions import (
    ConnectionSettingsError,
    MalformedResponseError,
    NoAnswerError,
    NotSentError,
)
from airflow_provider_veza.transport import shared
from airflow_provider_veza.transport.elastic_aio import AsyncElasticTransport
from airflow_provider_veza.transport.elastic_settings import ElasticAuth, ElasticSettings
from airflow_provider_veza.transport.elastic_sync import SyncElasticTransport
from support.cut_short import EVER_LATER, cut_short
from transport.conftest import KEY, call, submit
from transport.every_driver import AT_ONCE, Driver, on_its_own_loop
from transport.servers import (
    CUT_SHORT,
    LOOPBACK,
    HandshakeBreaker,
    HttpServer,
    LoopbackServer,
    Reply,
    answer,
    free_port,
    hang_up,
    reset,
    stall,
    then,
)

Open = Callable[..., Driver]
Tenant = Callable[..., HttpServer]
Start = Callable[[LoopbackServer], Any]

MANY = 150
"""More than aiohttp's own bound of connections."""


def ours(status: int = 200, body: Any = b"{}", **headers: str) -> Reply:
    """Answer as Elasticsearch does."""
    return answer(status, body, **{"X_Elastic_Product": "Elasticsearch", "content_type": "application/json"} | headers)


def settings_for(base_url: str, **fields: Any) -> ElasticSettings:
    return ElasticSettings(base_url, **{"auth": ElasticAuth("api_key", KEY), "user_agent": "tests/1"} | fields)


@pytest.fixture(params=["sync", "async"])
def open_driver(request: pytest.FixtureRequest) -> Iterator[Open]:
    kinds: dict[str, Callable[..., Driver]] = {
        "sync": SyncElasticTransport,
        "async": on_its_own_loop(AsyncElasticTransport),
    }
    with ExitStack() as stack:

        def open_one(settings: ElasticSettings, *, retry: RetryPolicy = AT_ONCE) -> Driver:
            driver = kinds[request.param](settings, retry=retry)
            stack.callback(driver.close)
            return driver

        yield open_one


# What goes out, and what comes back


def test_the_answer_is_read_by_the_call_as_the_bytes_that_came(tenant: Tenant, open_driver: Open) -> None:
    server = tenant(ours(200, b'{"rows": 1.50}', warning='299 ES "w"'))
    response = open_driver(settings_for(server.url)).run(call())
    assert (response.status, response.body, response.headers["warning"]) == (200, b'{"rows": 1.50}', '299 ES "w"')


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("status", [200, 400])
def test_a_warning_of_the_server_loses_no_answer(tenant: Tenant, open_driver: Open, status: int) -> None:
    server = tenant(ours(status, {"id": "q1"}, warning='299 ES "No limit defined"'))

    response = open_driver(settings_for(server.url)).run(call())

    assert (response.status, response.headers["warning"]) == (status, '299 ES "No limit defined"')
    assert json.loads(response.body) == {"id": "q1"}


@pytest.mark.parametrize("status", [400, 404, 409])
def test_an_error_status_is_an_answer_like_any_other(tenant: Tenant, open_driver: Open, status: int) -> None:
    server = tenant(ours(status, {"error": {"type": "x"}}))
    response = open_driver(settings_for(server.url)).run(call())
    assert (response.status, json.loads(response.body)) == (status, {"error": {"type": "x"}})


@pytest.mark.parametrize("kind", ["text/html; charset=UTF-8", "text/plain", "application/octet-stream"])
def test_an_error_page_of_any_kind_comes_as_its_bytes(tenant: Tenant, open_driver: Open, kind: str) -> None:
    server = tenant(answer(400, b"<h1>no</h1>", content_type=kind))
    assert open_driver(settings_for(server.url)).run(call()).body == b"<h1>no</h1>"


def test_servers_of_8_and_9_are_asked_in_words_that_both_understand(tenant: Tenant, open_driver: Open) -> None:
    server = tenant(ours())
    open_driver(settings_for(server.url)).run(submit())
    headers = server.seen[0].headers
    assert headers["accept"] == headers["content-type"] == "application/vnd.elasticsearch+json; compatible-with=8"
    assert headers["user-agent"] == "tests/1"
    assert json.loads(server.seen[0].body) == {"a": 1}


@pytest.mark.parametrize(
    ("auth", "header"),
    [
        (ElasticAuth("api_key", "a2V5"), "ApiKey a2V5"),
        (ElasticAuth("api_key", ("id", "key")), "ApiKey aWQ6a2V5"),
        (ElasticAuth("basic_auth", ("elastic", "pw")), "Basic ZWxhc3RpYzpwdw=="),
        (ElasticAuth("bearer_auth", "token"), "Bearer token"),
        (None, None),
    ],
    ids=["key", "key of two parts", "basic", "bearer", "none"],
)
def test_credentials_go_out_as_elasticsearch_takes_them(
    tenant: Tenant, open_driver: Open, auth: ElasticAuth | None, header: str | None
) -> None:
    server = tenant(ours())
    open_driver(settings_for(server.url, auth=auth)).run(call())
    assert server.seen[0].headers.get("authorization") == header


def test_the_path_keeps_what_is_quoted_in_it_and_stands_beneath_the_proxys(tenant: Tenant, open_driver: Open) -> None:
    server = tenant(ours())
    open_driver(settings_for(f"{server.url}/es")).run(call(path="/_query/async/a%2Fb", params={"wait": "1ms"}))
    assert server.seen[0].target == "/es/_query/async/a%2Fb?wait=1ms"


def test_something_else_than_elasticsearch_is_named(tenant: Tenant, open_driver: Open) -> None:
    server = tenant(answer(200, {"id": "x", "is_running": True}, content_type="application/json"))
    with pytest.raises(MalformedResponseError, match="not Elasticsearch.*host, port and schema"):
        open_driver(settings_for(server.url)).run(call())


# Repetitions


@pytest.mark.parametrize("failing", [ours(502), ours(503), ours(429), hang_up, reset, CUT_SHORT])
def test_a_read_is_repeated_by_our_policy_and_by_nobody_else(tenant: Tenant, open_driver: Open, failing: Reply) -> None:
    server = tenant(failing, failing, ours())
    assert open_driver(settings_for(server.url)).run(call()).attempts == 3
    assert len(server.seen) == 3


@pytest.mark.parametrize("failing", [hang_up, reset, CUT_SHORT], ids=["hang up", "reset", "cut short"])
def test_a_submit_without_an_answer_is_not_sent_again(tenant: Tenant, open_driver: Open, failing: Reply) -> None:
    server = tenant(failing, ours())
    with pytest.raises(NoAnswerError, match="may have been acted on"):
        open_driver(settings_for(server.url)).run(submit())
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_submit_that_is_answered_with_a_server_error_is_not_sent_again(
    tenant: Tenant, open_driver: Open, status: int
) -> None:
    server = tenant(ours(status), ours())
    assert open_driver(settings_for(server.url)).run(submit()).status == status
    assert len(server.seen) == 1


def test_an_error_status_that_is_the_answer_is_not_asked_for_again(tenant: Tenant, open_driver: Open) -> None:
    server = tenant(ours(429), ours())
    failed = Call(Request("GET", "/x"), lambda response: response.status, lambda _: True)
    assert open_driver(settings_for(server.url)).run(failed) == 429
    assert len(server.seen) == 1


def test_an_error_status_that_passes_is_asked_for_again(tenant: Tenant, open_driver: Open) -> None:
    server = tenant(ours(404), ours(404), ours())
    storing = Call(Request("GET", "/x"), lambda r: r.status, is_passing=lambda response: response.status == 404)
    assert open_driver(settings_for(server.url)).run(storing) == 200
    assert len(server.seen) == 3


# Time


def test_what_the_server_was_asked_to_wait_is_no_silence(tenant: Tenant, open_driver: Open) -> None:
    server = tenant(then(lambda _: time.sleep(0.4), ours()))
    driver = open_driver(settings_for(server.url, request_timeout=0.2), retry=ONE_ATTEMPT)
    assert driver.run(call(wait=5.0)).status == 200


def test_a_server_that_says_nothing_is_not_waited_for(tenant: Tenant, open_driver: Open) -> None:
    server = tenant(*[stall] * len(EVER_LATER))

    def ask(seconds: float) -> None:
        open_driver(settings_for(server.url, request_timeout=seconds), retry=ONE_ATTEMPT).run(call())

    error = cut_short(ask)
    assert isinstance(error, NoAnswerError)
    assert re.search(r"sent nothing for [\d.]+ s \(the connection's extra `request_timeout`\)", str(error))


def test_a_dying_process_does_not_wait_for_the_connections_timeout(tenant: Tenant, open_driver: Open) -> None:
    server, began = tenant(*[stall] * len(EVER_LATER)), time.monotonic()
    driver = open_driver(settings_for(server.url))

    error = cut_short(lambda seconds: driver.run(call(), retry=ONE_ATTEMPT, timeout=(seconds, seconds)))
    assert isinstance(error, NoAnswerError)
    assert time.monotonic() - began < settings_for(server.url).request_timeout


def test_many_long_polls_on_one_client_do_not_wait_for_each_other(tenant: Tenant) -> None:
    together: set[int] = set()

    def when_all_are_here(visit: Any) -> None:
        together.add(id(visit))
        while len(together) < MANY and not visit.closing.is_set():
            time.sleep(0.01)
        ours()(visit)

    server = tenant(*[when_all_are_here] * MANY)

    async def poll() -> list[Response]:
        client = await shared.acquire(settings_for(server.url, max_connections=MANY))
        try:
            return await asyncio.wait_for(asyncio.gather(*(client.run(call(wait=60.0)) for _ in range(MANY))), 60)
        finally:
            await shared.release(client)

    assert len(asyncio.run(poll())) == MANY
    assert server.connections == MANY


# Connections that cannot be made


def test_a_port_where_nobody_listens_has_seen_nothing(open_driver: Open) -> None:
    with pytest.raises(NotSentError, match="Connection refused.*check the connection's host, port and schema"):
        open_driver(settings_for(f"http://{LOOPBACK}:{free_port()}")).run(submit())


def test_a_host_without_an_address_has_seen_nothing(open_driver: Open) -> None:
    with pytest.raises(NotSentError, match="name was not found"):
        open_driver(settings_for("http://nowhere.invalid:9200")).run(submit())


def test_a_certificate_of_a_private_authority_is_trusted_by_ca_certs(
    tenant: Tenant, open_driver: Open, server_tls: ssl.SSLContext, ca_bundle: str
) -> None:
    server = tenant(ours(), tls=server_tls)
    assert open_driver(settings_for(server.url, options=(("ca_certs", ca_bundle),))).run(call()).status == 200


def test_a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent(
    tenant: Tenant, open_driver: Open, server_tls: ssl.SSLContext
) -> None:
    server = tenant(ours(), tls=server_tls)
    with pytest.raises(NotSentError, match="was not accepted.*extra `ca_certs`"):
        open_driver(settings_for(server.url)).run(submit())
    assert server.seen == []


def test_certificates_go_unchecked_only_where_the_connection_says_so(
    tenant: Tenant, open_driver: Open, server_tls: ssl.SSLContext
) -> None:
    server = tenant(ours(), tls=server_tls)
    options = (("ssl_show_warn", False), ("verify_certs", False))
    assert open_driver(settings_for(server.url, options=options)).run(call()).status == 200


def test_a_handshake_that_breaks_is_a_failed_request(open_driver: Open, start: Start) -> None:
    server = start(HandshakeBreaker())
    with pytest.raises((NotSentError, NoAnswerError)):
        open_driver(settings_for(f"https://{server.address}"), retry=ONE_ATTEMPT).run(call())


def test_a_ca_file_that_is_not_there_is_the_connections_fault(open_driver: Open) -> None:
    with pytest.raises(ConnectionSettingsError, match="Nothing was sent"):
        open_driver(settings_for("https://localhost:9200", options=(("ca_certs", "/no/such.pem"),))).run(call())


# Secrets


@pytest.mark.parametrize("reply", [answer(401), hang_up, ours(500, {"error": "x"})], ids=["401", "no answer", "500"])
def test_the_key_is_in_no_error_and_no_log(
    tenant: Tenant, open_driver: Open, reply: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    server, told = tenant(reply), ""
    settings = settings_for(server.url, options=(("headers", (("x-secret", "h3ader"),)),))
    try:
        told = repr(open_driver(settings, retry=ONE_ATTEMPT).run(call()))
    except NoAnswerError as e:
        told = "".join(traceback.format_exception(e))
    assert server.seen[0].headers["x-secret"] == "h3ader"
    for secret in (KEY, "h3ader"):
        assert secret not in told + repr(settings) + caplog.text
