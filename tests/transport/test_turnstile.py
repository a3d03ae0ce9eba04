"""How threads and event loops wait for their turn at a tenant; the order is tested in test_pacing.py."""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar

import pytest

from airflow_provider_veza.async_query.retry import ONE_ATTEMPT
from airflow_provider_veza.exceptions import NotSentError
from airflow_provider_veza.transport import turnstile as turnstile_module
from airflow_provider_veza.transport.load import Load, Overload
from airflow_provider_veza.transport.origin import Origin
from airflow_provider_veza.transport.pacing import Lane, Place, Turn
from airflow_provider_veza.transport.sync import SyncTransport
from airflow_provider_veza.transport.turnstile import Turnstile, turnstile_of
from transport.conftest import call, settings_for
from transport.servers import LOOPBACK, free_port

NEVER = 1e-6
"""Requests a second: none but the first goes."""
PATIENCE = 30.0


def place(rate: float, lane: Lane = Lane.LOOKS, latest: float = math.inf) -> Place:
    return Place(lane, time.monotonic(), rate, latest=latest)


def closed() -> Turnstile:
    """Return a turnstile that lets nobody through."""
    turnstile = Turnstile()
    assert turnstile.start(place(NEVER))
    return turnstile


async def waiting(turnstile: Turnstile, number: int) -> list[asyncio.Task[None]]:
    """Let so many wait on this loop."""
    tasks = [asyncio.create_task(turnstile.wait_async(place(NEVER), math.inf)) for _ in range(number)]
    await asyncio.sleep(0)
    return tasks


def test_a_task_that_is_cancelled_leaves_the_line() -> None:
    turnstile = closed()

    async def cancel_all() -> None:
        tasks = await waiting(turnstile, 300)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    asyncio.run(cancel_all())

    assert len(turnstile._line) == 0


def test_no_wait_on_a_loop_outlasts_its_time_however_many_stand_before() -> None:
    turnstile = closed()

    async def wait_briefly() -> float:
        await waiting(turnstile, 300)
        began = time.monotonic()
        async with asyncio.timeout(PATIENCE):
            await turnstile.wait_async(place(NEVER), began + 0.01)
        return time.monotonic() - began

    assert asyncio.run(wait_briefly()) >= 0.01
    assert len(turnstile._line) == 0


def test_no_wait_in_a_thread_outlasts_its_time() -> None:
    turnstile, until = closed(), time.monotonic() + 0.01

    turnstile.wait(place(NEVER), until)

    assert until <= time.monotonic() < until + PATIENCE
    assert len(turnstile._line) == 0


def test_all_that_wait_on_a_loop_get_their_turn() -> None:
    turnstile = Turnstile()

    async def all_wait() -> None:
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*[turnstile.wait_async(place(1e5), math.inf) for _ in range(500)])

    asyncio.run(all_wait())

    assert len(turnstile._line) == 0


def test_all_threads_and_loops_stand_in_one_line() -> None:
    turnstile = Turnstile()

    def in_a_thread() -> None:
        turnstile.wait(place(2_000.0), math.inf)

    def on_a_loop() -> None:
        asyncio.run(turnstile.wait_async(place(2_000.0), math.inf))

    with ThreadPoolExecutor(20) as pool:
        for done in [pool.submit(wait) for _ in range(20) for wait in (in_a_thread, on_a_loop)]:
            done.result(timeout=PATIENCE)

    assert len(turnstile._line) == 0


def test_a_cancel_passes_looks_that_wait() -> None:
    turnstile = closed()

    async def cancel() -> None:
        await waiting(turnstile, 10)
        assert turnstile.start(place(NEVER, Lane.CANCELS))
        async with asyncio.timeout(PATIENCE):
            await turnstile.wait_async(place(NEVER, Lane.CANCELS, latest=time.monotonic()), math.inf)

    asyncio.run(cancel())


def test_after_a_refusal_all_who_ask_that_tenant_pause() -> None:
    turnstile = Turnstile()
    turnstile.failed(sent=time.monotonic(), retry_after=60.0)

    assert not turnstile.start(place(1e5))
    assert turnstile.start(place(1e5, Lane.CANCELS))


def test_a_signal_handler_that_interrupts_the_holder_in_its_own_thread_waits_for_nobody() -> None:
    turnstile = closed()

    with turnstile._lock:
        assert turnstile.start(place(NEVER, Lane.CANCELS))


def test_a_warning_tells_of_more_queries_than_the_rate_allows_for(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Load, "went", lambda _self, _place, _now, _waited: Overload(1000.0, 200.0, 20.0))
    with caplog.at_level(logging.WARNING):
        Turnstile("https://tenant.example").start(place(20.0))

    (message,) = caplog.messages
    assert message.startswith(
        "More queries wait than the connection's `rate_limit` of 20 requests a second allows for: about 1000 "
    )
    assert message.endswith("(https://tenant.example)")


def test_a_long_pause_of_all_is_told_with_its_length(caplog: pytest.LogCaptureFixture) -> None:
    turnstile = Turnstile("https://tenant.example")
    with caplog.at_level(logging.WARNING):
        for seconds in (60.0, 90.0):
            turnstile.failed(sent=time.monotonic(), retry_after=seconds)

    (message,) = caplog.messages
    assert message.startswith(
        "The tenant answers 429 or 5xx (failure 1 without a good answer between): all looks and pages "
    )
    assert "pause for 60 s" in message
    assert message.endswith("(https://tenant.example)")


WHOSE: ContextVar[str] = ContextVar("WHOSE", default="the process")
"""As Airflow's triggerer knows by a context whose log a line belongs to."""


@pytest.mark.parametrize("told", ["a pause", "more queries than the rate allows for"])
def test_what_is_true_of_a_whole_process_is_not_told_in_the_log_of_the_task_that_happens_to_look(
    monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    whose: list[str] = []
    monkeypatch.setattr(Load, "went", lambda _self, _place, _now, _waited: Overload(1000.0, 200.0, 20.0))
    monkeypatch.setattr(turnstile_module.log, "warning", lambda *_args: whose.append(WHOSE.get()))
    WHOSE.set("one task")
    turnstile = Turnstile()

    if told == "a pause":
        turnstile.failed(sent=time.monotonic(), retry_after=60.0)
    else:
        turnstile.start(place(20.0))

    assert whose == ["the process"]


def test_all_clients_of_a_tenant_share_its_turnstile_and_no_other() -> None:
    tenant = turnstile_of(Origin.of("https://shared.example/"))

    assert tenant is turnstile_of(Origin.of("https://SHARED.example:443"))
    assert tenant is not turnstile_of(Origin.of("https://other.example"))


def test_a_transport_takes_turns_at_the_rate_of_its_connection() -> None:
    url = f"http://{LOOPBACK}:{free_port()}"
    with SyncTransport(settings_for(url, rate_limit=NEVER)) as transport, pytest.raises(NotSentError):
        transport.run(call(), retry=ONE_ATTEMPT)

    turnstile = turnstile_of(Origin.of(url))
    assert not turnstile.start(place(NEVER))
    assert turnstile.start(place(NEVER, Lane.of(call().request.purpose, Turn.AT_ONCE)))


def test_a_thread_that_waits_is_woken_when_another_lets_it_go() -> None:
    turnstile = Turnstile()
    turnstile.failed(sent=time.monotonic(), retry_after=0.01)
    done = threading.Event()
    thread = threading.Thread(target=lambda: (turnstile.wait(place(1e5), math.inf), done.set()))
    thread.start()

    assert done.wait(PATIENCE)
    thread.join(PATIENCE)
