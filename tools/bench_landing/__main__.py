"""`make bench-landing`: each way of landing 1,000,000 nodes, side by side; it reports, and never fails."""

from __future__ import annotations

import argparse
import os
import platform
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from tools.bench_landing import report, ways
from tools.bench_landing.measure import Samples, measure
from tools.bench_landing.server import serving
from tools.bench_landing.tenant import PAGE_ROWS

_SMALLER = (10_000, 100_000)
_IN_MEMORY = Path("/dev/shm")
"""Where there is such a folder, no disk is measured."""


def main() -> None:
    """Measure and print."""
    arguments, load_before = _arguments(), os.getloadavg()[0]
    with TemporaryDirectory(dir=arguments.folder) as folder:
        samples = {rows: _samples(rows, arguments, folder) for rows in _sizes(arguments.rows)}
    largest = samples[max(samples)]
    print(
        f"\n{max(samples):,} nodes in pages of {PAGE_ROWS:,}; medians of {arguments.runs} fresh processes. Python "
        f"{platform.python_version()}, {os.cpu_count()} cores ({_processor()}), load {load_before:.1f} before, "
        f"files below {arguments.folder}\n"
    )
    print(*report.table(largest, max(samples)), "", *report.by_size(samples), "", sep="\n")
    print(*report.bounds(samples[min(samples)], largest), sep="\n")


def _processor() -> str:
    """Return the processor's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def _sizes(largest: int) -> list[int]:
    return [*(rows for rows in _SMALLER if rows < largest), largest]


def _samples(rows: int, arguments: argparse.Namespace, folder: str) -> Samples:
    wanted = ways.ALL if rows == arguments.rows else tuple(ways.NAIVE_OF)
    chosen = [way for way in wanted if any(text in way.target for text in arguments.only)]
    with serving(rows) as tenant:
        return measure(chosen, tenant, runs=arguments.runs, folder=folder)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rows", type=int, default=1_000_000, help="of the largest result, in thousands (default: %(default)s)"
    )
    parser.add_argument("--runs", type=int, default=3, help="of each way (default: %(default)s)")
    parser.add_argument("--only", nargs="+", default=[""], metavar="TEXT", help="only ways with such a target")
    folder = str(_IN_MEMORY) if _IN_MEMORY.is_dir() else gettempdir()
    parser.add_argument("--folder", default=folder, help="where files are written (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
