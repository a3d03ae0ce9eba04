"""How soon the end of an ES|QL query is noticed when one connection holds very many long polls at once.

The cluster is the tests' double, in a process of its own. Each query ends at a moment of its own; what counts is the time from
there until the wait of its trigger is over, and how many connections that takes: one for each query that is waited for.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import platform
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

BUDGET_SECONDS = 0.25
BUDGET_P95_SECONDS = 0.05
TESTS = Path(__file__).parents[1] / "tests"
SHORTEST = 3.0
ENDS_A_SECOND = 100.0
"""At most, so that what is measured is the client and not the double."""
LEAST_SPREAD = 6.0
SUBMITS_AT_ONCE = 250
SUBMITS_A_SECOND = 80.0
"""At least; no query ends before all have been submitted."""
CLIENTS_OWN_CONNECTIONS = 10
OTHER_SOCKETS = 3
"""Of this process, such as those of its event loop."""
COUNTED_EVERY = 1.0


def main() -> int:
    """Measure, print, and return 1 where the end of a query is noticed too late."""
    parser = argparse.ArgumentParser(description=__doc__)
    help_queries = (
        "at once, on one Airflow connection; several numbers are run one after the other (default: %(default)s)"
    )
    parser.add_argument("--queries", type=int, nargs="+", default=[200], help=help_queries)
    numbers = parser.parse_args().queries
    print(f"{os.cpu_count()} cores (load {os.getloadavg()[0]:.1f}), Python {platform.python_version()}")
    logging.getLogger("elastic_transport").setLevel(logging.WARNING)
    found = []
    for queries in numbers:
        found.append(_measured(queries, max(queries, 200)))
        _report(f"{queries} long polls on one connection", found[-1])
    theirs = _measured(numbers[0], CLIENTS_OWN_CONNECTIONS)
    _report(f"{numbers[0]} with the client's own {CLIENTS_OWN_CONNECTIONS} connections", theirs)
    print(f"ratio of the 95th percentiles: {theirs.p95 / found[0].p95:.0f}")
    limits = f"{BUDGET_P95_SECONDS * 1000:.0f} ms for 95 %, {BUDGET_SECONDS * 1000:.0f} ms for the slowest"
    print(f"budget: {limits}, a socket a query")
    return int(not all(ours.is_within_budget for ours in found))


@dataclass(frozen=True)
class Found:
    """What one run found.

    :param delays: seconds from the end of each query to the end of its wait.
    :param asked: of these, until the double was asked again, where no long poll was there at the end.
    :param answered: of these, until the double answered.
    :param sockets: that the waiting process had at most, whatever for.
    :param cost: milliseconds of the waiting process's processor for each request, submits included.
    """

    delays: list[float]
    asked: list[float]
    answered: list[float]
    sockets: int
    cost: float

    @property
    def p95(self) -> float:
        """The 95th percentile."""
        return _p95(self.delays)

    @property
    def is_within_budget(self) -> bool:
        """Whether it is quick enough with no more connections than are needed."""
        is_quick = self.p95 <= BUDGET_P95_SECONDS and max(self.delays) <= BUDGET_SECONDS
        return is_quick and self.sockets <= len(self.delays) + OTHER_SOCKETS


def _p95(seconds: list[float]) -> float:
    return quantiles(seconds, n=20)[-1]


def _measured(queries: int, connections: int) -> Found:
    """Wait for so many; each run has a connection id of its own, since what it says is remembered for a minute."""
    conn_id = f"bench_esql_{queries}_{connections}"
    with _double() as (url, api_key):
        extra = {"api_key": api_key, "connections_per_node": connections}
        os.environ[f"AIRFLOW_CONN_{conn_id.upper()}"] = json.dumps(
            {"conn_type": "elasticsearch", "host": url, "extra": extra}
        )
        dice, spread = random.Random(queries), max(queries / ENDS_A_SECOND, LEAST_SPREAD)
        shortest = SHORTEST + queries / SUBMITS_A_SECOND
        _script(url, [dice.uniform(shortest, shortest + spread) for _ in range(queries)])
        spent = time.process_time()
        noticed, sockets = asyncio.run(_wait_for_all(queries, conn_id))
        spent = time.process_time() - spent
        with urlopen(f"{url}/_double") as answer:
            state = json.load(answer)
    ended = [(query["ended_at"], max(query["asked_at"], query["ended_at"]), query) for query in state["queries"]]
    return Found(
        delays=[noticed[query["id"]] - end for end, _, query in ended],
        asked=[asked - end for end, asked, _ in ended],
        answered=[query["answered_at"] - asked for _, asked, query in ended],
        sockets=sockets,
        cost=spent / len(state["requests"]) * 1e3,
    )


async def _wait_for_all(queries: int, conn_id: str) -> tuple[dict[str, float], int]:
    """Return when each end was noticed, and how many sockets there were at most."""
    from airflow_provider_veza.hooks.esql import EsqlHook

    hooks = [EsqlHook(elasticsearch_conn_id=conn_id) for _ in range(queries)]
    gate = asyncio.Semaphore(SUBMITS_AT_ONCE)
    waits = asyncio.gather(*(_wait_for_one(hook, gate) for hook in hooks))
    most = 0
    while not waits.done():
        most = max(most, await asyncio.to_thread(_sockets))
        await asyncio.wait([waits], timeout=COUNTED_EVERY)
    return dict(await waits), most


def _sockets() -> int:
    """Return how many sockets this process has open."""
    found = 0
    for each in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # It was closed meanwhile.
            found += "socket:" in str(each.readlink())
    return found


async def _wait_for_one(hook: Any, gate: asyncio.Semaphore) -> tuple[str, float]:
    """Wait as a trigger does."""
    from airflow_provider_veza.async_query.deadline import Deadline
    from airflow_provider_veza.async_query.polling import PollSchedule
    from airflow_provider_veza.async_query.watch import Watch
    from airflow_provider_veza.hooks.waiting import wait_async
    from airflow_provider_veza.services.esql_query import EsqlQuery

    deadline = Deadline.after(datetime.now(UTC), timedelta(hours=1))
    async with hook.connected():
        async with gate:
            handle = await hook.asubmit(EsqlQuery("FROM logs"), deadline=deadline)
        watch = Watch(handle, (await hook.query(handle).aservice()).traits, PollSchedule(), deadline)
        await wait_async(watch, lambda seconds: hook.alook(handle, seconds), _Silent())
        return handle.id, time.time()


class _Silent:
    """A log that nobody reads."""

    def log(self, level: int, event: str, *args: Any) -> None:
        """Drop a line."""

    def info(self, event: str, *args: Any) -> None:
        """Drop a line."""

    def warning(self, event: str, *args: Any) -> None:
        """Drop a line."""


@contextmanager
def _double() -> Iterator[tuple[str, str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "esql_double"], cwd=TESTS, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url, api_key = process.stdout.readline().split()
        try:
            yield url, api_key
        finally:
            process.terminate()


def _script(url: str, durations: list[float]) -> None:
    """Say how long each of the next queries takes, over one connection."""
    with closing(HTTPConnection(urlsplit(url).netloc)) as connection:
        for duration in durations:
            connection.request("POST", "/_double/script", json.dumps({"duration": duration}))
            connection.getresponse().read()


def _report(what: str, found: Found) -> None:
    middle, slowest = 1000 * median(found.delays), 1000 * max(found.delays)
    print(
        f"{what}: the end is noticed after {middle:.0f} ms (median), {1000 * found.p95:.0f} ms (95 %), "
        f"{slowest:.0f} ms (slowest), over {found.sockets} sockets at most;\n  95 % were asked about within "
        f"{1000 * _p95(found.asked):.0f} ms, and then answered by the double within {1000 * _p95(found.answered):.0f} ms; "
        f"{found.cost:.2f} ms of the processor a request",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
