"""What attempts say of themselves: who they are, where they run, and how far they have come; nothing is judged here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

CLOCK_SECONDS = 0.5
"""By which the kernel's and the task's notion of the time may differ."""


@dataclass(frozen=True, order=True)
class Key:
    """A task instance of the load; its query's spec names it too."""

    run_id: str
    task_id: str
    map_index: int = -1

    @property
    def instance(self) -> str:
        """As Airflow's pages name it within its run."""
        return f"{self.task_id}[{self.map_index}]" if self.map_index >= 0 else self.task_id

    @property
    def words(self) -> str:
        """As the spec names it."""
        return f"{self.run_id} {self.task_id} {self.map_index}"


@dataclass(frozen=True)
class Step:
    """One step of one attempt."""

    at: float
    step: str
    host: str
    task: int
    supervisor: int

    @property
    def lives(self) -> bool:
        """Whether its process is still there; in a long soak, numbers of processes come again."""
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.task)
            return process.status() != psutil.STATUS_ZOMBIE and process.create_time() < self.at + CLOCK_SECONDS
        return False

    @property
    def is_supervised(self) -> bool:
        """Whether its supervisor is still there, too."""
        with suppress(psutil.NoSuchProcess):
            return self.lives and psutil.Process(self.task).ppid() == self.supervisor
        return False


@dataclass(frozen=True)
class Trace:
    """All steps of one attempt, which may have run in several processes one after the other."""

    key: Key
    try_number: int
    steps: tuple[Step, ...]

    def has(self, step: str) -> bool:
        """Whether it came so far."""
        return any(each.step == step for each in self.steps)

    @property
    def died_inside_its_submit(self) -> bool:
        """Whether it sent a query and did not come to know or note it."""
        return self.has("submitting") and not self.has("recorded")

    @property
    def last(self) -> Step:
        """What it said last."""
        return self.steps[-1]


def traces(folder: Path) -> list[Trace]:
    """Return the traces of all attempts."""
    return sorted(_read(folder), key=lambda trace: (trace.key, trace.try_number))


def _read(folder: Path) -> Iterator[Trace]:
    for path in folder.glob("*.jsonl"):
        run_id, task_id, map_index, number = path.stem.rsplit(".", 3)
        steps = tuple(Step(**json.loads(line)) for line in path.read_text().splitlines() if line.endswith("}"))
        if steps:
            yield Trace(Key(run_id, task_id, int(map_index)), int(number), steps)
