"""Lanes: a pair of hosts each, on which one drill at a time runs; what the tenant says of it is judged in ``drills``."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import psutil
from drills.bench import WATCHED_LOOKS, Bench, Case, Tenant
from drills.drill import Drill, Outcome, Tally
from object_storage import ObjectStorage

from airflow_provider_veza.results.reading import read_manifest
from tools.real_airflow.celery_cluster import CeleryCluster, Pair
from tools.real_airflow.dag_runs import ENDED_TASK, DagRun
from tools.real_airflow.worker_host import WorkerHost

AFTER_SUCCESS = "after_report"
"""The one point that a task reaches when it has ended."""


@dataclass(frozen=True)
class Attempt:
    """One attempt of a task as it introduced itself: its processes and its host."""

    task: int
    supervisor: int
    host: str

    def kill_task(self) -> None:
        """Kill its task process, as a machine short of memory does."""
        os.kill(self.task, signal.SIGKILL)

    def kill_supervisor(self) -> None:
        """Kill the process that watches over it."""
        os.kill(self.supervisor, signal.SIGKILL)

    def evict(self) -> None:
        """Ask its supervisor to end, as Kubernetes asks a pod."""
        os.kill(self.supervisor, signal.SIGTERM)

    def lives(self) -> bool:
        """Whether its task process is still there."""
        return _is_alive(self.task)


class LaneCase(Case):
    """One DAG run on a lane."""

    bench: Lane

    def attempt(self, number: int = 1, task_id: str = "ask", map_index: int = -1) -> Attempt:
        """Return an attempt once it has begun."""
        path = self.bench.folder / f"{self.run.run_id}.{task_id}.{map_index}.{number}.json"
        self.wait_until(path.exists, f"attempt {number} of {task_id}")
        return Attempt(**json.loads(path.read_text()))

    def host(self, attempt: Attempt | None = None) -> WorkerHost:
        """Return the host of an attempt, by default of the first."""
        return self.bench.pair.host((attempt or self.attempt()).host)

    def wait_adopted(self) -> None:
        """Wait until a later attempt has taken over the query; one that asks anew fails the drill at once."""

        def is_adopted() -> bool:
            assert len(self.queries()) == 1, "the next attempt asked anew instead of adopting"
            return "Adopting query" in self.log_text()

        self.wait_until(is_adopted, "the next attempt to adopt the query")

    def wait_watched_anew(self) -> None:
        """Wait until the last query is looked at twice more; another query, or a cancel, fails the drill at once."""
        before = Tally.of(self.queries())
        seen = self.looks()

        def is_watched() -> bool:
            now = Tally.of(self.queries())
            assert now == before, f"while the wait should have gone on, {before} became {now}"
            return self.looks() >= seen + WATCHED_LOOKS

        self.wait_until(is_watched, "the wait to go on")

    def wait_ended(self, attempt: Attempt) -> None:
        """Wait until an attempt's task process is gone."""
        self.wait_until(lambda: not attempt.lives(), f"the process of an attempt on {attempt.host} to end")

    @contextmanager
    def frozen(self) -> Iterator[WorkerHost]:
        """Freeze the first attempt's host; it is thawed in the end."""
        host = self.host()
        host.freeze()
        try:
            yield host
        finally:
            host.thaw()

    def wait_held_in(self, point: str, attempt: int = 1) -> None:
        """Wait until an attempt stands still at a point; a task that has ended without doing so fails the drill at once."""
        here = self._held(point, attempt)

        def is_held() -> bool:
            state = None if here.exists() or point == AFTER_SUCCESS else self.task().state
            assert state not in ENDED_TASK, f"the task ended as {state} and never stood still at {point}"
            return here.exists()

        self.wait_until(is_held, f"attempt {attempt} to stand still at {point}")

    def let_go(self, point: str, attempt: int = 1, word: str = "go on") -> None:
        """Let an attempt that stands still there go on, or raise (word ``raise``)."""
        here = self._held(point, attempt)
        part = here.with_name(f"{here.name}.part")
        part.write_text(word)
        part.rename(here.with_name(f"{here.name}.word"))

    def sweep(self) -> dict[str, int]:
        """Run a sweep and return its summary."""
        run = self.bench.airflow.trigger(f"drill_sweep_{self.bench.pair.queue}")
        return dict(run.wait("success").task("sweep").xcom())

    def delivered(self, task_id: str) -> Any:
        """Return the rows that a task delivered, from its folder where it landed them."""
        result = self.task(task_id).xcom()
        return list(read_manifest(result["manifest"])) if isinstance(result, dict) and "manifest" in result else result

    def _held(self, point: str, attempt: int) -> Path:
        return self.bench.folder / f"{self.run.run_id}.ask.-1.{attempt}.{point}"


@dataclass(frozen=True)
class Lane(Bench):
    """A bench of its own for one drill at a time."""

    cluster: CeleryCluster
    pair: Pair
    runs: list[DagRun] = field(default_factory=list)

    def start(self, dag: str, tenant: Tenant, hold_at: str) -> LaneCase:
        """Bring both hosts back to work and trigger a DAG of this lane."""
        self.pair.heal()
        conf = {"conn_id": tenant, "hold_at": hold_at}
        run: DagRun = self.airflow.trigger(f"drill_{dag}_{self.pair.queue}", conf)
        self.runs.append(run)
        return LaneCase(self, run, self.tenants[tenant])

    def carry_out(self, drill: Drill) -> Outcome:
        """Carry out a drill; one that fails leaves nothing running that the next one could feel."""
        try:
            return drill.carry_out(self)
        except BaseException:
            for run in self.runs[-1:]:
                run.mark_failed()
            for host in self.pair.hosts:
                host.kill()
            raise


@dataclass(frozen=True)
class Lanes:
    """All lanes of a cluster."""

    all: tuple[Lane, ...]
    storage: ObjectStorage

    @cached_property
    def first(self) -> Lane:
        """The lane for drills that are carried out alone."""
        return self.all[0]


Act = Callable[[LaneCase], None]


def _is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
