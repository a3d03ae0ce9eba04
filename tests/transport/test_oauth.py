"""OAuth2 client credentials against a real token endpoint: when a token is fetched, kept, renewed or refused."""

from __future__ import annotations

import asyncio
import base64
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest

from airflow_provider_veza.async_query.retry import ONE_ATTEMPT
from airflow_provider_veza.exceptions import NotSentError, RedirectRefusedError, UnauthorizedError
from airflow_provider_veza.transport.aio import AsyncTransport
from airflow_provider_veza.transport.settings import OAuth2ClientCredentials, TransportSettings
from airflow_provider_veza.transport.sync import SyncTransport
from transport.conftest import AT_ONCE, Driver, call, settings_for, submit
from transport.servers import LOOPBACK, HttpServer, Reply, answer, free_port, hang_up, reset

Open = Callable[..., Driver]
Tenant = Callable[..., HttpServer]

SECRET = "cl1ent:s3cret/ü"


def token(value: str, expires_in: Any = 3600) -> Reply:
    return answer(200, {"access_token": value, "token_type": "Bearer", "expires_in": expires_in})


def oauth(server: HttpServer, endpoint: HttpServer | str, **fields: Any) -> TransportSettings:
    url = endpoint if isinstance(endpoint, str) else f"{endpoint.url}/oauth/token"
    return settings_for(server.url, auth=OAuth2ClientCredentials(url, "cli ent", SECRET, **fields))


def bearers(server: HttpServer) -> list[str]:
    return [seen.headers["authorization"] for seen in server.seen]


def test_one_token_serves_many_calls(tenant: Tenant, open_driver: Open) -> None:
    endpoint, server = tenant(token("t1")), tenant(answer(), answer(), answer())
    driver = open_driver(oauth(server, endpoint))

    for _ in range(3):
        driver.run(call())

    assert bearers(server) == ["Bearer t1"] * 3
    assert len(endpoint.seen) == 1


def test_one_token_serves_all_transports_of_the_process(tenant: Tenant, open_driver: Open) -> None:
    endpoint, server = tenant(token("t1")), tenant(answer(), answer())

    for _ in range(2):
        open_driver(oauth(server, endpoint)).run(call())

    assert len(endpoint.seen) == 1


def test_the_token_request_follows_the_grant(tenant: Tenant, open_driver: Open) -> None:
    endpoint, server = tenant(token("t1")), tenant(answer())

    open_driver(oauth(server, endpoint, scope="viewer reader")).run(call())

    request = endpoint.seen[0]
    login = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
    assert (request.method, request.target) == ("POST", "/oauth/token")
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qs(request.body.decode()) == {"grant_type": ["client_credentials"], "scope": ["viewer reader"]}
    assert login == "cli+ent:cl1ent%3As3cret%2F%C3%BC"


def test_a_token_at_the_end_of_its_life_is_renewed_before_the_next_request(tenant: Tenant, open_driver: Open) -> None:
    endpoint, server = tenant(token("t1", expires_in=0), token("t2")), tenant(answer(), answer())
    driver = open_driver(oauth(server, endpoint))

    driver.run(call())
    driver.run(call())

    assert bearers(server) == ["Bearer t1", "Bearer t2"]


def test_a_401_renews_the_token_once_and_sends_even_a_submit_again(tenant: Tenant, open_driver: Open) -> None:
    endpoint, server = tenant(token("t1"), token("t2")), tenant(answer(401), answer(200, b"accepted"))

    assert open_driver(oauth(server, endpoint)).run(submit()).body == b"accepted"
    assert bearers(server) == ["Bearer t1", "Bearer t2"]


def test_a_second_401_is_read_by_the_call(tenant: Tenant, open_driver: Open) -> None:
    endpoint, server = tenant(token("t1"), token("t2")), tenant(answer(401), answer(401, b"still"))

    assert open_driver(oauth(server, endpoint)).run(call()).body == b"still"
    assert (len(server.seen), len(endpoint.seen)) == (2, 2)


def test_a_refusal_names_the_reason_and_never_the_secret(tenant: Tenant, open_driver: Open) -> None:
    refusal = {"error": "invalid_client", "error_description": f"no client with the secret {SECRET}"}
    endpoint, server = tenant(answer(401, refusal)), tenant(answer())

    with pytest.raises(UnauthorizedError, match="invalid_client: no client with the secret") as raised:
        open_driver(oauth(server, endpoint)).run(call())
    assert raised.value.status == 401
    assert SECRET not in str(raised.value)
    assert (server.connections, len(endpoint.seen)) == (0, 1)


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(reset, id="reset"),
        pytest.param(hang_up, id="closed"),
        pytest.param(answer(503), id="unavailable"),
        pytest.param(answer(429), id="too many"),
        pytest.param(answer(200, b"<html>login</html>"), id="a web page"),
        pytest.param(answer(200, {"access_token": "x", "token_type": "mac"}), id="another kind of token"),
        pytest.param(answer(200, {"access_token": "x\ny"}), id="a token that no header can carry"),
    ],
)
def test_a_submit_without_a_token_is_certainly_not_sent(tenant: Tenant, open_driver: Open, failure: Reply) -> None:
    endpoint, server = tenant(failure), tenant(answer())

    with pytest.raises(NotSentError, match="token"):
        open_driver(oauth(server, endpoint)).run(submit(), retry=ONE_ATTEMPT)
    assert server.connections == 0


def test_an_endpoint_that_is_down_for_a_moment_is_asked_again(tenant: Tenant, open_driver: Open) -> None:
    endpoint, server = tenant(reset, answer(503), token("t1")), tenant(answer(200, b"got it"))

    assert open_driver(oauth(server, endpoint)).run(call()).body == b"got it"


def test_an_endpoint_that_is_down_is_named(tenant: Tenant, open_driver: Open) -> None:
    server, address = tenant(answer()), f"{LOOPBACK}:{free_port()}"

    with pytest.raises(NotSentError, match=rf"was not sent .*\(POST http://{address}/token\)$"):
        open_driver(oauth(server, f"http://{address}/token?tenant=x")).run(call())


def test_the_client_secret_follows_no_redirect_to_another_host(tenant: Tenant, open_driver: Open) -> None:
    other, server = tenant(token("stolen")), tenant(answer())
    endpoint = tenant(answer(307, location=f"{other.url}/token"))

    with pytest.raises(RedirectRefusedError):
        open_driver(oauth(server, endpoint)).run(call())
    assert other.connections == 0


def test_one_renewal_serves_all_who_wait_on_the_loop(tenant: Tenant) -> None:
    endpoint = tenant(token("t1"), token("t2"))
    server = tenant(answer(401), *[answer()] * 20)
    settings = oauth(server, endpoint)

    async def run_many() -> None:
        transport = AsyncTransport(settings, retry=AT_ONCE)
        await asyncio.gather(*(transport.run(call()) for _ in range(20)))
        await transport.close()

    asyncio.run(run_many())

    assert len(endpoint.seen) == 2
    assert len(server.seen) == 21


def test_one_renewal_serves_all_threads(tenant: Tenant) -> None:
    endpoint, server = tenant(token("t1"), token("t2")), tenant(*[answer()] * 10)
    settings, together = oauth(server, endpoint), threading.Barrier(10)

    def run_one() -> None:
        with SyncTransport(settings, retry=AT_ONCE) as transport:
            together.wait()
            transport.run(call())

    threads = [threading.Thread(target=run_one) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(endpoint.seen) == 1
    assert bearers(server) == ["Bearer t1"] * 10


def test_a_token_may_be_fetched_ahead_of_the_call_that_needs_it(tenant: Tenant) -> None:
    endpoint, server = tenant(token("t1")), tenant(answer())

    with SyncTransport(oauth(server, endpoint), retry=AT_ONCE) as transport:
        assert transport.token() == "t1"
        assert server.connections == 0
        transport.run(call())

    assert len(endpoint.seen) == 1
