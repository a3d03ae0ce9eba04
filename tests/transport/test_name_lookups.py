"""A look-up of a name that hangs is within the time to connect, in every driver: the system's resolver has no time of its own."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from airflow_provider_veza.async_query.retry import ONE_ATTEMPT
from airflow_provider_veza.exceptions import NotSentError
from airflow_provider_veza.transport.named_hosts import connected_within
from transport.conftest import call
from transport.every_driver import EVERY_DRIVER, good
from transport.servers import HttpServer

SOON = 0.3
FAR_LATER = 20.0


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Let look-ups of `hangs.example` wait for this event; all of them end with the test."""
    found, usual = threading.Event(), socket.getaddrinfo

    def hanging(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host in ("hangs.example", b"hangs.example"):
            found.wait(FAR_LATER)
            raise socket.gaierror(socket.EAI_AGAIN, "nobody answered")
        return usual(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", hanging)
    yield found
    found.set()


@pytest.mark.parametrize("kind", EVERY_DRIVER)
def test_a_look_up_that_hangs_ends_with_the_time_to_connect(answer: threading.Event, kind: str) -> None:
    driver, began = EVERY_DRIVER[kind].open("https://hangs.example"), time.monotonic()
    try:
        with pytest.raises(NotSentError, match="hangs.example"):
            driver.run(call(), retry=ONE_ATTEMPT, timeout=(SOON, SOON))
        assert time.monotonic() - began < FAR_LATER / 2
    finally:
        answer.set()
        driver.close()


@pytest.mark.parametrize("kind", EVERY_DRIVER)
def test_a_name_that_is_found_is_connected_to(tenant: Callable[..., HttpServer], kind: str) -> None:
    driver = EVERY_DRIVER[kind].open(f"http://localhost:{tenant(good()).port}")
    try:
        assert driver.run(call()).status == 200
    finally:
        driver.close()


def test_a_connection_that_comes_too_late_is_closed() -> None:
    ours, theirs = socket.socketpair()
    go_on = threading.Event()

    def late() -> socket.socket:
        go_on.wait()
        return ours

    with pytest.raises(TimeoutError, match="the look-up of the name included"):
        connected_within(0.01, "late.example", late)
    go_on.set()
    theirs.settimeout(FAR_LATER)
    assert theirs.recv(1) == b""
    theirs.close()
