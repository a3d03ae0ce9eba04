"""What the two processes of a triggerer cost: the runner, in which triggers wait, and the supervisor, through which all goes."""

from __future__ import annotations

from dataclasses import dataclass

import psutil

KIB = 1024


@dataclass(frozen=True)
class Cost:
    """Seconds of the processor since it began, and memory now: shared pages count by their share."""

    cpu: float
    kib: float


@dataclass(frozen=True)
class Costs:
    """Of both processes."""

    runner: Cost
    supervisor: Cost

    @property
    def cpu(self) -> float:
        """The processor's seconds of both."""
        return self.runner.cpu + self.supervisor.cpu


def costs_of(triggerer: int) -> Costs:
    """Read them: the supervisor leads, the runner is what it forked and what has the most threads or memory of those."""
    leader = psutil.Process(triggerer)
    children = [_cost(child) for child in leader.children(recursive=True)]
    return Costs(max(children, key=lambda cost: cost.kib), _cost(leader))


def _cost(process: psutil.Process) -> Cost:
    times = process.cpu_times()
    return Cost(times.user + times.system, process.memory_full_info().pss / KIB)
