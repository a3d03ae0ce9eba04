"""Every wait has an end and everything kept has a size, the same table for every driver."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import re
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from airflow_provider_veza.async_query.message import Purpose
from airflow_provider_veza.async_query.retry import ONE_ATTEMPT
from airflow_provider_veza.exceptions import AnswerTooLargeError, NoAnswerError, NotSentError, RequestError
from airflow_provider_veza.transport.aio import AsyncTransport
from airflow_provider_veza.transport.settings import OAuth2ClientCredentials, TotalTimes
from support.cut_short import EVER_LATER, cut_short
from transport.conftest import call
from transport.every_driver import EVERY_DRIVER, Driver, good, tenant_settings
from transport.servers import HttpServer, Reply, Visit, answer, raw, stall, then

Open = Callable[..., Driver]
Tenant = Callable[..., HttpServer]

SOON = 0.1
MEANWHILE = 30.0
"""Far longer than any bound here, on a busy machine too; without the bounds each test would last for ever."""
LIMIT = 100_000
OURS = {"X_Elastic_Product": "Elasticsearch", "content_type": "application/json"}


@pytest.fixture(params=EVERY_DRIVER)
def open_driver(request: pytest.FixtureRequest) -> Iterator[Open]:
    with ExitStack() as stack:

        def open_one(base_url: str, **fields: Any) -> Driver:
            driver = EVERY_DRIVER[request.param].open(base_url, **fields)
            stack.callback(driver.close)
            return driver

        yield open_one


def drip(head: bytes, endless: bytes) -> Reply:
    """Send ``head`` at once, and then a byte every now and then, far more often than any silence would end."""

    def reply(visit: Visit) -> None:
        visit.connection.sendall(head)
        for byte in itertools.cycle(endless):
            if visit.closing.wait(0.02):
                return
            visit.connection.sendall(bytes([byte]))

    return reply


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-elastic-product: Elasticsearch\r\n"
DRIPPING = {
    "the status": drip(b"HTTP/1.1 200 ", b"O"),
    "one header": drip(HEAD + b"x: ", b"a"),
    "interim answers": drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a body": drip(HEAD + b"content-length: 50000\r\n\r\n", b" "),
    "a body without a length": drip(HEAD + b"connection: close\r\n\r\n", b" "),
    "a body in chunks": drip(HEAD + b"transfer-encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "a compressed body": drip(
        HEAD + b"content-encoding: gzip\r\nconnection: close\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
        b"\x00\x00\x00\xff\xff",
    ),
}


@pytest.mark.parametrize("dripping", DRIPPING.values(), ids=DRIPPING)
def test_a_server_that_drips_is_left_when_the_total_time_is_over(
    tenant: Tenant, open_driver: Open, dripping: Reply
) -> None:
    server, began = tenant(dripping), time.monotonic()

    error = cut_short(lambda seconds: open_driver(server.url, total_times=TotalTimes(look=seconds)).run(call()))

    assert isinstance(error, NoAnswerError)
    assert re.search(r"within [\d.]+ s \(the connection's extra `look_timeout`\)", str(error))
    assert time.monotonic() - began < MEANWHILE
    assert len(server.seen) <= 1, "nothing is repeated when the time is over"


@pytest.mark.parametrize("purpose", [Purpose.LOOK, Purpose.PAGE, Purpose.CANCEL])
def test_each_kind_of_request_has_its_own_total_time(tenant: Tenant, open_driver: Open, purpose: Purpose) -> None:
    others = dict.fromkeys(("look", "page", "token", "cancel"), 1_000.0)
    server = tenant(DRIPPING["a body"])

    def ask(seconds: float) -> None:
        times = TotalTimes(**(others | {purpose.value: seconds}))
        open_driver(server.url, total_times=times).run(call(purpose=purpose))

    assert f"`{purpose.value}_timeout`" in str(cut_short(ask))


@pytest.mark.parametrize(
    "replies", [[stall], [DRIPPING["a body"]], [good(503)] * 1_000], ids=["silence", "drip", "503"]
)
def test_no_patience_of_the_connection_outlasts_the_time_that_a_caller_has(
    tenant: Tenant, open_driver: Open, replies: list[Reply]
) -> None:
    server, began = tenant(*replies), time.monotonic()
    driver = open_driver(server.url)

    came = next(came for within in EVER_LATER if not isinstance(came := _outcome(driver, within), NotSentError))
    if len(replies) == 1:
        assert isinstance(came, NoAnswerError)
        assert "the time that was left for it is over" in str(came)
    else:
        assert came == 503
    assert time.monotonic() - began < MEANWHILE


def _outcome(driver: Driver, within: float | None = None) -> int | RequestError:
    """Return the status that came, or the error."""
    try:
        return int(driver.run(call(), within=within).status)
    except RequestError as e:
        return e


def test_what_has_no_time_left_is_not_sent(tenant: Tenant, open_driver: Open) -> None:
    server = tenant(good())

    with pytest.raises(NotSentError, match="no time was left"):
        open_driver(server.url).run(call(), within=0.0)
    assert server.connections == 0


def test_what_the_server_was_asked_to_wait_is_on_top_of_the_total_time(tenant: Tenant, open_driver: Open) -> None:
    server = tenant(then(lambda _: time.sleep(2 * SOON), good()))

    driver = open_driver(server.url, total_times=TotalTimes(look=SOON))
    assert driver.run(call(wait=20.0), retry=ONE_ATTEMPT).status == 200


def test_a_connection_is_used_again_after_a_bounded_answer(tenant: Tenant, open_driver: Open) -> None:
    server = tenant(good(), good())
    driver = open_driver(server.url, total_times=TotalTimes(look=20.0))

    driver.run(call())
    driver.run(call())
    assert server.connections == 1


# Sizes


def _chunked(text: bytes, *, times: int = 1, **headers: str) -> Reply:
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
    chunk = b"%x\r\n%s\r\n" % (len(text), text)

    def reply(visit: Visit) -> None:
        visit.connection.sendall(HEAD + head.replace(b"_", b"-") + b"transfer-encoding: chunked\r\n\r\n")
        for _ in range(times):
            visit.connection.sendall(chunk)
        visit.connection.sendall(b"0\r\n\r\n")

    return reply


BOMB = gzip.compress(b" " * 64 * 1024 * 1024)
TOO_LARGE = {
    "announced": raw(HEAD + b"content-length: 100001\r\n\r\n"),
    "announced, of 50 digits": raw(HEAD + b"content-length: " + b"9" * 50 + b"\r\n\r\n"),
    "in chunks": _chunked(b" " * 10_000, times=1_000),
    "until it hangs up": then(raw(HEAD + b"connection: close\r\n\r\n"), raw(b" " * 1_000_000)),
    "a bomb": answer(200, BOMB, content_encoding="gzip", **OURS),
    "a bomb in chunks": _chunked(BOMB, content_encoding="gzip"),
    "a bomb of zlib": answer(200, zlib.compress(b" " * 16 * 1024 * 1024), content_encoding="deflate", **OURS),
    "compressed nothing, endlessly": _chunked(gzip.compress(b""), times=10_000, content_encoding="gzip"),
}


@pytest.mark.parametrize("large", TOO_LARGE.values(), ids=TOO_LARGE)
def test_an_answer_that_is_too_large_is_ended_while_it_is_read(tenant: Tenant, open_driver: Open, large: Reply) -> None:
    server = tenant(large)
    driver = open_driver(server.url, max_answer_bytes=LIMIT)
    tracemalloc.start()
    try:
        with pytest.raises((AnswerTooLargeError, NoAnswerError)) as raised:
            driver.run(call(), retry=ONE_ATTEMPT)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    if large is not TOO_LARGE["announced, of 50 digits"]:  # Which HTTP libraries refuse to read as a number.
        assert isinstance(raised.value, AnswerTooLargeError)
        assert "larger than 100000 bytes (the connection's extra `max_answer_bytes`)" in str(raised.value)
    assert most < 12 * 1024 * 1024


def test_an_answer_that_is_too_large_is_not_asked_for_again(tenant: Tenant, open_driver: Open) -> None:
    server = tenant(*[good(200, b" " * (LIMIT + 1))] * 3)

    with pytest.raises(AnswerTooLargeError):
        open_driver(server.url, max_answer_bytes=LIMIT).run(call())
    assert len(server.seen) == 1


TEXT = b'{"a": "' + b"b" * 50_000 + b'"}'
_BARE = zlib.compressobj(wbits=-zlib.MAX_WBITS)
COMPRESSED = {
    "gzip": ("gzip", gzip.compress(TEXT)),
    "gzip of two members": ("gzip", gzip.compress(TEXT[:700]) + gzip.compress(TEXT[700:])),
    "gzip with padding": ("X-GZIP", gzip.compress(TEXT) + b"\0" * 9),
    "deflate": ("deflate", zlib.compress(TEXT)),
    "bare deflate": ("deflate", _BARE.compress(TEXT) + _BARE.flush()),
    "identity": ("identity", TEXT),
}


@pytest.mark.parametrize("in_chunks", [False, True], ids=["with its length", "in chunks"])
@pytest.mark.parametrize(("encoding", "body"), COMPRESSED.values(), ids=COMPRESSED)
def test_a_compressed_answer_is_read_within_its_bound(
    tenant: Tenant, open_driver: Open, encoding: str, body: bytes, in_chunks: bool
) -> None:
    whole = answer(200, body, content_encoding=encoding, **OURS)
    reply = _chunked(body, content_encoding=encoding) if in_chunks else whole
    driver = open_driver(tenant(reply).url, max_answer_bytes=len(TEXT) + 100)

    assert driver.run(call()).body == TEXT


UNREADABLE = {
    "cut": ("gzip", gzip.compress(TEXT)[:-9]),
    "no gzip": ("gzip", TEXT),
    "no zlib": ("deflate", b"x\x00" + TEXT),
    "in two encodings": ("gzip, gzip", gzip.compress(gzip.compress(TEXT))),
    "in another one": ("br", b"\x0b\x02\x80{}\x03"),
}


@pytest.mark.parametrize(("encoding", "body"), UNREADABLE.values(), ids=UNREADABLE)
def test_an_answer_that_cannot_be_decompressed_is_no_answer(
    tenant: Tenant, open_driver: Open, encoding: str, body: bytes
) -> None:
    driver = open_driver(tenant(answer(200, body, content_encoding=encoding, **OURS)).url)

    with pytest.raises(NoAnswerError, match="cannot be read, since"):
        driver.run(call(), retry=ONE_ATTEMPT)


def test_an_empty_body_may_say_that_it_is_compressed(tenant: Tenant, open_driver: Open) -> None:
    server = tenant(answer(204, b"", content_encoding="gzip", **OURS))

    assert open_driver(server.url).run(call()).body == b""


# Tokens


@pytest.fixture(params=["requests", "aiohttp"])
def new_tenant_driver(request: pytest.FixtureRequest) -> Iterator[Open]:
    with ExitStack() as stack:

        def open_one(server: HttpServer, endpoint: HttpServer, **fields: Any) -> Driver:
            auth = OAuth2ClientCredentials(f"{endpoint.url}/token", "client", "cl1ent-s3cret")
            driver = EVERY_DRIVER[request.param].open(server.url, auth=auth, **fields)
            stack.callback(driver.close)
            return driver

        yield open_one


def test_a_token_endpoint_that_drips_is_left_when_its_total_time_is_over(
    tenant: Tenant, new_tenant_driver: Open
) -> None:
    endpoint, server = tenant(*[DRIPPING["a body"]] * len(EVER_LATER)), tenant(good())

    drivers = (new_tenant_driver(server, endpoint, total_times=TotalTimes(token=within)) for within in EVER_LATER)
    came = next(came for driver in drivers if (came := _outcome(driver)) and endpoint.seen)
    assert isinstance(came, NotSentError)
    assert "`token_timeout`" in str(came)
    assert server.connections == 0


def test_no_token_is_waited_for_longer_than_its_caller_has_time(tenant: Tenant, new_tenant_driver: Open) -> None:
    endpoint, server = tenant(*[DRIPPING["a body"]] * len(EVER_LATER)), tenant(good())
    driver = new_tenant_driver(server, endpoint)

    came = next(came for within in EVER_LATER if (came := _outcome(driver, within)) and endpoint.seen)
    assert isinstance(came, NotSentError)
    assert "the time that was left for it is over" in str(came)
    assert server.connections == 0


@pytest.mark.parametrize("new_tenant_driver", ["requests"], indirect=True)
def test_a_token_that_another_thread_is_fetching_is_not_waited_for_longer_either(
    tenant: Tenant, new_tenant_driver: Open
) -> None:
    server = tenant(good())

    with ThreadPoolExecutor() as threads, HttpServer(stall) as endpoint:
        fetching = threads.submit(_outcome, new_tenant_driver(server, endpoint), MEANWHILE)
        while not endpoint.seen:
            time.sleep(0.01)
        came = _outcome(new_tenant_driver(server, endpoint), SOON)
        assert not fetching.done()
    assert isinstance(came, NotSentError)
    assert "No access token was there in time" in str(came)
    assert server.connections == 0


def test_a_token_that_another_task_is_fetching_is_not_waited_for_longer_either(tenant: Tenant) -> None:
    endpoint, server = tenant(stall), tenant(good())
    auth = OAuth2ClientCredentials(f"{endpoint.url}/token", "client", "cl1ent-s3cret")

    async def run() -> None:
        transport = AsyncTransport(tenant_settings(server.url, auth=auth))
        fetching = asyncio.ensure_future(transport.run(call(), within=MEANWHILE))
        while not endpoint.seen:
            await asyncio.sleep(0.01)
        with pytest.raises(NotSentError, match="No access token was there in time"):
            await transport.run(call(), within=SOON)
        assert not fetching.done()
        fetching.cancel()
        await transport.close()

    asyncio.run(run())
    assert server.connections == 0
