"""Waits for many queries in one process: with this provider's triggers, or with aiohttp alone; prints what that took, as JSON.

A look is late by what passed between the moment it was due and its answer, less the time that the server takes.
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
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any
from unittest import mock

from tools.bench_triggers.server import ANSWER_AFTER

JITTER = 0.1
CONNECTIONS = 400
KIB = 1024
STALL_SECONDS = 1.0


def main() -> None:
    """Wait, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("client", choices=list(CLIENTS))
    parser.add_argument("url")
    parser.add_argument("authority")
    parser.add_argument("--triggers", type=int, required=True)
    parser.add_argument("--interval", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    logging.disable(logging.WARNING)
    print(json.dumps(asyncio.run(_measured(parser.parse_args()))))


@dataclass
class Looks:
    """What is noted of the looks while they are measured."""

    is_on: bool = False
    _awaited: int = 0
    _have_come: asyncio.Event = field(default_factory=asyncio.Event)
    late: list[float] = field(default_factory=list)

    def answered(self, due: float) -> None:
        """Note a look that was due at a monotonic moment and is answered now."""
        self._awaited -= 1
        if not self._awaited:
            self._have_come.set()
        if self.is_on:
            self.late.append(time.monotonic() - due - ANSWER_AFTER)

    async def come(self, number: int) -> None:
        """Wait for so many more."""
        self._awaited = number
        self._have_come.clear()
        await self._have_come.wait()


async def _measured(options: argparse.Namespace) -> dict[str, float]:
    looks = Looks()
    one = await CLIENTS[options.client](options, looks)
    waits = [asyncio.ensure_future(one(0))]
    await looks.come(1)  # Whatever is loaded once is there.
    memory, sockets = _memory(), _sockets() - 1
    waits += [asyncio.ensure_future(one(number)) for number in range(1, options.triggers)]
    await looks.come(2 * options.triggers)
    gc.collect()
    await looks.come(options.triggers)  # What the collection made late has been answered.
    looks.is_on, began, spent = True, time.monotonic(), time.process_time()
    await asyncio.sleep(options.seconds)
    looks.is_on, took, spent = False, time.monotonic() - began, time.process_time() - spent
    shown = _shown(looks.late, options, took, spent)
    shown |= {"KiB a trigger": (_memory() - memory) / options.triggers, "sockets": float(_sockets() - sockets)}
    _stall()
    await asyncio.sleep(2 * options.interval)
    shown |= {
        "KiB a trigger after a stall": (_memory() - memory) / options.triggers,
        "sockets after a stall": float(_sockets() - sockets),
    }
    for wait in waits:
        wait.cancel()
    await asyncio.gather(*waits, return_exceptions=True)
    return shown


def _stall() -> None:
    """Stop the loop, as a collection of Airflow's heap does: all looks of that time are due at once."""
    time.sleep(STALL_SECONDS)


def _shown(late: list[float], options: argparse.Namespace, took: float, spent: float) -> dict[str, float]:
    parts = quantiles(late, n=100) if len(late) > 1 else [0.0] * 99
    return {
        "looks a second": len(late) / took,
        "of those due": len(late) / took / (options.triggers / (options.interval + ANSWER_AFTER)),
        "ms of the processor a look": spent / max(len(late), 1) * 1e3,
        "late p50 ms": parts[49] * 1e3,
        "late p99 ms": parts[98] * 1e3,
        "missed": float(sum(seconds > options.interval for seconds in late)),
    }


async def _bare(options: argparse.Namespace, looks: Looks) -> Callable[[int], Coroutine[Any, Any, None]]:
    """Ask with aiohttp and nothing else."""
    import aiohttp

    context = ssl.create_default_context(cafile=options.authority)
    connector = aiohttp.TCPConnector(ssl=context, limit=CONNECTIONS, keepalive_timeout=75)
    session = aiohttp.ClientSession(connector=connector)

    async def wait(number: int) -> None:
        pause = options.interval * random.random()
        body = {"query_result_id": f"query {number}", "page_size": 1}
        while True:
            due = time.monotonic() + pause
            await asyncio.sleep(pause)
            async with session.post(options.url, json=body) as answer:
                assert (await answer.json())["status"] == "IN_PROGRESS"
            looks.answered(due)
            pause = options.interval * (1 + JITTER * (2 * random.random() - 1))

    return wait


async def ours(options: argparse.Namespace, looks: Looks) -> Callable[[int], Coroutine[Any, Any, None]]:
    """Wait with the trigger, as it runs in a triggerer that has nothing else to do."""
    from airflow_provider_veza.async_query.deadline import Deadline
    from airflow_provider_veza.async_query.handle import QueryHandle
    from airflow_provider_veza.triggers.async_query import AsyncQueryTrigger

    extra = {"ca_bundle": options.authority, "rate_limit": 1e6, "max_connections": CONNECTIONS, "stale_grace": 0}
    connection = {"conn_type": "veza", "host": options.url, "password": "key-of-the-benchmark", "extra": extra}
    os.environ["AIRFLOW_CONN_VEZA_DEFAULT"] = json.dumps(connection)
    _note_looks(looks)
    now = datetime.now(UTC)

    async def wait(number: int) -> None:
        deadline = Deadline.after(now, timedelta(days=1))
        handle = QueryHandle("veza_nodes", f"query {number}", options.url, "veza_default", now, deadline)
        await anext(AsyncQueryTrigger(handle.to_json(), fixed_interval=options.interval).run())

    return wait


def _note_looks(looks: Looks) -> None:
    """Note when looks are due and answered, from outside the provider."""
    from airflow_provider_veza.hooks.alarm import Alarm
    from airflow_provider_veza.hooks.bound import BoundQuery

    due: dict[Any, float] = {}
    look = BoundQuery.alook

    at = Alarm.at

    def noted_at(alarm: Alarm, moment: float) -> Alarm:
        due[asyncio.current_task()] = moment
        return at(alarm, moment)

    async def noted(query: BoundQuery, wait: float = 0.0) -> Any:
        seen = await look(query, wait)
        looks.answered(due[asyncio.current_task()])
        return seen

    mock.patch.object(Alarm, "at", noted_at).start()
    mock.patch.object(BoundQuery, "alook", noted).start()


CLIENTS = {"aiohttp": _bare, "triggers": ours}


def _memory() -> float:
    """Return the resident memory of this process in KiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / KIB


def _sockets() -> int:
    return sum("socket:" in str(each.readlink()) for each in Path("/proc/self/fd").iterdir() if each.is_symlink())


if __name__ == "__main__":
    main()
