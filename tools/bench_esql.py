"""How soon the end of an ES|QL query is noticed when one connection holds very many long polls at once.

The cluster is the tests' double, in a process of its own. Each query ends at a moment of its own; what counts is the time from
there until the wait of its trigger is over.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any
from urllib.request import Request, urlopen

BUDGET_SECONDS = 0.25
TESTS = Path(__file__).parents[1] / "tests"
SHORTEST, LONGEST = 3.0, 9.0
CLIENTS_OWN_CONNECTIONS = 10


def main() -> int:
    """Measure, print, and return 1 where the end of a query is noticed too late."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queries", type=int, default=200, help="at once, on one connection (default: %(default)s)")
    queries = parser.parse_args().queries
    logging.getLogger("elastic_transport").setLevel(logging.WARNING)
    ours = _measured(queries, max(queries, 200))
    theirs = _measured(queries, CLIENTS_OWN_CONNECTIONS)
    _report(f"{queries} long polls on one connection", ours)
    _report(f"the same with the client's own {CLIENTS_OWN_CONNECTIONS} connections", theirs)
    print(f"ratio of the 95th percentiles: {_p95(theirs) / _p95(ours):.0f}")
    print(f"budget for the slowest of ours: {BUDGET_SECONDS * 1000:.0f} ms")
    return int(max(ours) > BUDGET_SECONDS)


def _measured(queries: int, connections: int) -> list[float]:
    """Return the delays; each run has a connection id of its own, since what it says is remembered for a minute."""
    conn_id = f"bench_esql_{connections}"
    with _double() as (url, api_key):
        extra = {"api_key": api_key, "connections_per_node": connections}
        os.environ[f"AIRFLOW_CONN_{conn_id.upper()}"] = json.dumps(
            {"conn_type": "elasticsearch", "host": url, "extra": extra}
        )
        dice = random.Random(queries)
        for _ in range(queries):
            _post(f"{url}/_double/script", {"duration": dice.uniform(SHORTEST, LONGEST)})
        noticed = asyncio.run(_wait_for_all(queries, conn_id))
        with urlopen(f"{url}/_double") as answer:
            state = json.load(answer)
    return [noticed[query["id"]] - query["ended_at"] for query in state["queries"]]


async def _wait_for_all(queries: int, conn_id: str) -> dict[str, float]:
    from airflow_provider_veza.hooks.esql import EsqlHook

    hooks = [EsqlHook(elasticsearch_conn_id=conn_id) for _ in range(queries)]
    return dict(await asyncio.gather(*(_wait_for_one(hook) for hook in hooks)))


async def _wait_for_one(hook: Any) -> tuple[str, float]:
    """Wait as a trigger does."""
    from airflow_provider_veza.async_query.deadline import Deadline
    from airflow_provider_veza.async_query.polling import PollSchedule
    from airflow_provider_veza.async_query.watch import Watch
    from airflow_provider_veza.hooks.waiting import wait_async
    from airflow_provider_veza.services.esql_query import EsqlQuery

    deadline = Deadline.after(datetime.now(UTC), timedelta(hours=1))
    async with hook.connected():
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


def _post(url: str, data: Any) -> None:
    with urlopen(Request(url, json.dumps(data).encode(), method="POST")):
        pass


def _report(what: str, delays: list[float]) -> None:
    median, slowest = 1000 * quantiles(delays, n=2)[0], 1000 * max(delays)
    print(
        f"{what}: the end is noticed after {median:.0f} ms (median), {1000 * _p95(delays):.0f} ms (95 %), "
        f"{slowest:.0f} ms (slowest)"
    )


def _p95(delays: list[float]) -> float:
    return quantiles(delays, n=20)[-1]


if __name__ == "__main__":
    sys.exit(main())
