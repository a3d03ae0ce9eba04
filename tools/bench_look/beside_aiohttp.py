"""Compares what a look costs the processor with bare aiohttp that sends the same POST over TLS, many at a time.

All ways run in turns in one process, on one event loop, beside the same tenant in a process of its own, so that a busy machine
hurts them alike. Collections of garbage do not walk the heap that Airflow leaves behind: they would fall on whichever way runs.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import logging
import os
import random
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median, quantiles

import aiohttp

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.polling import PollSchedule
from airflow_provider_veza.async_query.watch import Watch
from airflow_provider_veza.hooks.bound import BoundQuery
from airflow_provider_veza.hooks.veza import VezaHook
from airflow_provider_veza.hooks.wall_clock import utc_now

ROOT = Path(__file__).parents[2]
BARE = "bare aiohttp"
GOALS = {"a look": 1.0, "a look and what to do next": 1.0}
KEY = "key-of-the-benchmark"
CONN_ID = "bench_look"
AT_A_TIME = 50
BODY = {"query_result_id": "a-query", "page_size": 1}
PATH = "/api/v1/assessments/query_spec:nodes_async_get"

Way = Callable[[], Awaitable[object]]


def main() -> int:
    """Measure, print, and return 1 where a way is dearer than its goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="(default: %(default)s)")
    parser.add_argument(
        "--looks", type=int, default=10, help=f"of each of {AT_A_TIME} in a round (default: %(default)s)"
    )
    options = parser.parse_args()
    logging.disable()
    with _tenant() as (url, authority):
        costs = asyncio.run(_measured(url, authority, options.rounds, options.looks))
    print(f"{BARE}: {median(costs[BARE]) * 1e6:.0f} us of the processor for a POST over TLS, {AT_A_TIME} at a time")
    return max([_report(way, costs[way], costs[BARE], goal) for way, goal in GOALS.items()])


def _report(way: str, costs: list[float], bare: list[float], goal: float) -> int:
    ratios = [cost / beside for cost, beside in zip(costs, bare, strict=True)]
    lower, middle, upper = quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    beside_bare = f"{middle:.2f} times bare aiohttp (quartiles {lower:.2f} and {upper:.2f}; goal {goal})"
    print(f"{way}: {median(costs) * 1e6:.0f} us; {beside_bare}")
    return int(middle > goal)


async def _measured(url: str, authority: str, rounds: int, looks: int) -> dict[str, list[float]]:
    async with _ways(url, authority) as ways:
        for way in ways.values():
            await _processor_seconds(way, 2)
        gc.collect()
        gc.freeze()
        costs: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(rounds):
            for name in sorted(ways, reverse=number % 2 == 1):
                costs[name].append(await _processor_seconds(ways[name], looks))
    return costs


async def _processor_seconds(way: Way, looks: int) -> float:
    """Return what one look costs, many waiters looking at the same time."""

    async def wait() -> None:
        for _ in range(looks):
            await way()

    begun = time.process_time()
    await asyncio.gather(*[wait() for _ in range(AT_A_TIME)])
    return (time.process_time() - begun) / (AT_A_TIME * looks)


@asynccontextmanager
async def _ways(url: str, authority: str) -> AsyncIterator[dict[str, Way]]:
    """Yield bare aiohttp, and this provider as its trigger uses it."""
    extra = {"ca_bundle": authority, "rate_limit": 1e9}
    connection = {"conn_type": "veza", "host": url, "password": KEY, "extra": extra}
    os.environ[f"AIRFLOW_CONN_{CONN_ID.upper()}"] = json.dumps(connection)
    tls = ssl.create_default_context(cafile=authority)
    hook = VezaHook(veza_conn_id=CONN_ID)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls, limit=200)) as session, hook.connected():
        handle = _handle(url)
        query = hook.query(handle).until(handle.deadline)
        watch = Watch(handle, (await query.aservice()).traits, PollSchedule(), handle.deadline)
        yield {
            BARE: lambda: _post(session, url),
            "a look": lambda: query.alook(0.0),
            "a look and what to do next": _Waiter(query, watch).look,
        }


async def _post(session: aiohttp.ClientSession, url: str) -> object:
    async with session.post(f"{url}{PATH}", json=BODY, headers={"Authorization": f"Bearer {KEY}"}) as answer:
        return await answer.json()


class _Waiter:
    """Looks, and decides what to do next, as a wait does; its log has said what is new before the measurement begins."""

    def __init__(self, query: BoundQuery, watch: Watch) -> None:
        self._query = query
        self._watch = watch

    async def look(self) -> None:
        seen = await self._query.alook(self._watch.longest_look(utc_now()))
        self._watch, _ = self._watch.observe(seen, now=utc_now(), jitter=random.random())


def _handle(url: str) -> QueryHandle:
    now = utc_now()
    return QueryHandle(
        service="veza_nodes",
        id=str(BODY["query_result_id"]),
        tenant=url,
        conn_id=CONN_ID,
        submitted_at=now,
        deadline=Deadline.after(now, timedelta(hours=1)),
        fingerprint="bench",
    )


@contextmanager
def _tenant() -> Iterator[tuple[str, str]]:
    """Serve a tenant; yield its address and the file of its authority."""
    with tempfile.TemporaryDirectory() as folder:
        authority = str(Path(folder, "authority.pem"))
        command = [sys.executable, "-m", "tools.bench_look.tls_tenant", authority]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                yield f"https://127.0.0.1:{process.stdout.readline().strip()}", authority
            finally:
                process.terminate()


if __name__ == "__main__":
    sys.exit(main())
