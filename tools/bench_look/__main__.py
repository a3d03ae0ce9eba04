"""Compares what a look costs with an earlier build: paired runs, in turns, so that a busy machine hurts both alike.

Both builds look at the same tenant and cluster, which run in processes of their own; what counts is the looking process's time of
the processor, which the load of others changes little.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.request import Request, urlopen

ROOT = Path(__file__).parents[2]
PACKAGE = "airflow_provider_veza"
BOUND = 1.03
DRIVERS = ("requests", "aiohttp", "elasticsearch", "elasticsearch-async")
LOOKS = 8
"""In one turn: few, so that what disturbs one build hits a turn of the other as well."""
SPEC = {"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}}


def main() -> int:
    """Measure, print, and return 1 where a look has grown dearer than the bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", help="commit to compare with; without it only today's cost is shown")
    parser.add_argument("--pairs", type=int, default=15, help="(default: %(default)s)")
    parser.add_argument("--turns", type=int, default=60, help="of each build in a pair (default: %(default)s)")
    parser.add_argument("--drivers", nargs="*", default=DRIVERS, choices=DRIVERS)
    options = parser.parse_args()
    with ExitStack() as open_until_end:
        earlier = open_until_end.enter_context(_build_of(options.against)) if options.against else ROOT
        arguments = open_until_end.enter_context(_served())
        pairs: dict[str, list[_Pair]] = {driver: [] for driver in options.drivers}
        for number in range(options.pairs):
            for driver, pair in _pair(earlier, arguments, options, is_swapped=number % 2 == 1).items():
                pairs[driver].append(pair)
    return max([_report(driver, found, options) for driver, found in pairs.items()])


@dataclass(frozen=True)
class _Pair:
    """Processor seconds of one turn: the median of all turns, so that a disturbed one does not count."""

    earlier: float
    today: float

    @property
    def ratio(self) -> float:
        return self.today / self.earlier


class _Looking:
    """A process that looks on demand, with the provider as it stands in a folder."""

    def __init__(self, folder: Path, arguments: list[str]) -> None:
        path = os.pathsep.join([str(folder), str(ROOT)])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tools.bench_look.looks", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "0"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def look(self, driver: str, looks: int) -> float:
        """Return the processor seconds that the looks took."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{driver} {looks}\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def end(self) -> None:
        """End the process."""
        self._process.communicate()


def _pair(earlier: Path, arguments: list[str], options: Any, *, is_swapped: bool) -> dict[str, _Pair]:
    """Let both builds look in turns; which one begins changes from pair to pair."""
    builds = {folder: _Looking(path, arguments) for folder, path in (("earlier", earlier), ("today", ROOT))}
    order = sorted(builds, reverse=is_swapped)
    try:
        return {driver: _in_turns(builds, order, driver, options.turns) for driver in options.drivers}
    finally:
        for build in builds.values():
            build.end()


def _in_turns(builds: dict[str, _Looking], order: list[str], driver: str, turns: int) -> _Pair:
    spent: dict[str, list[float]] = {name: [] for name in builds}
    for name in order:
        builds[name].look(driver, LOOKS)
    for turn in range(turns):
        for name in order[:: 1 if turn % 2 else -1]:
            spent[name].append(builds[name].look(driver, LOOKS))
    return _Pair(median(spent["earlier"]), median(spent["today"]))


def _report(driver: str, pairs: list[_Pair], options: Any) -> int:
    today = median(pair.today for pair in pairs) / LOOKS * 1e6
    print(f"{driver}: {today:.0f} us of the processor for a look", end="")
    if not options.against:
        print()
        return 0
    ratios = [pair.ratio for pair in pairs]
    lower, middle, upper = quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    print(f"; {middle:.3f} times that of {options.against} (quartiles {lower:.3f} and {upper:.3f}; bound {BOUND})")
    return int(upper > BOUND)


@contextmanager
def _build_of(commit: str) -> Iterator[Path]:
    """Yield a folder with the provider as it was at a commit."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder, "build.tar")
        subprocess.run(["git", "archive", "-o", str(archive), commit, PACKAGE], cwd=ROOT, check=True)
        with tarfile.open(archive) as build:
            build.extractall(folder, filter="data")
        yield Path(folder)


@contextmanager
def _served() -> Iterator[list[str]]:
    """Serve a tenant and a cluster, each with a query that runs on; yield where they are, their keys and the queries' ids."""
    with (
        _process("-m", "veza_emulator", "--size", "200", "--query-seconds", "1e9") as tenant_says,
        _process("-m", "esql_double", folder=ROOT / "tests") as cluster_says,
    ):
        tenant = tenant_says.split()[-1]
        cluster, key = cluster_says.split()
        creation = {"immediate_run": {"request": {"body": SPEC}}}
        bearing = {"Authorization": "Bearer emulator-key"}
        nodes = _post(f"{tenant}/api/v1/assessments/query_spec:nodes_async_create", creation, bearing)
        _post(f"{cluster}/_double/script", {"duration": 1e9}, {})
        asked = {"query": "FROM logs", "wait_for_completion_timeout": "1ms"}
        esql = _post(f"{cluster}/_query/async", asked, {"Authorization": f"ApiKey {key}"})
        yield [tenant, "emulator-key", nodes["query_result_id"], cluster, key, esql["id"]]


@contextmanager
def _process(*arguments: str, folder: Path = ROOT) -> Iterator[str]:
    """Run a server; yield its first line."""
    with subprocess.Popen([sys.executable, *arguments], cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline()
        finally:
            process.terminate()


def _post(url: str, data: Any, headers: dict[str, str]) -> Any:
    sent = Request(url, json.dumps(data).encode(), {"Content-Type": "application/json", **headers})
    with urlopen(sent, timeout=30) as answer:
        return json.loads(answer.read() or b"null")


if __name__ == "__main__":
    sys.exit(main())
