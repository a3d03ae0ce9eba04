"""Runs a command that is made of stages, and lists at its end how long each took; a single one is in :mod:`tools.stage`.

Needs only the standard library: it runs before there is any environment.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.stage import RECORD, run_to_its_end

REST = "environments and all else"
ALL = "in all"


@dataclass(frozen=True)
class Stage:
    """How one stage ended, and between which moments of the machine's own clock it ran."""

    title: str
    outcome: str
    began: float
    ended: float


def main(record: str, *command: str) -> int:
    """Run the command to its end, print the table of its stages, and return its exit status."""
    started = time.monotonic()
    path = Path(record)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
    os.environ[RECORD] = str(path.absolute())
    status = run_to_its_end(command)
    stages = [Stage(**json.loads(line)) for line in path.read_text().splitlines()]
    print("", *table(stages, time.monotonic() - started), sep="\n", flush=True)
    return status


def table(stages: Sequence[Stage], seconds: float) -> Iterator[str]:
    """Yield the lines that say how each stage ended and how long it took, of so many seconds in all."""
    rows = [(stage.title, stage.ended - stage.began, stage.outcome) for stage in stages]
    rows += [(REST, seconds - in_stages(stages), ""), (ALL, seconds, "")]
    width = max(len(title) for title, _, _ in rows)
    for title, took, outcome in rows:
        yield f"{title:{width}} {took:6.0f} s  {outcome}".rstrip()


def in_stages(stages: Sequence[Stage]) -> float:
    """Return the seconds in which at least one stage ran."""
    total, until = 0.0, float("-inf")
    for stage in sorted(stages, key=lambda stage: stage.began):
        total += max(0.0, stage.ended - max(stage.began, until))
        until = max(until, stage.ended)
    return total


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
