"""One stage of `make`: a heading, a command, and how long it took. It knows nothing of what the command does.

All stages of one run are listed at its end by :mod:`tools.stages`, which names the file where each is written down; in such
a run, tests that fail get a second look by :mod:`tools.second_look`.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tools.second_look import PYTEST, Outcome, run_tests

RECORD = "STAGES_RECORD"


def main(title: str, *command: str) -> int:
    """Run the command to its end and return its exit status."""
    print(f"\n=== {title} ===", flush=True)
    began = time.monotonic()
    ended = _run(title, command)
    ended_at = time.monotonic()
    outcome = "done" if ended.status == 0 else f"FAILED with status {ended.status}"
    if ended.unsteady:
        outcome += f"; passed only by themselves, so mend them: {', '.join(ended.unsteady)}"
    print(f"--- {title}: {outcome} in {ended_at - began:.0f} s", flush=True)
    _write_down(title, outcome, began, ended_at)
    return ended.status


def _run(title: str, command: Sequence[str]) -> Outcome:
    # Not by itself: what a drill or a soak left behind must stay as it is.
    if PYTEST in command and RECORD in os.environ:
        return run_tests(command, run_to_its_end, Path(".run/pytest", re.sub(r"\W+", "-", title)))
    return Outcome(run_to_its_end(command))


def run_to_its_end(command: Sequence[str]) -> int:
    """Run a command that gets the time to stop what it started, whoever interrupts; return its status as a shell does."""
    child = subprocess.Popen(command)
    # A terminal's Ctrl-C reaches the child by itself; make's SIGTERM reaches only this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, _frame: child.send_signal(number))
    status = child.wait()
    return status if status >= 0 else 128 - status


def _write_down(title: str, outcome: str, began: float, ended: float) -> None:
    if record := os.environ.get(RECORD):
        with Path(record).open("a") as file:
            file.write(json.dumps({"title": title, "outcome": outcome, "began": began, "ended": ended}) + "\n")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
