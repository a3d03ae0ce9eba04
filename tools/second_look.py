"""Runs pytest, and the few tests that fail once more by themselves. It decides nothing about other commands.

A test that passes by itself depended on the machine's speed or on its neighbours, which is a fault of the test: it is
named, so that somebody mends it, but it does not hide what the stages after it find. What fails twice has failed.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

FAILED_TESTS = 1
"""The status by which pytest says that tests failed, and nothing else went wrong."""
AT_MOST = 3
"""More failures than these are no matter of the machine's speed."""

Run = Callable[[Sequence[str]], int]


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    :param unsteady: the tests that passed only by themselves.
    """

    status: int
    unsteady: tuple[str, ...] = ()


def run_tests(command: Sequence[str], run: Run, cache: Path) -> Outcome:
    """Run a command of pytest, and what failed of it once more.

    :param run: runs a command to its end and returns its status.
    :param cache: a folder of this run alone, in which pytest keeps what failed.
    """
    shutil.rmtree(cache, ignore_errors=True)
    kept = [*command, "-o", f"cache_dir={cache.absolute()}"]
    status = run(kept)
    failed = _failed(cache)
    if status != FAILED_TESTS or not 0 < len(failed) <= AT_MOST:
        return Outcome(status)
    print(f"\n{len(failed)} of the tests failed; each is run once more, by itself.", flush=True)
    alone = ["--numprocesses", "0"] if "--numprocesses" in command else []
    status = run([*kept, "--last-failed", *alone])
    return Outcome(status, failed if status == 0 else ())


def _failed(cache: Path) -> tuple[str, ...]:
    path = cache / "v/cache/lastfailed"
    return tuple(json.loads(path.read_text())) if path.exists() else ()
