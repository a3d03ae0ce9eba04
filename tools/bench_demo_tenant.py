"""What building the demo tenant costs in time and memory, at a thousand to a million nodes, each in its own process."""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time

from veza_emulator.demo.tenant import demo_graph

SIZES = (1_000, 100_000, 1_000_000)
BUDGET_SECONDS = 60
"""Processor time for the largest one."""


def main() -> int:
    """Measure, print, and return 1 past the budget."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="NODES", help="(default: %(default)s)")
    parser.add_argument("--build", type=int, metavar="NODES", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.build is not None:
        print(_build(arguments.build))
        return 0
    seconds = 0.0
    for size in arguments.sizes:
        script = [sys.executable, "-m", "tools.bench_demo_tenant", "--build", str(size)]
        measured = subprocess.run(script, check=True, capture_output=True, text=True).stdout.split()
        seconds = float(measured[1])
        edges, wall, peak = measured[0], measured[2], measured[3]
        print(f"{size:>9} nodes, {edges:>8} edges: {seconds:.2f} s of processor time in {wall} s, peak {peak} MiB")
    return int(seconds > BUDGET_SECONDS)


def _build(nodes: int) -> str:
    wall, processor = time.perf_counter(), time.process_time()
    graph = demo_graph(nodes, seed=7)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return f"{graph.columns.shape[1]} {processor:.2f} {wall:.2f} {peak:.0f}"


if __name__ == "__main__":
    sys.exit(main())
