"""Runs pytest, and the few tests that fail once more by themselves. It decides nothing about other commands.

A test that passes by itself depended on the machine's speed or on its neighbours, which is a fault of the test: it is
named, so that somebody mends it, but it does not hide what the stages after it find. What fails twice has failed.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from tools.side_by_side import commands, joined, without_neighbours

PYTEST = "pytest"
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
    """Run a command of pytest, or some side by side, and what failed of them once more.

    :param run: runs a command to its end and returns its status.
    :param cache: a folder of this run alone, in which pytest keeps what failed.
    """
    shutil.rmtree(cache, ignore_errors=True)
    caches = {cache / str(number): each for number, each in enumerate(commands(command))}
    kept = {folder: _with_options(each, "-o", f"cache_dir={folder.absolute()}") for folder, each in caches.items()}
    status = run(joined(kept.values()))
    failed = {folder: tests for folder in kept if (tests := _failed(folder))}
    names = tuple(chain.from_iterable(failed.values()))
    if status != FAILED_TESTS or not 0 < len(names) <= AT_MOST:
        return Outcome(status)
    print(f"\n{len(names)} of the tests failed; each is run once more, by itself.", flush=True)
    statuses = [run(_by_itself(kept[folder])) for folder in failed]
    return Outcome(max(statuses), () if any(statuses) else names)


def _with_options(command: Sequence[str], *options: str) -> list[str]:
    after = command.index(PYTEST) + 1
    return [*command[:after], *options, *command[after:]]


def _by_itself(command: Sequence[str]) -> list[str]:
    alone = ["--numprocesses", "0"] if "--numprocesses" in command else []
    return [*_with_options(without_neighbours(command), "--last-failed"), *alone]


def _failed(cache: Path) -> tuple[str, ...]:
    path = cache / "v/cache/lastfailed"
    return tuple(json.loads(path.read_text())) if path.exists() else ()
