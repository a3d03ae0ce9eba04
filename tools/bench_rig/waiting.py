"""Many triggers of one kind wait in a real triggerer; minute by minute: what they asked, what that cost, what came late."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tools.bench_rig.costs import Costs, costs_of
from tools.bench_rig.kinds import EMPTY
from tools.bench_rig.rig import LOOK_UPS, Double, Rig

SETTLE_SECONDS = 5.0
LOOKING = 0.5
MINUTE = 60.0


@dataclass(frozen=True)
class Plan:
    """How many wait, how often each looks, how long that is measured: so many minutes, of so many seconds."""

    triggers: int
    interval: float
    minutes: int
    minute: float = MINUTE


@dataclass(frozen=True)
class Minute:
    """One minute of a round."""

    looks: int
    late: int
    silent: int
    connections: int
    runner_cpu: float
    supervisor_cpu: float
    seconds: float


@dataclass(frozen=True)
class Round:
    """What one kind showed."""

    kind: str
    minutes: tuple[Minute, ...]
    asked_by_all_after: float | None
    look_ups: int
    runner_kib: float
    supervisor_kib: float
    at_once: int


def measured(rig: Rig, double: Double, kind: str, plan: Plan) -> Round:
    """Let them wait in a fresh triggerer."""
    triggerer = rig.triggerer(kind)
    time.sleep(SETTLE_SECONDS)
    before, asked = costs_of(triggerer.pid), rig.database.number(LOOK_UPS)
    double.forget()
    tenant = (double.tenant.url, double.tenant.authority)
    rig.write_rows(kind, *tenant, "--triggers", str(plan.triggers), "--interval", str(plan.interval))
    written, looks_at = time.monotonic(), partial(costs_of, triggerer.pid)
    minutes: list[Minute] = []
    all_after: float | None = None
    last = before
    for number in range(plan.minutes):
        end = written + (number + 1) * plan.minute
        if kind != EMPTY and all_after is None:
            all_after = _wait_for_all(double, plan.triggers, written, end)
        time.sleep(max(0.0, end - time.monotonic()))
        minute, last = _minute(double, looks_at, last, plan.minute)
        minutes.append(minute)
    shown = double.peek()
    result = Round(
        kind,
        tuple(minutes),
        all_after,
        rig.database.number(LOOK_UPS) - asked,
        last.runner.kib - before.runner.kib,
        last.supervisor.kib - before.supervisor.kib,
        shown["at_once"],
    )
    rig.stop(triggerer)
    return result


def _wait_for_all(double: Double, triggers: int, since: float, end: float) -> float | None:
    while time.monotonic() < end:
        if double.peek()["asked_for"] >= triggers:
            return time.monotonic() - since
        time.sleep(LOOKING)
    return None


def _minute(double: Double, look: Callable[[], Costs], last: Costs, seconds: float) -> tuple[Minute, Costs]:
    seen, now = double.taken(), look()
    spent = (now.runner.cpu - last.runner.cpu, now.supervisor.cpu - last.supervisor.cpu)
    return Minute(seen["requests"], seen["late"], seen["silent"], seen["connections"], *spent, seconds), now
