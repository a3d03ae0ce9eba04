"""A landing that is killed at random points, as often as it takes, loses no row, repeats none, and mixes no two queries."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_veza.operators.query import VezaSubmitQueryOperator
from airflow_provider_veza.results.folder import Folder
from airflow_provider_veza.results.reading import read_manifest
from support.object_store import Bucket
from support.served_tenant import AT_ONCE, connect
from support.task_run import TaskRun
from veza_emulator.http.server import RunningTenant, running_tenant
from veza_emulator.tenant.settings import TenantSettings
from veza_emulator.tenant.tenant import Tenant

USERS = {"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}}
PART_BYTES = 40_000
"""Some three pages of the twenty-four."""
MOST_ATTEMPTS = 60
LONGEST_ATTEMPT_SECONDS = 60.0


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningTenant]:
    with running_tenant(Tenant(TenantSettings(size=3_900))) as served:
        served.tenant.set_behaviour(AT_ONCE)
        connect(monkeypatch, served, page_size=25, rate_limit=100_000)
        yield served


@pytest.fixture
def landing_process(served: RunningTenant) -> Iterator[LandingProcess]:
    script = Path(__file__).with_name("landing_process.py")
    command = [sys.executable, str(script)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    ) as process:
        yield LandingProcess(process)
        assert process.stdin
        process.stdin.close()


@dataclass(frozen=True)
class LandingProcess:
    """A process whose forks each make one attempt to land a result."""

    process: subprocess.Popen[str]

    def start(self, order: dict[str, Any]) -> int:
        """Start an attempt and return its pid."""
        return int(self._ask(json.dumps(order)))

    def succeeded(self) -> bool:
        """Wait for the attempt and return whether it has landed the result."""
        return int(self._ask("")) == 0

    def is_over(self) -> bool:
        """Return whether the attempt has ended by itself."""
        return self._ask("over?").strip() == "True"

    def land(self, order: dict[str, Any]) -> None:
        """Land undisturbed."""
        self.start(order)
        assert self.succeeded()

    def _ask(self, line: str) -> str:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return next(said for said in self.process.stdout if said.startswith("reply ")).removeprefix("reply ")


@pytest.mark.parametrize(("form", "seed"), [("jsonl", 1), ("csv", 2), ("parquet", 3)])
def test_on_a_local_disk(
    served: RunningTenant, landing_process: LandingProcess, tmp_path: Path, form: str, seed: int
) -> None:
    check_that_kills_change_nothing(served.tenant, landing_process, str(tmp_path), form, random.Random(seed))


def test_on_an_s3_server(bucket: Bucket, served: RunningTenant, landing_process: LandingProcess) -> None:
    few_kills = 16
    check_that_kills_change_nothing(served.tenant, landing_process, bucket.url, "jsonl", random.Random(4), few_kills)


def check_that_kills_change_nothing(
    tenant: Tenant, landing: LandingProcess, place: str, form: str, dice: random.Random, most_pages: int = 8
) -> None:
    """Land one query undisturbed, then another over it, killed again and again.

    :param most_pages: that an attempt may get before it is killed, of twenty-four.
    """
    first, second = submitted(), submitted()
    folder = f"{place}/landed"
    order = {"path": folder, "handle": first, "format": form, "part_bytes": PART_BYTES}
    landing.land(order)
    whole = ids(folder)
    assert len(whole) == len(set(whole)) > 500

    def the_result_before_is_whole() -> None:
        assert ids(folder) == whole

    def kill_at_random(pid: int) -> None:
        goal = requests(tenant) + dice.randint(1, most_pages)
        kill_after_requests(tenant, landing, goal, dice.uniform(0, 0.02), pid)

    killed = land_with_kills(landing, order | {"handle": second}, kill_at_random, the_result_before_is_whole)
    result = read_manifest(folder)
    assert ids(folder) == whole
    assert result.manifest.handle.id == second["id"]
    assert killed >= 2
    assert set(Folder(folder).names()) == {"_manifest.json", *(part.name for part in result.manifest.parts)}


def land_with_kills(
    landing: LandingProcess, order: dict[str, Any], kill: Callable[[int], None], check: Callable[[], None]
) -> int:
    """Kill attempts until one gets through; return how many were killed."""
    for killed in range(MOST_ATTEMPTS):
        kill(landing.start(order))
        if landing.succeeded():
            return killed
        check()
    landing.land(order)
    return MOST_ATTEMPTS


def kill_after_requests(tenant: Tenant, landing: LandingProcess, goal: int, then: float, pid: int) -> None:
    """Kill a process some moment after the tenant has answered so many requests in all, unless it is over before."""
    give_up = time.monotonic() + LONGEST_ATTEMPT_SECONDS
    while requests(tenant) < goal and not landing.is_over() and time.monotonic() < give_up:
        time.sleep(0.0005)
    # Nothing is waited for: where between two pages the kill falls is what is random here.
    time.sleep(then)
    os.kill(pid, signal.SIGKILL)


def requests(tenant: Tenant) -> int:
    """Return how many requests the tenant has answered so far."""
    return len(tenant.journal.entries())


def submitted() -> dict[str, Any]:
    return dict(TaskRun(lambda: VezaSubmitQueryOperator(task_id="submit", query_spec=USERS)).execute())


def ids(folder: str) -> list[str]:
    """Read a landed result, all of its parts checked."""
    result = read_manifest(folder)
    result.verify()
    return [row["id"] for row in result]
