"""Every metric of the page and the dashboard arrives at a real StatsD, sent by Airflow's own Stats."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_veza.hooks.metrics import Metric

ROOT = Path(__file__).parents[2]
STATSD = ROOT / ".venv/statsd/node_modules/statsd"
DASHBOARD = ROOT / "docs/dashboards/veza-statsd.json"
PAGE = ROOT / "docs/monitoring.md"
KINDS = ("counters", "gauges", "timers")

SENDER = """
import asyncio

from airflow.sdk.observability import stats
from airflow.sdk.observability.metrics import stats_utils
from airflow_provider_veza.async_query.process_counts import Counts
from airflow_provider_veza.hooks.metrics import Reporter, count_cancel
from airflow_provider_veza.ownership.cancelling import CancelOutcome

stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=True)
reporter = Reporter(Counts(answered=5, failed=1, retries=2, throttled_seconds=1.5, waiting=7, delays=[0.25, 0.75]))


async def report():
    reporter.report_aside()


asyncio.run(report())
for outcome in CancelOutcome:
    count_cancel(outcome.value)
"""


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Statsd:
    """Etsy's StatsD, asked over its management port."""

    def __init__(self, folder: Path) -> None:
        self.port, self._asked_at = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_STREAM)
        config = folder / "config.js"
        shown = {"address": "127.0.0.1", "port": self.port, "backends": [], "flushInterval": 3_600_000}
        managed = {"mgmt_address": "127.0.0.1", "mgmt_port": self._asked_at}
        config.write_text(json.dumps({**shown, **managed}))
        self._process = subprocess.Popen(["node", "stats.js", str(config)], cwd=STATSD, stdout=subprocess.DEVNULL)

    def received(self) -> set[str]:
        return {f"{kind}.{name}" for kind in KINDS for name in self._names(kind)}

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(30)

    def wait(self) -> None:
        end = time.monotonic() + 60
        while True:
            try:
                self._names("counters")
            except ConnectionRefusedError:
                assert time.monotonic() < end, "StatsD does not start"
                time.sleep(0.1)
            else:
                return

    def _names(self, kind: str) -> list[str]:
        with socket.create_connection(("127.0.0.1", self._asked_at), timeout=30) as asked:
            asked.sendall(f"{kind}\n".encode())
            answer = b""
            while b"END\n" not in answer:
                answer += asked.recv(65_536)
        return re.findall(r"'?(airflow\.veza\.[\w.-]+)'?:", answer.decode())


@pytest.fixture(scope="module")
def received(tmp_path_factory: pytest.TempPathFactory) -> Iterator[set[str]]:
    """What a StatsD has received, as `kind.name`."""
    statsd = Statsd(tmp_path_factory.mktemp("statsd"))
    try:
        statsd.wait()
        send_to(statsd.port)
        yield statsd.received()
    finally:
        statsd.stop()


def send_to(port: int, host: str = "127.0.0.1") -> subprocess.CompletedProcess[str]:
    metrics = {"ON": "True", "HOST": host, "PORT": str(port), "PREFIX": "airflow"}
    env = {**os.environ, **{f"AIRFLOW__METRICS__STATSD_{name}": value for name, value in metrics.items()}}
    done = subprocess.run([sys.executable, "-c", SENDER], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done


def dashboard_targets() -> list[str]:
    found: list[str] = []

    def walk(part: Any) -> None:
        if isinstance(part, dict):
            found.extend(str(value) for key, value in part.items() if key == "target")
            part = list(part.values())
        for one in part if isinstance(part, list) else ():
            walk(one)

    walk(json.loads(DASHBOARD.read_text()))
    return found


@pytest.mark.parametrize("metric", list(Metric))
def test_each_metric_arrives_and_the_page_names_it(received: set[str], metric: Metric) -> None:
    assert any(name.partition(".")[2].startswith(f"airflow.{metric}") for name in received), received
    assert f"`airflow.{metric.rstrip('.')}" in PAGE.read_text()


@pytest.mark.parametrize("target", dashboard_targets())
def test_each_series_of_the_dashboard_is_fed(received: set[str], target: str) -> None:
    series = re.findall(r"stats\.((?:counters|gauges|timers)\.airflow\.veza\.[\w.*-]+)", target)
    assert series
    for pattern in series:
        assert any(fnmatchcase(f"{name}.{suffix}".rstrip("."), pattern) for name in received for suffix in SUFFIXES)


SUFFIXES = ("", "count", "rate", "mean", "upper_90", "sum")
"""That StatsD adds: none to a gauge, `count` and `rate` to a counter, the others to a timer."""


def test_a_statsd_that_nobody_can_reach_fails_nothing() -> None:
    assert "Traceback" not in send_to(free_port(socket.SOCK_DGRAM), host="statsd.invalid").stderr
