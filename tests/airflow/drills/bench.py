"""The bench that drills run on, and one DAG run on it: what is done to it and what the tenant saw; no verdict is given here."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from drills.cluster import Cluster
from tools.real_airflow.dag_runs import DagRun, TaskInstance
from tools.real_airflow.deployment import Airflow
from tools.real_airflow.emulator import Emulator

WATCHED_LOOKS = 2
"""The attempt looks once before it waits; the second look shows that the wait, in worker or triggerer, has begun."""
LIMIT = 120.0

Query = dict[str, Any]
Service = Emulator | Cluster


class Tenant(StrEnum):
    """The tenants, by the connection that leads to each; in all of them a query runs until it is finished by hand."""

    USUAL = "veza_drill"
    SLOW = "veza_slow"
    """Carries out a submit only after some seconds."""
    FORGETFUL = "veza_forgetful"
    """Is restarted, and has then lost its queries."""
    ESQL = "esql_drill"
    """No tenant but an Elasticsearch, which also stores the results of queries that have ended."""


@dataclass(frozen=True)
class Bench:
    """A running Airflow, its tenants, and the folder in which the drills' tasks leave their traces."""

    airflow: Airflow
    tenants: Mapping[Tenant, Service]
    folder: Path

    def start(self, dag: str, tenant: Tenant, hold_at: str) -> Case:
        """Trigger a DAG."""
        run = self.airflow.trigger(f"drill_{dag}", {"conn_id": tenant, "hold_at": hold_at})
        return Case(self, run, self.tenants[tenant])


class Case:
    """One DAG run that holds a query."""

    def __init__(self, bench: Bench, run: DagRun, tenant: Service) -> None:
        self.bench = bench
        self.run = run
        self.tenant = tenant
        self.struck_at: datetime | None = None

    def task(self, task_id: str = "ask", map_index: int = -1) -> TaskInstance:
        """Return one of its task instances."""
        return self.run.task(task_id, map_index)

    def queries(self) -> list[Query]:
        """Return the queries of this run, oldest first: their specs name it."""
        return [query for query in self.tenant.queries() if self.run.run_id in json.dumps(query["spec"])]

    def requests(self, suffix: str, query_id: str | None = None) -> list[dict[str, Any]]:
        """Return the tenant's requests of one kind, about one query or about any."""
        found = [request for request in self.tenant.journal() if request["path"].endswith(suffix)]
        return [request for request in found if query_id in (None, request["query_id"])]

    def wait_until(self, look: Callable[[], Any], what: str) -> None:
        """Wait for something, and show the task's log if it does not come."""
        self.bench.airflow.wait_until(look, f"{what} ({self.run})", LIMIT, self._evidence)

    def wait_watched(self, count: int = 1) -> None:
        """Wait until that many queries were submitted and somebody waits for the last."""
        self.wait_until(
            lambda: len(self.queries()) == count and self.looks() >= WATCHED_LOOKS, f"query {count} to be waited for"
        )

    def watched(self) -> list[Query]:
        """Return the queries that were looked at often enough to say that somebody waits for them."""
        return [query for query in self.queries() if self._looks(query) >= WATCHED_LOOKS]

    def wait_watched_anew(self) -> None:
        """Wait until the last query is looked at twice more, as after a crash of whoever waited for it."""
        seen = self.looks()
        self.wait_until(lambda: self.looks() >= seen + WATCHED_LOOKS, "the wait to go on")

    def wait_adopted(self) -> None:
        """Wait until a later attempt has taken over the query; the first one may live on, and look at it too."""
        self.wait_until(lambda: "Adopting query" in self.log_text(), "the next attempt to adopt the query")

    def looks(self) -> int:
        """Return how often the last query was looked at."""
        return self._looks(self.queries()[-1])

    def wait_cancelled(self) -> None:
        """Wait until one of its queries is cancelled."""
        self.wait_until(lambda: any(query["cancelled"] for query in self.queries()), "a cancel")

    def strike(self, act: Callable[[], object]) -> None:
        """Do what the drill is about, and note when; cancels are timed from here."""
        act()
        self.struck_at = datetime.now(UTC)

    def finish(self) -> None:
        """End the last query at the tenant, and wait until its task has succeeded."""
        self.tenant.finish(self.queries()[-1]["id"])
        self.task().wait("success")

    def wait_held(self, point: str) -> None:
        """Wait until the task stands still at a point."""
        self.wait_until(self._pipe(point).exists, f"the task to stand still at {point}")

    def release(self, point: str) -> None:
        """Let the task that stands still there go on."""
        self._pipe(point).write_bytes(b"")

    def kill_task(self) -> None:
        """Kill the process of the first attempt, as a machine short of memory does."""
        os.kill(self._processes()["task"], signal.SIGKILL)

    def kill_supervisor(self) -> None:
        """Kill the process that watches over the first attempt."""
        os.kill(self._processes()["supervisor"], signal.SIGKILL)

    def delivered(self, task_id: str) -> Any:
        """Return what a task delivered."""
        return self.task(task_id).xcom()

    def log_text(self) -> str:
        """Return what its query's task logged; the files outlive the run."""
        return self.task().log_text()

    def _processes(self) -> dict[str, int]:
        return dict(json.loads((self.bench.folder / f"{self.run.run_id}.1.json").read_text()))

    def _pipe(self, point: str) -> Path:
        return self.bench.folder / f"{self.run.run_id}.{point}"

    def _looks(self, query: Query) -> int:
        return self.tenant.looks(query["id"])

    def _evidence(self) -> str:
        return f"queries: {self.queries()}\n{self.task()} is {self.task().state}\n{self.log_text()}"
