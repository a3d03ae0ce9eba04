"""No credential comes back out of the transport, whoever echoes it and in whatever form; the same table for every driver."""

from __future__ import annotations

import base64
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from airflow_provider_veza.async_query.message import Call, Request, Response
from airflow_provider_veza.async_query.vocabulary import Page, Phase, Snapshot
from airflow_provider_veza.exceptions import BadRequestError, NotSentError, UnauthorizedError
from airflow_provider_veza.transport.redaction import Redaction
from airflow_provider_veza.transport.settings import OAuth2ClientCredentials
from transport.conftest import call
from transport.every_driver import EVERY_DRIVER, KEY, Driver, good
from transport.servers import HttpServer, LoopbackServer, answer, read_request

Open = Callable[..., Driver]
Tenant = Callable[..., HttpServer]

ECHOED = {
    "plain": KEY,
    "in base64": base64.b64encode(KEY.encode()).decode(),
    "in a URL": quote(KEY, safe=""),
    "in a form": quote_plus(KEY),
    "in JSON with escaped slashes": KEY.replace("/", "\\/"),
    "cut short": KEY[:10],
}


@pytest.fixture(params=EVERY_DRIVER)
def open_driver(request: pytest.FixtureRequest) -> Iterator[Open]:
    with _opening(request.param) as open_one:
        yield open_one


@pytest.fixture(params=["requests", "aiohttp"])
def open_tenant_driver(request: pytest.FixtureRequest) -> Iterator[Open]:
    with _opening(request.param) as open_one:
        yield open_one


@contextmanager
def _opening(kind: str) -> Iterator[Open]:
    with ExitStack() as stack:

        def open_one(base_url: str, **fields: Any) -> Driver:
            driver = EVERY_DRIVER[kind].open(base_url, **fields)
            stack.callback(driver.close)
            return driver

        yield open_one


def refuse(response: Response) -> None:
    """Read an answer as services do: its words go into the error."""
    said = response.body.decode()
    raise BadRequestError(
        response.status, f"refused: {said}", response.headers.get("x-request-id", "")
    ) from ValueError(said)


def shown(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)) + repr(vars(error)) + repr(error.args)


@pytest.mark.parametrize("status", [200, 400, 401, 404])
@pytest.mark.parametrize("echo", ECHOED.values(), ids=ECHOED)
def test_a_service_that_echoes_the_key_brings_it_into_no_error(
    tenant: Tenant, open_driver: Open, echo: str, status: int
) -> None:
    server = tenant(good(status, echo.encode(), x_request_id=echo))

    with pytest.raises(BadRequestError, match=r"refused: .*\*\*\*") as raised:
        open_driver(server.url).run(Call(Request("GET", "/api"), refuse))
    assert echo not in shown(raised.value)


@pytest.mark.parametrize("echo", ECHOED.values(), ids=ECHOED)
def test_a_service_that_echoes_the_key_brings_it_into_no_state_of_a_query(
    tenant: Tenant, open_driver: Open, echo: str
) -> None:
    server = tenant(good(200, echo.encode()))
    look = Call(
        Request("GET", "/api"),
        lambda r: Snapshot(Phase.FAILED, r.body.decode(), error=r.body.decode(), warnings=(r.body.decode(),)),
    )

    assert echo not in repr(open_driver(server.url).run(look))


@pytest.mark.parametrize("echo", ECHOED.values(), ids=ECHOED)
def test_a_service_that_echoes_the_key_brings_it_into_no_warning_about_a_page(
    tenant: Tenant, open_driver: Open, echo: str
) -> None:
    server = tenant(good(200, echo.encode()))
    read = Call(Request("GET", "/api"), lambda r: Page(warnings=(r.body.decode(),)))

    assert echo not in repr(open_driver(server.url).run(read))


@pytest.mark.parametrize("echo", ECHOED.values(), ids=ECHOED)
def test_a_service_that_echoes_the_key_brings_it_into_no_log_at_any_level(
    tenant: Tenant, open_driver: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, echo: str
) -> None:
    """Elastic's client logs whole answers where somebody has its logger's lines."""
    monkeypatch.setattr(logging.getLogger("elastic_transport.node"), "propagate", True)
    for name in ("", "elastic_transport.node", "elastic_transport.transport", "urllib3", "aiohttp"):
        caplog.set_level(logging.DEBUG, logger=name)
    server = tenant(good(403, echo.encode(), x_request_id=echo))

    open_driver(server.url).run(call())

    assert echo not in caplog.text


@pytest.mark.filterwarnings("always")
@pytest.mark.parametrize("echo", ECHOED.values(), ids=ECHOED)
def test_a_cluster_that_echoes_the_key_brings_it_into_no_python_warning(
    tenant: Tenant, open_driver: Open, recwarn: pytest.WarningsRecorder, echo: str
) -> None:
    escaped = echo.replace('"', "")
    server = tenant(good(warning=f'299 Elasticsearch "no quota for {escaped}\x1b[2J"'))

    open_driver(server.url).run(call())

    assert [text for text in map(str, (w.message for w in recwarn)) if escaped in text or not text.isprintable()] == []


def test_rows_come_as_they_are(tenant: Tenant, open_driver: Open) -> None:
    server = tenant(good(200, json.dumps({"name": KEY}).encode()))

    assert KEY.encode() in open_driver(server.url).run(call()).body


SECRET, TOKEN, PROXY_PASSWORD = "cl1ent/s3cret", "t0ken-t0ken", "pr0xy/passw0rd"


@pytest.mark.parametrize("status", [200, 400, 401, 503])
@pytest.mark.parametrize("form", ["plain", "basic"])
def test_a_token_endpoint_that_echoes_the_secret_brings_it_into_no_error(
    tenant: Tenant, open_tenant_driver: Open, status: int, form: str
) -> None:
    basic = base64.b64encode(f"me:{quote_plus(SECRET)}".encode()).decode()
    echo = {"plain": SECRET, "basic": basic}[form]
    refusal = {"error": echo, "error_description": f"no client with {echo}"}
    endpoint, server = tenant(*[answer(status, refusal)] * 3), tenant()
    auth = OAuth2ClientCredentials(f"{endpoint.url}/token", "me", SECRET)

    with pytest.raises((UnauthorizedError, NotSentError)) as raised:
        open_tenant_driver(server.url, auth=auth).run(call())
    assert echo not in shown(raised.value)


def test_a_service_that_echoes_a_fetched_token_brings_it_into_no_error(
    tenant: Tenant, open_tenant_driver: Open
) -> None:
    endpoint, server = tenant(answer(200, {"access_token": TOKEN})), tenant(good(400, TOKEN.encode()))
    auth = OAuth2ClientCredentials(f"{endpoint.url}/token", "me", SECRET)

    with pytest.raises(BadRequestError, match="refused") as raised:
        open_tenant_driver(server.url, auth=auth).run(Call(Request("GET", "/api"), refuse))
    assert TOKEN not in shown(raised.value)


class EchoingProxy(LoopbackServer):
    """Refuses everything, with what it was sent in its reason, a header and its body."""

    def serve(self, connection: Any) -> None:
        request = read_request(connection.makefile("rb"))
        if request is not None:
            said = f"{request.headers.get('proxy-authorization')} {PROXY_PASSWORD} {quote(PROXY_PASSWORD, safe='')}"
            head = f"HTTP/1.1 407 {said}\r\nx-request-id: {said}\r\ncontent-length: {len(said)}\r\n\r\n{said}"
            connection.sendall(head.encode())


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_echoes_its_password_brings_it_into_no_error(
    start: Callable[[LoopbackServer], Any], open_tenant_driver: Open, scheme: str
) -> None:
    proxy = start(EchoingProxy())
    url = f"http://me:{quote(PROXY_PASSWORD, safe='')}@{proxy.address}"

    with pytest.raises((BadRequestError, NotSentError)) as raised:
        open_tenant_driver(f"{scheme}://tenant.invalid", proxy=url).run(Call(Request("GET", "/api"), refuse))
    login = base64.b64encode(f"me:{PROXY_PASSWORD}".encode()).decode()
    for secret in (PROXY_PASSWORD, quote(PROXY_PASSWORD, safe=""), login):
        assert secret not in shown(raised.value)


@pytest.mark.parametrize("text", ["", "an ordinary text", "s3c"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert Redaction([KEY, "", "abc"]).text(text) == text
