"""The tables that the rig prints, as Markdown: what stands in the docs is what was printed."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import distributions

from tools.bench_rig.kinds import EMPTY
from tools.bench_rig.rig import PEERS
from tools.bench_rig.waiting import Minute, Plan, Round

PACKAGES = {
    "Airflow": "apache-airflow",
    "aiohttp": "aiohttp",
    "http": "apache-airflow-providers-http",
    "databricks": "apache-airflow-providers-databricks",
    "dbt": "apache-airflow-providers-dbt-cloud",
}
MINUTE_HEAD = (
    "trigger",
    "minute",
    "looks a second",
    "late",
    "CPU ms a look",
    "runner",
    "supervisor",
    "new connections",
)
WHOLE_HEAD = (
    "trigger",
    "all had looked after",
    "connection look-ups",
    "KiB a trigger, runner",
    "supervisor",
    "sockets",
)


def machine() -> str:
    """Say on what, and with which versions."""
    packages = ", ".join(f"{name} {_version(package)}" for name, package in PACKAGES.items())
    return f"{os.cpu_count()} cores (load {os.getloadavg()[0]:.1f}), Python {platform.python_version()}, {packages}"


def shown(rounds: Sequence[Round], plan: Plan) -> str:
    """Return both tables: minute by minute, and the round as a whole."""
    of_minutes = [row for each in rounds for row in _of_minutes(each)]
    empty = {each.kind: each for each in rounds}.get(EMPTY)
    wholes = [_of_round(each, empty, plan) for each in rounds]
    return f"{table(MINUTE_HEAD, of_minutes)}\n\n{table(WHOLE_HEAD, wholes)}"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return one table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _of_minutes(each: Round) -> Iterable[tuple[object, ...]]:
    """Yield a row for the first trigger, which pays for what is loaded once, and one for each minute of all."""
    first = each.first
    yield (each.kind, "first trigger", "", "", *_seconds(_spent(first)), first.connections)
    for number, minute in enumerate(each.minutes, 1):
        costs = (
            [f"{one / minute.looks * 1e3:.2f}" for one in _spent(minute)] if minute.looks else _seconds(_spent(minute))
        )
        late = minute.late + minute.silent
        yield (each.kind, number, f"{minute.looks / minute.seconds:.0f}", late, *costs, minute.connections)


def _spent(minute: Minute) -> tuple[float, ...]:
    return minute.runner_cpu + minute.supervisor_cpu, minute.runner_cpu, minute.supervisor_cpu


def _seconds(spent: Iterable[float]) -> list[str]:
    return [f"({one:.1f} s)" for one in spent]


def _of_round(each: Round, empty: Round | None, plan: Plan) -> tuple[object, ...]:
    less = (empty.runner_kib, empty.supervisor_kib) if empty and each.kind != EMPTY else (0.0, 0.0)
    kib = [(own - of) / plan.triggers for own, of in zip((each.runner_kib, each.supervisor_kib), less, strict=True)]
    after = "never" if each.asked_by_all_after is None else f"{each.asked_by_all_after:.0f} s"
    return (each.kind, "" if each.kind == EMPTY else after, each.look_ups, *(f"{one:.0f}" for one in kib), each.at_once)


def figures(shown: Mapping[str, object]) -> str:
    """Return named figures, one a line."""
    return table(("", ""), shown.items())


def _version(package: str) -> str:
    found = distributions(name=package, path=[*sys.path, str(PEERS)])
    return next((one.version for one in found), "(not here)")
