"""One soak from its first run to its verdict; what is done to it is in :mod:`soak.chaos`, the verdict in :mod:`soak.verdict`."""

from __future__ import annotations

import random
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from airflow_provider_veza.results.reading import read_manifest
from soak.chaos import INTERVAL_SECONDS, Chaos
from soak.load import Load
from soak.trace import Key, traces
from soak.verdict import Evidence, Finding, judge, orphans
from tools.outcomes import keep
from tools.real_airflow.dag_runs import TaskInstance
from tools.real_airflow.errors import RestApiError
from tools.real_airflow.rest_api import TaskInstanceKey

TASK_INSTANCES = 300
NEXT_RUN_SECONDS = 3.5
REST_LIMIT_SECONDS = 600.0
RUNS_AT_ONCE = 6
"""More are not begun, however slow the machine: a machine that only catches up shows nothing about the provider."""
UNDONE_MARK_SECONDS = 90.0
"""A task that is still deferred then, though it was marked, has overwritten the mark by its deferral, as on Airflow 2.11."""
TICK_SECONDS = 1.0


@dataclass(frozen=True)
class Summary:
    """What came of a soak, as the table reads it."""

    configuration: str
    seed: int
    seconds: float
    task_instances: int
    queries: int
    faults: int
    findings: tuple[Finding, ...]

    def line(self) -> str:
        """Return it as one line."""
        counted = f"{self.task_instances} task instances, {self.queries} queries, {self.faults} faults"
        return f"soak {self.configuration}, seed {self.seed}: {counted}, {len(self.findings)} findings, {self.seconds:.0f} s"

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {**self.__dict__, "findings": [finding.as_json() for finding in self.findings]}


@dataclass
class Soak:
    """A soak under way."""

    configuration: str
    seed: int
    chaos: Chaos

    def carry_out(self, *, has_records: bool) -> Summary:
        """Load, hurt, come to rest, sweep, judge."""
        begun = time.time()
        self._load_and_hurt()
        faults = len(self.chaos.events)
        self.chaos.calm_down()
        stuck = self._come_to_rest()
        if has_records:
            self.load.airflow.trigger("soak_sweep").wait("success")
        evidence = Evidence(self.load.queries(), self.chaos.events, traces(self.chaos.folder), self._rows)
        findings = (*stuck, *judge(evidence), *orphans(evidence, swept=has_records))
        seconds = time.time() - begun
        return Summary(
            self.configuration, self.seed, seconds, self.load.task_instances, len(evidence.queries), faults, findings
        )

    @property
    def load(self) -> Load:
        """The load of it."""
        return self.chaos.load

    def _load_and_hurt(self) -> None:
        next_run = next_fault = time.time()
        while self.load.task_instances < TASK_INSTANCES:
            now = time.time()
            if now >= next_run:
                next_run = now + NEXT_RUN_SECONDS
                if len(self.load.unended_runs()) < RUNS_AT_ONCE:
                    self.load.start_one()
            if now >= next_fault + INTERVAL_SECONDS:
                self.chaos.step()
                next_fault = now
            self._tick()

    def _come_to_rest(self) -> list[Finding]:
        """Wait until every run has ended; what does not end in time is stuck."""
        begun = time.time()
        while (unended := self.load.unended_runs()) and time.time() < begun + REST_LIMIT_SECONDS:
            self._tick()
            if time.time() > begun + UNDONE_MARK_SECONDS:
                self.load.end_what_deferred_tasks_wait_for(unended)
        return [Finding("stuck", str(run), str(run.task_states())) for run in unended]

    def _tick(self) -> None:
        now = time.time()
        self.chaos.end_what_is_due(now)
        self.load.end_what_is_due(now)
        time.sleep(TICK_SECONDS)

    def _rows(self, key: Key) -> Any:
        """Return what a task instance delivered: rows from XCom, or those that it landed."""
        run = next(run for run in self.load.runs if run.run_id == key.run_id)
        task = TaskInstance(self.load.airflow, TaskInstanceKey(run.dag_id, key.run_id, key.task_id, key.map_index))
        with suppress(RestApiError):
            result = task.xcom()
            return list(read_manifest(result["manifest"])) if _is_landing(result) else result
        return None


def write_down(summaries: list[Summary], name: str) -> None:
    """Leave the summaries for the table."""
    keep(f"soak-{name}", [summary.as_json() for summary in summaries], key=("configuration", "seed"))


def seeded(seed: int) -> tuple[random.Random, random.Random]:
    """Return two sources of chance: how long queries take does not depend on what is done to the cluster."""
    return random.Random(f"load {seed}"), random.Random(f"chaos {seed}")


def _is_landing(result: object) -> bool:
    return isinstance(result, dict) and "manifest" in result
