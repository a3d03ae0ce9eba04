"""What a look costs, in calls of our own functions, which no busy machine changes; `tools.bench_look` measures its time."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

import aiohttp
import pytest

import airflow_provider_veza
from airflow_provider_veza.services.veza_nodes import VezaNodesService
from transport.every_driver import EVERY_DRIVER, Driver
from transport.servers import HttpServer, answer

OURS = str(Path(airflow_provider_veza.__file__).parent)
AIOHTTPS = str(Path(aiohttp.__file__).parent)
LOOKS = 3
MOST_CALLS = {"aiohttp": 60, "requests": 90}
"""Coroutines that go on after a wait count again; with requests, so do the lines of an answer's head."""
MOST_CALLS_OF_AIOHTTP = 75
"""Of its code in Python; by its session there would be about 200."""


@contextmanager
def counted(package: str = OURS) -> Iterator[Counter[str]]:
    calls: Counter[str] = Counter()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(package):
            calls[frame.f_code.co_name] += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(before)


def looks(driver: Driver, package: str = OURS) -> list[Counter[str]]:
    """Look a few times, always by the same call, and count each look."""
    look, each = VezaNodesService().look("q"), []
    for _ in range(LOOKS):
        with counted(package) as calls:
            driver.run(look, within=60.0, every=5.0)
        each.append(calls)
    return each


def running(tenant: Callable[..., HttpServer]) -> HttpServer:
    still_runs = answer(200, {"query_result_id": "q", "status": "IN_PROGRESS", "values": [], "has_more": False})
    return tenant(*[still_runs] * LOOKS)


@pytest.mark.parametrize("name", MOST_CALLS)
def test_what_is_sent_again_and_again_is_written_once_and_takes_few_steps(
    name: str, stack: ExitStack, tenant: Callable[..., HttpServer]
) -> None:
    driver = EVERY_DRIVER[name].open(running(tenant).url)
    stack.callback(driver.close)
    each = looks(driver)
    assert [calls["straight_request"] for calls in each] == [1, 0, 0]
    assert each[-1].total() <= MOST_CALLS[name], each[-1].most_common()


def test_a_look_pays_nothing_for_what_only_other_requests_need(
    stack: ExitStack, tenant: Callable[..., HttpServer]
) -> None:
    driver = EVERY_DRIVER["aiohttp"].open(running(tenant).url)
    stack.callback(driver.close)
    last = looks(driver, AIOHTTPS)[-1]
    assert 0 < last.total() <= MOST_CALLS_OF_AIOHTTP, last.most_common()
