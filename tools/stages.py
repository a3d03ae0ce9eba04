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
    """How one stage ended."""

    title: str
    outcome: str
    seconds: float


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
    rest = seconds - sum(stage.seconds for stage in stages)
    rows = [*stages, Stage(REST, "", rest), Stage(ALL, "", seconds)]
    width = max(len(row.title) for row in rows)
    for row in rows:
        yield f"{row.title:{width}} {row.seconds:6.0f} s  {row.outcome}".rstrip()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
