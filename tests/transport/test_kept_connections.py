"""A kept connection is used only while nothing has come over it since its last answer, the same table for every driver."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

import pytest

from airflow_provider_veza.async_query.retry import ONE_ATTEMPT
from airflow_provider_veza.exceptions import NoAnswerError
from transport.conftest import call, settings_for, submit
from transport.every_driver import EVERY_DRIVER, Driver, DriverKind, OnItsOwnLoop, good
from transport.servers import HttpServer, Reply, Visit, answer, raw, stall, then

Tenant = Callable[..., HttpServer]
STRAY = (
    b"HTTP/1.1 200 OK\r\nX-Elastic-Product: Elasticsearch\r\ncontent-type: application/json\r\ncontent-length: 14\r\n\r\n"
    b'{"id":"stray"}'
)
TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\ncontent-length: 0\r\n\r\n"


def hang_up(visit: Visit) -> None:
    visit.connection.shutdown(socket.SHUT_RDWR)


AFTERWARDS: dict[str, Reply] = {
    "it ends": hang_up,
    "it ends, and says why": then(raw(TOO_SLOW), hang_up),
    "an answer comes that nobody asked for": raw(STRAY),
    "half an answer comes": raw(STRAY[:30]),
    "what is no answer comes": raw(b"?\r\n\r\n"),
}


class Remembering:
    """Answers, and remembers the connection, so that something may happen to it later."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self.visits: list[Visit] = []

    def __call__(self, visit: Visit) -> None:
        self.visits.append(visit)
        self._reply(visit)


@pytest.fixture(params=EVERY_DRIVER)
def kind(request: pytest.FixtureRequest) -> DriverKind:
    return EVERY_DRIVER[request.param]


@pytest.fixture
def open_to(kind: DriverKind) -> Iterator[Callable[[str], Driver]]:
    opened: list[Driver] = []

    def open_(url: str) -> Driver:
        opened.append(kind.open(url))
        return opened[-1]

    yield open_
    for driver in opened:
        driver.close()


def idle(driver: Driver, *, is_seen: bool) -> None:
    """Let time pass in which an event loop sees what comes, or stands still."""
    if is_seen and isinstance(driver, OnItsOwnLoop):
        driver.turn()


@pytest.mark.parametrize("is_seen", [True, False], ids=["while the loop runs", "while the loop stands still"])
@pytest.mark.parametrize("afterwards", AFTERWARDS.values(), ids=AFTERWARDS)
def test_a_submit_goes_over_another_connection_when(
    tenant: Tenant, open_to: Callable[[str], Driver], afterwards: Reply, is_seen: bool
) -> None:
    first = Remembering(good(200, {"id": "first"}))
    server = tenant(first, good(200, {"id": "second"}))
    driver = open_to(server.url)
    driver.run(call())

    afterwards(first.visits[0])
    idle(driver, is_seen=is_seen)

    assert json.loads(driver.run(submit(), retry=ONE_ATTEMPT).body) == {"id": "second"}
    assert (len(server.seen), server.connections) == (2, 2)


@pytest.mark.parametrize("afterwards", AFTERWARDS.values(), ids=AFTERWARDS)
def test_a_look_never_takes_what_came_before_it_for_its_answer(
    tenant: Tenant, open_to: Callable[[str], Driver], afterwards: Reply
) -> None:
    first = Remembering(good(200, {"id": "first"}))
    server = tenant(first, good(200, {"id": "second"}))
    driver = open_to(server.url)
    driver.run(call())

    afterwards(first.visits[0])
    idle(driver, is_seen=True)

    assert json.loads(driver.run(call(), retry=ONE_ATTEMPT).body) == {"id": "second"}


def test_a_look_goes_on_when_its_connection_ended_while_the_loop_stood_still(
    tenant: Tenant, open_to: Callable[[str], Driver]
) -> None:
    first = Remembering(good(200, {"id": "first"}))
    driver = open_to(tenant(first, good(200, {"id": "second"})).url)
    driver.run(call())

    hang_up(first.visits[0])

    assert json.loads(driver.run(call()).body) == {"id": "second"}


def test_a_quiet_connection_is_used_again(tenant: Tenant, open_to: Callable[[str], Driver]) -> None:
    server = tenant(good(), good(), good())
    driver = open_to(server.url)

    for _ in range(3):
        driver.run(submit())
        idle(driver, is_seen=True)
    assert server.connections == 1


class Ending:
    """Answers, and ends the connection when it is told to; in one thread, as TLS needs it."""

    def __init__(self, *, in_words: bool) -> None:
        self._in_words = in_words
        self._asked, self._done = threading.Event(), threading.Event()

    def __call__(self, visit: Visit) -> None:
        answer()(visit)
        self._asked.wait()
        if self._in_words:
            visit.connection.settimeout(0.0)
            with contextlib.suppress(ssl.SSLWantReadError):
                visit.connection.unwrap()  # type: ignore[attr-defined]
        hang_up(visit)
        self._done.set()

    def end(self) -> None:
        self._asked.set()
        self._done.wait()


@pytest.mark.parametrize("is_seen", [True, False], ids=["while the loop runs", "while the loop stands still"])
@pytest.mark.parametrize("in_words", [True, False], ids=["by a word of TLS", "without a word"])
def test_over_tls_a_submit_goes_over_another_connection_when_one_ends(
    tenant: Tenant,
    open_driver: Callable[..., Driver],
    server_tls: ssl.SSLContext,
    ca_bundle: str,
    in_words: bool,
    is_seen: bool,
) -> None:
    ending = Ending(in_words=in_words)
    server = tenant(answer(), ending, answer(), tls=server_tls)
    driver = open_driver(settings_for(server.url, ca_bundle=ca_bundle))
    driver.run(call())
    driver.run(call())
    assert server.connections == 1

    ending.end()
    idle(driver, is_seen=is_seen)

    driver.run(submit(), retry=ONE_ATTEMPT)
    assert (len(server.seen), server.connections) == (3, 2)


@pytest.mark.parametrize("name", ["requests", "aiohttp"])
def test_the_silence_after_an_interim_answer_has_an_end(tenant: Tenant, name: str) -> None:
    hints = raw(b"HTTP/1.1 103 Early Hints\r\n\r\n")
    driver = EVERY_DRIVER[name].open(tenant(then(hints, stall)).url)

    with pytest.raises(NoAnswerError, match=r"sent nothing for 0\.3 s"):
        driver.run(submit(), timeout=(5.0, 0.3), within=20.0)
    driver.close()
