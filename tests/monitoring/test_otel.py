"""Metrics and spans arrive at an OpenTelemetry collector, by Airflow's own exporters; one that is away fails nothing of ours."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_veza.hooks.metrics import Metric
from monitoring.otlp import Collector, Received

WAITS = """
import asyncio, json, logging, os, time
from datetime import UTC, datetime, timedelta

from airflow import settings
settings.initialize()
from airflow.sdk.observability import stats
from airflow.sdk.observability.metrics import stats_utils
from opentelemetry import trace

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.polling import PollSchedule
from airflow_provider_veza.async_query.process_counts import COUNTS
from airflow_provider_veza.async_query.vocabulary import Phase, Snapshot, Traits
from airflow_provider_veza.async_query.watch import Watch
from airflow_provider_veza.hooks.metrics import count_cancel
from airflow_provider_veza.hooks.waiting import wait, wait_async
from airflow_provider_veza.ownership.cancelling import CancelOutcome

stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=True)
now = datetime.now(UTC)
handle = QueryHandle("veza_nodes", "q1", "https://tenant", "veza_default", now, Deadline.after(now, timedelta(hours=1)))
watch = Watch(handle, Traits(), PollSchedule(0.05, 0.05), handle.deadline)
log = logging.getLogger("task")


def look(seconds):
    return next(shown)


async def look_later(seconds):
    return next(shown)


def looks():
    return iter([Snapshot(Phase.RUNNING, "IN_PROGRESS"), Snapshot(Phase.SUCCEEDED, "DONE")])


began = time.monotonic()
tracer = trace.get_tracer("airflow")
COUNTS.failed, COUNTS.retries, COUNTS.throttled_seconds = 1, 2, 1.5
shown = looks()
with tracer.start_as_current_span("task.ask"):
    ended = [wait(watch, look, log, time.sleep).outcome]
shown = looks()
with tracer.start_as_current_span("trigger.ask"):
    ended.append(asyncio.run(wait_async(watch, look_later, log)).outcome)
for outcome in CancelOutcome:
    count_cancel(outcome.value)
print(json.dumps({"ended": ended, "seconds": time.monotonic() - began}), flush=True)
if "LEAVES_AT_ONCE" in os.environ:
    os._exit(0)
"""
"""Airflow's exporters are patient when a process ends, which is no wait of ours."""
BOTH_SUCCEEDED = ["SUCCEEDED", "SUCCEEDED"]
LONGEST_WAITS = 10.0
"""Both waits take a quarter of a second; a machine may be busy, but an exporter that they waited for takes longer."""


def waits_with(collector: str, home: Path, **variables: str) -> dict[str, Any]:
    env = {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__METRICS__OTEL_ON": "True",
        "AIRFLOW__TRACES__OTEL_ON": "True",
        "OTEL_TRACES_EXPORTER": "otlp_proto_http",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{collector}/v1/traces",
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": f"{collector}/v1/metrics",
        "OTEL_EXPORTER_OTLP_TIMEOUT": "30",
        **variables,
    }
    done = subprocess.run([sys.executable, "-c", WAITS], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [answer] = [line for line in done.stdout.splitlines() if line.startswith("{")]  # Airflow logs to the same place.
    shown: dict[str, Any] = json.loads(answer)
    return shown


@pytest.fixture(scope="module")
def received(tmp_path_factory: pytest.TempPathFactory) -> Received:
    with Collector() as collector:
        assert waits_with(collector.url, tmp_path_factory.mktemp("airflow"))["ended"] == BOTH_SUCCEEDED
        return collector.received


@pytest.mark.parametrize("metric", list(Metric))
def test_each_metric_arrives(received: Received, metric: Metric) -> None:
    assert any(name.startswith(f"airflow.{metric}") for name in received.metrics), received.metrics


@pytest.mark.parametrize("airflows_own", ["task.ask", "trigger.ask"])
def test_a_wait_arrives_as_a_span_inside_airflows_own(received: Received, airflows_own: str) -> None:
    [ours] = received.in_span(airflows_own)

    assert ours.name == "veza.wait"
    assert ours.attributes == {"veza.service": "veza_nodes", "veza.query_id": "q1", "veza.outcome": "SUCCEEDED"}


@contextmanager
def nobody_listens() -> Iterator[str]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@contextmanager
def name_that_nobody_knows() -> Iterator[str]:
    yield "http://collector.invalid:4318"


@contextmanager
def failing() -> Iterator[str]:
    with Collector(status=500) as collector:
        yield collector.url


AWAY = [nobody_listens, name_that_nobody_knows, failing]


@pytest.mark.parametrize("away", AWAY, ids=lambda away: away.__name__)
def test_a_collector_that_is_away_fails_no_wait_and_delays_none(away: Any, tmp_path: Path) -> None:
    with away() as url:
        shown = waits_with(url, tmp_path, LEAVES_AT_ONCE="1")

    assert shown["ended"] == BOTH_SUCCEEDED
    assert shown["seconds"] < LONGEST_WAITS
