"""Chaos by a seed: every few seconds something fails or somebody interferes, and the log says what; nothing is judged here."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from soak.load import OF_THE_RUN, Load, SoakQuery
from soak.trace import Key, Step, traces
from tools.real_airflow.celery_cluster import CeleryCluster
from tools.real_airflow.dag_runs import TaskInstance
from tools.real_airflow.errors import RestApiError, WaitTimeoutError
from tools.real_airflow.release import Generation, Role, installed_release
from tools.real_airflow.worker_host import WorkerHost

INTERVAL_SECONDS = 8.0
FREEZES = {"freeze long": 26.0, "freeze short": 5.0}
"""For how long a host stands still."""
EVICTION_SECONDS = 30.0
WARM_SHUTDOWN_SECONDS = 45.0
HOST_DOWN_SECONDS = 3.0
FAULTS = {
    "freeze long": 3,
    "freeze short": 1,
    "kill host": 3,
    "cold shutdown": 2,
    "warm shutdown": 1,
    "kill supervisor": 2,
    "kill task": 2,
    "evict": 2,
    "kill scheduler": 1,
    "kill triggerer": 1,
    "mark task failed": 2,
    "mark task success": 1,
    "clear task": 3,
    "clear another task": 3,
    "mark run failed": 1,
    "delete run": 1,
}
"""What happens, and how often relative to each other."""
CLEARS_ALL = installed_release().generation is Generation.TWO
"""Whether a clear of one instance of a mapped task clears all of them: by the REST API of Airflow 2.11 it does."""
ALL_INSTANCES = -1


@dataclass(frozen=True)
class Event:
    """A line of the chaos log.

    :param run_id: the run that was interfered with; empty for faults of machines.
    :param task_id: the task of it; empty where the whole run is meant.
    """

    at: float
    kind: str
    target: str = ""
    run_id: str = ""
    task_id: str = ""
    map_index: int = -1

    def concerns(self, key: Key) -> bool:
        """Whether it says of this task instance that its query is not wanted any more."""
        if self.kind == "clear another task" or self.run_id != key.run_id:
            return False
        # A run's query goes with any task of that run; API v1 clears all instances of a mapped task.
        of_key = self.task_id == key.task_id and self.map_index in (-1, key.map_index)
        return not self.task_id or of_key or key.task_id == OF_THE_RUN


@dataclass
class Chaos:
    """What is done to a cluster and its load."""

    cluster: CeleryCluster
    load: Load
    folder: Path
    log: Path
    chance: random.Random
    events: list[Event] = field(default_factory=list)
    _later: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    def step(self) -> None:
        """Let one thing happen; what finds no target leaves the turn to another one."""
        for _ in range(len(FAULTS)):
            [kind] = self.chance.choices(list(FAULTS), weights=list(FAULTS.values()))
            if self._do(kind):
                return

    def end_what_is_due(self, now: float) -> None:
        """Thaw, restart and kill what earlier steps have left for later."""
        due = [each for each in self._later if each[0] <= now]
        self._later = [each for each in self._later if each[0] > now]
        for _, act in due:
            act()

    def calm_down(self) -> None:
        """End all that is still to come, and bring every host back to work."""
        self.end_what_is_due(float("inf"))
        self.cluster.heal()

    def _do(self, kind: str) -> bool:
        act: Callable[[str], bool] = {
            "freeze long": self._on_host,
            "freeze short": self._on_host,
            "kill host": self._on_host,
            "cold shutdown": self._on_host,
            "warm shutdown": self._on_host,
            "kill supervisor": self._on_attempt,
            "kill task": self._on_attempt,
            "evict": self._on_attempt,
            "kill scheduler": self._on_component,
            "kill triggerer": self._on_component,
        }.get(kind, self._on_run)
        return act(kind)

    def _on_host(self, kind: str) -> bool:
        hosts = self.cluster.pairs[0].hosts
        # One host at a time: with both gone, nothing but time would be tested.
        if not all(host.is_up for host in hosts):
            return False
        host = self.chance.choice(hosts)
        self._note(Event(time.time(), kind, host.name))
        {
            **{freeze: lambda: self._freeze(host, FREEZES[kind]) for freeze in FREEZES},
            "kill host": lambda: self._end(host, host.kill, HOST_DOWN_SECONDS),
            "cold shutdown": lambda: self._end(host, host.shut_down_cold, EVICTION_SECONDS),
            "warm shutdown": lambda: self._end(host, host.shut_down_warm, WARM_SHUTDOWN_SECONDS),
        }[kind]()
        return True

    def _on_attempt(self, kind: str) -> bool:
        living = [
            step for trace in traces(self.folder) if (step := trace.last).is_supervised and not self._is_frozen(step)
        ]
        if not living:
            return False
        step = self.chance.choice(living)
        self._note(Event(time.time(), kind, f"{step.host} task {step.task} supervisor {step.supervisor}"))
        with suppress(ProcessLookupError):
            if kind == "evict":
                os.kill(step.supervisor, signal.SIGTERM)
                self._in(EVICTION_SECONDS, lambda: _kill_if_same(step))
            else:
                os.kill(step.task if kind == "kill task" else step.supervisor, signal.SIGKILL)
        return True

    def _on_component(self, kind: str) -> bool:
        role = Role(kind.removeprefix("kill "))
        airflow = self.cluster.airflow
        [first, *_] = [each for each in airflow.components(role) if each.is_running]
        self._note(Event(time.time(), kind, first.name))
        first.kill()
        airflow.start(role)
        return True

    def _on_run(self, kind: str) -> bool:
        waited_for = [query for query in self.load.queries() if query.runs and not self.is_abandoned(query)]
        if not waited_for:
            return False
        key = self.chance.choice(waited_for).key
        if key.task_id == OF_THE_RUN and kind.startswith("mark task"):
            return False  # Its query is the run's, which goes on.
        run = next(run for run in self.load.runs if run.run_id == key.run_id)
        whole_run = kind in ("mark run failed", "delete run")
        task = run.task(key.task_id, key.map_index)
        if kind == "clear another task":
            task = next((other for other in run.tasks() if other.key.task_id != key.task_id), task)
            if task.key.task_id == key.task_id or key.task_id == OF_THE_RUN:
                return False
        # Noted before it is done: whoever acts on it may be quicker than its answer.
        named = (task.key.task_id, ALL_INSTANCES if CLEARS_ALL and "clear" in kind else task.key.map_index)
        self._note(Event(time.time(), kind, "", key.run_id, *(() if whole_run else named)))
        if kind == "clear another task":
            # The cleared one has perhaps a query of its own.
            self._note(Event(time.time(), "clear task", "", key.run_id, *named))
        with suppress(RestApiError):
            _interfere(kind, task, run.mark_failed, run.delete)
        return True

    def is_abandoned(self, query: SoakQuery) -> bool:
        """Whether the log, or a process that is gone in the last attempt, says that nobody waits for a query."""
        kinds = {event.kind for event in self.events if event.concerns(query.key) and event.at >= query.submitted}
        if kinds - {"clear task"}:
            return True
        if query.key.task_id != "last_running":
            return False
        mine = [trace for trace in traces(self.folder) if trace.key == query.key]
        return bool(mine) and not mine[-1].last.lives

    def _is_frozen(self, step: Step) -> bool:
        return any(host.name == step.host and host.is_frozen for host in self.cluster.pairs[0].hosts)

    def _freeze(self, host: WorkerHost, seconds: float) -> None:
        host.freeze()
        self._in(seconds, lambda: self._thaw(host))

    def _thaw(self, host: WorkerHost) -> None:
        host.thaw()
        self._note(Event(time.time(), "thaw", host.name))

    def _end(self, host: WorkerHost, end: Callable[[], None], seconds: float) -> None:
        end()
        begun = time.time()

        def restart_once_gone() -> None:
            if time.time() < begun + seconds:
                try:
                    host.wait_gone(0)
                except WaitTimeoutError:
                    self._in(1.0, restart_once_gone)
                    return
            host.heal()
            self._note(Event(time.time(), "restart", host.name))

        self._in(HOST_DOWN_SECONDS, restart_once_gone)

    def _in(self, seconds: float, act: Callable[[], None]) -> None:
        self._later.append((time.time() + seconds, act))

    def _note(self, event: Event) -> None:
        self.events.append(event)
        with self.log.open("a") as file:
            file.write(json.dumps(asdict(event)) + "\n")


def _interfere(kind: str, task: TaskInstance, fail_run: Callable[[], None], delete_run: Callable[[], None]) -> None:
    acts: dict[str, Callable[[], None]] = {
        "mark task failed": task.mark_failed,
        "mark task success": task.mark_success,
        "clear task": task.clear,
        "clear another task": task.clear,
        "mark run failed": fail_run,
        "delete run": delete_run,
    }
    acts[kind]()


def _kill_if_same(step: Step) -> None:
    """Kill what is left of an evicted attempt; its supervisor may have gone on to another task by then."""
    for pid in [step.supervisor] * step.is_supervised + [step.task] * step.lives:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
