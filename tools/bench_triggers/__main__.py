"""Measures many waiting triggers on one loop beside bare aiohttp, in turns, and holds the ratios to the budgets.

The server answers after 100 ms over TLS, in a process of its own. Trust the ratios of one run, not the figures of two machines.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from airflow_provider_veza.transport.lending import FEWEST
from tools.bench_triggers.server import ANSWER_AFTER

ROOT = Path(__file__).parents[2]
BARE, OURS = "aiohttp", "triggers"
DEAREST_LOOK = 1.4
LATEST_LOOK = 1.25
INTERVAL = 5.0
VERY_MANY = 10_000
LATEST_LOOK_OF_VERY_MANY, INTERVAL_OF_VERY_MANY = 1.5, 10.0
MOST_MEMORY_KIB = 20.0
MOST_MEMORY_KIB_AFTER_A_STALL = 25.0
MOST_CONNECTIONS = 2.0
"""Times those that are needed: looks a second, times the seconds that one takes (Little's law); FEWEST are always allowed."""


def main() -> int:
    """Measure, print, and return 1 where a budget is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--triggers", type=int, nargs="+", default=[1_000, 5_000, VERY_MANY], help="(default: %(default)s)"
    )
    help_interval = (
        f"seconds between two looks (default: {INTERVAL:g}, of {VERY_MANY} and more {INTERVAL_OF_VERY_MANY:g})"
    )
    parser.add_argument("--interval", type=float, help=help_interval)
    parser.add_argument("--seconds", type=float, default=60.0, help="measured in each turn (default: %(default)s)")
    parser.add_argument("--turns", type=int, default=3, help="(default: %(default)s)")
    options = parser.parse_args()
    print(machine())
    return max([_compared(triggers, options) for triggers in options.triggers])


def machine() -> str:
    """Say on what, and with which versions."""
    cores = f"{os.cpu_count()} cores (load {os.getloadavg()[0]:.1f})"
    return f"{cores}, Python {platform.python_version()}, aiohttp {version('aiohttp')}"


def _compared(triggers: int, options: argparse.Namespace) -> int:
    interval = options.interval or (INTERVAL if triggers < VERY_MANY else INTERVAL_OF_VERY_MANY)
    runs: dict[str, list[dict[str, float]]] = {BARE: [], OURS: []}
    for turn in range(options.turns):
        for client in (BARE, OURS) if turn % 2 else (OURS, BARE):
            runs[client].append(_run(client, triggers, interval, options.seconds))
    medians = {client: {name: median(run[name] for run in of) for name in of[0]} for client, of in runs.items()}
    print(f"\n| {triggers} queries, a look each {interval:g} s | {BARE} | {OURS} | ratio |\n| --- | --- | --- | --- |")
    for name, bare in medians[BARE].items():
        ours = medians[OURS][name]
        print(f"| {name} | {bare:.2f} | {ours:.2f} | {f'{ours / bare:.2f}' if bare else ''} |")
    print(f"\nMedians of {options.turns} turns of {options.seconds:g} s; ", end="", flush=True)
    return int(not _is_within_budget(medians[BARE], medians[OURS], triggers, interval))


def _is_within_budget(bare: dict[str, float], ours: dict[str, float], triggers: int, interval: float) -> bool:
    connections_needed = triggers / (interval + ANSWER_AFTER) * ANSWER_AFTER
    latest = LATEST_LOOK if triggers < VERY_MANY else LATEST_LOOK_OF_VERY_MANY
    cpu, late = "ms of the processor a look", "late p99 ms"
    limits = [
        (f"{cpu}, ratio", ours[cpu] / bare[cpu], DEAREST_LOOK),
        (f"{late}, ratio", ours[late] / max(bare[late], 1.0), latest),
        ("missed looks", ours["missed"], 0.0),
        ("KiB a trigger", ours["KiB a trigger"], MOST_MEMORY_KIB),
        ("KiB a trigger after a stall", ours["KiB a trigger after a stall"], MOST_MEMORY_KIB_AFTER_A_STALL),
        (
            "sockets after a stall",
            ours["sockets after a stall"],
            max(MOST_CONNECTIONS * connections_needed, FEWEST),
        ),
    ]
    exceeded = [f"{name} is {value:.2f}, budget {most:g}" for name, value, most in limits if value > most]
    print("; ".join(exceeded) or "within budget")
    return not exceeded


def _run(client: str, triggers: int, interval: float, seconds: float) -> dict[str, float]:
    amounts = {"triggers": triggers, "interval": interval, "seconds": seconds}
    with running_server() as (url, authority):
        command = [sys.executable, "-m", "tools.bench_triggers.waiting", client, url, authority]
        command += [f"--{name}={amount}" for name, amount in amounts.items()]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{client} failed: {done.stderr[-2_000:]}")
    shown: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return shown


@contextmanager
def running_server(soonest: float = ANSWER_AFTER, latest: float = ANSWER_AFTER) -> Iterator[tuple[str, str]]:
    """Run the server, which answers after so many seconds; give its URL and the certificate of its authority."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tools.bench_triggers.server", folder, str(soonest), str(latest)]
        server: Any = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            yield server.stdout.readline().strip(), str(Path(folder, "ca.pem"))
        finally:
            server.terminate()
            server.communicate()


if __name__ == "__main__":
    sys.exit(main())
