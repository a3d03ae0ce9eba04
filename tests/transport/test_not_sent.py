"""What fails before the first byte of a request leaves is not sent, the same table for every driver."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import trustme

from airflow_provider_veza.async_query.message import Call
from airflow_provider_veza.async_query.retry import ONE_ATTEMPT
from airflow_provider_veza.exceptions import ConfigurationError, NoAnswerError, NotSentError
from transport.conftest import call, submit
from transport.every_driver import EVERY_DRIVER, DriverKind, good
from transport.servers import (
    LOOPBACK,
    DroppingServer,
    HandshakeBreaker,
    HttpServer,
    LoopbackServer,
    PlainTextServer,
    SilentServer,
    free_port,
    hang_up,
)

Start = Callable[[LoopbackServer], Any]
Run = Callable[..., Any]


@pytest.fixture(params=EVERY_DRIVER)
def kind(request: pytest.FixtureRequest) -> DriverKind:
    return EVERY_DRIVER[request.param]


@pytest.fixture
def run(kind: DriverKind) -> Iterator[Run]:
    with ExitStack() as stack:

        def run_one(base_url: str, given: Call[Any], timeout: tuple[float, float] = (5.0, 5.0), **fields: Any) -> Any:
            driver = kind.open(base_url, **fields)
            stack.callback(driver.close)
            return driver.run(given, retry=ONE_ATTEMPT, timeout=timeout)

        yield run_one


UNREACHABLE = {
    "nobody listens": lambda _: f"http://127.0.0.1:{free_port()}",
    "a name that nobody has": lambda _: "http://no-such-host.invalid:9200",
    "a name with a label that is too long": lambda _: f"http://{'a' * 70}.invalid:9200",
    "a name that cannot be encoded": lambda _: "http://xn--a\u00df.invalid:9200",
    "TLS with a server that has none": lambda start: f"https://{start(PlainTextServer()).address}",
    "TLS that breaks off": lambda start: f"https://{start(HandshakeBreaker()).address}",
    "TLS that says nothing": lambda start: f"https://{start(SilentServer()).address}",
}


@pytest.mark.parametrize("address", UNREACHABLE.values(), ids=UNREACHABLE)
def test_a_request_without_a_connection_is_not_sent(start: Start, run: Run, address: Callable[[Start], str]) -> None:
    with pytest.raises((NotSentError, ConfigurationError)):
        run(address(start), submit(), timeout=(0.3, 0.3))


def test_a_request_over_tls_that_is_not_trusted_is_not_sent(start: Start, run: Run, server_tls: ssl.SSLContext) -> None:
    server = start(HttpServer(good(), tls=server_tls))

    with pytest.raises(NotSentError, match="certificate"):
        run(server.url, submit())
    assert server.seen == []


class AskingServer(LoopbackServer):
    """Asks for a certificate, and lets a client that has none read why there is no connection."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        super().__init__()
        self._tls = tls

    def serve(self, connection: socket.socket) -> None:
        secured = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        with pytest.raises(ssl.SSLError), secured:
            try:
                secured.do_handshake()
            finally:
                self.closing.wait()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=str)
def test_a_server_that_wants_a_certificate_of_the_client_has_read_no_request(
    start: Start, run: Run, kind: DriverKind, authority: trustme.CA, ca_bundle: str, version: ssl.TLSVersion
) -> None:
    """In TLS 1.3 the client hears of it after the handshake, when the request may have left."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(LOOPBACK).configure_cert(context)
    context.minimum_version = context.maximum_version = version
    context.verify_mode = ssl.CERT_REQUIRED
    server = start(AskingServer(context))

    with pytest.raises(NotSentError, match="certificate of the client|HANDSHAKE_FAILURE"):
        run(f"https://{server.address}", submit(), **kind.trusting(ca_bundle))


@pytest.mark.parametrize("seconds", [1e300, float("inf")])
def test_a_timeout_that_no_clock_can_hold_never_leaves_a_doubt(start: Start, run: Run, seconds: float) -> None:
    server = start(HttpServer(good()))

    try:
        run(server.url, submit(), timeout=(seconds, seconds))
    except NotSentError:
        assert server.seen == []
    else:
        assert len(server.seen) == 1


DEEP: list[Any] = []
for _ in range(100_000):
    DEEP = [DEEP]


class Breaking(dict[str, Any]):
    """A mapping of an author's own that fails when it is read."""

    def __init__(self, error: Exception) -> None:
        super().__init__(q=1)
        self._error = error

    def __iter__(self) -> Any:
        raise self._error

    keys = values = items = __iter__


CANNOT_BE_BUILT = {
    "a mapping that cannot be read now": {"body": Breaking(RuntimeError("not loaded"))},
    "a mapping whose place does not answer": {"body": {"q": Breaking(OSError("no answer"))}},
    "a lone surrogate in the body": {"body": {"q": "\ud83d"}},
    "a lone surrogate in a parameter": {"params": {"q": "\ud83d"}},
    "a number of 5,000 digits": {"body": {"q": 10**5_000}},
    "a value that is no JSON": {"body": {"q": object()}},
    "too deep": {"body": {"q": DEEP}},
}


@pytest.mark.parametrize("fields", CANNOT_BE_BUILT.values(), ids=CANNOT_BE_BUILT)
def test_a_request_that_cannot_be_built_is_not_sent(start: Start, run: Run, fields: dict[str, Any]) -> None:
    server = start(HttpServer(good()))

    with pytest.raises(ConfigurationError, match="Nothing was sent"):
        run(server.url, call("POST", idempotent=False, **fields))
    assert server.connections == 0


@pytest.mark.parametrize("server", [DroppingServer, lambda: HttpServer(hang_up)], ids=["dropped", "hung up"])
def test_a_request_whose_first_byte_may_have_left_stays_in_doubt(
    start: Start, run: Run, server: Callable[[], LoopbackServer]
) -> None:
    with pytest.raises(NoAnswerError, match="may have been acted on"):
        run(f"http://{start(server()).address}", submit())
