"""Many triggers of one kind wait in a real triggerer; minute by minute: what they asked, what that cost, what came late."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tools.bench_rig.costs import Costs, costs_of
from tools.bench_rig.kinds import EMPTY
from tools.bench_rig.rig import LOOK_UPS, Double, Rig
from tools.bench_rig.stored import TASKS_PER_RUN

SETTLE_SECONDS = 5.0
FIRST_LIMIT = 120.0
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
    """What one kind showed.

    :param first: what its first trigger in a fresh triggerer cost until it had looked: all that is loaded once, by its
        provider and by Airflow, whose triggerer builds the API that answers triggers when the first of them asks.
    """

    kind: str
    first: Minute
    minutes: tuple[Minute, ...]
    asked_by_all_after: float | None
    look_ups: int
    runner_kib: float
    supervisor_kib: float
    at_once: int


def measured(rig: Rig, double: Double, kind: str, plan: Plan) -> Round:
    """Let one wait in a fresh triggerer, and then all others beside it."""
    triggerer = rig.triggerer(kind)
    time.sleep(SETTLE_SECONDS)
    looks_at, asked = partial(costs_of, triggerer.pid), rig.database.number(LOOK_UPS)
    tenant = (double.tenant.url, double.tenant.authority, "--interval", str(plan.interval))
    first, before = _first(double, looks_at, kind, lambda: rig.write_rows(kind, *tenant, "--triggers", "1"))
    rig.write_rows(kind, *tenant, "--triggers", str(plan.triggers), "--from", str(TASKS_PER_RUN))
    written = time.monotonic()
    minutes: list[Minute] = []
    all_after: float | None = None
    last = before
    for number in range(plan.minutes):
        end = written + (number + 1) * plan.minute
        if kind != EMPTY and all_after is None:
            all_after = _wait_for_all(double, plan.triggers + 1, written, end)
        time.sleep(max(0.0, end - time.monotonic()))
        minute, last = _minute(double, looks_at, last, plan.minute)
        minutes.append(minute)
    shown = double.peek()
    result = Round(
        kind,
        first,
        tuple(minutes),
        all_after,
        rig.database.number(LOOK_UPS) - asked,
        last.runner.kib - before.runner.kib,
        last.supervisor.kib - before.supervisor.kib,
        shown["at_once"],
    )
    rig.stop(triggerer)
    return result


def _first(double: Double, look: Callable[[], Costs], kind: str, write: Callable[[], None]) -> tuple[Minute, Costs]:
    """Let the first one look, and whatever it has begun come to its end."""
    before, began = look(), time.monotonic()
    double.forget()
    write()
    if kind != EMPTY:
        _wait_for_all(double, 1, began, began + FIRST_LIMIT)
    time.sleep(2 * SETTLE_SECONDS)
    return _minute(double, look, before, time.monotonic() - began)


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
