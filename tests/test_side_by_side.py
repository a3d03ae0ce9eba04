"""`python -m tools.side_by_side`, by which one stage of `make` runs several commands at the same time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.process_groups import process_groups

ROOT = Path(__file__).parents[1]
LIMIT = 60.0

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start shell scripts side by side; none of them outlives the test."""
    with process_groups() as begin:

        def start(*scripts: str) -> subprocess.Popen[str]:
            words = [word for script in scripts for word in ("AND", "sh", "-c", script)]
            command = [sys.executable, "-m", "tools.side_by_side", *words[1:]]
            return begin(command, cwd=ROOT, stderr=subprocess.STDOUT)

        yield start


@pytest.fixture
def pipes(tmp_path: Path) -> list[Path]:
    found = [tmp_path / "first", tmp_path / "second"]
    for pipe in found:
        os.mkfifo(pipe)
    return found


def test_they_run_at_the_same_time_and_what_they_print_is_not_mixed(start: Start, pipes: list[Path]) -> None:
    to_first, to_second = pipes

    running = start(
        f"echo 1; echo > {to_second}; read x < {to_first}; echo 2",
        f"read x < {to_second}; echo 3; echo > {to_first}; echo 4",
    )

    assert running.communicate(timeout=LIMIT)[0].split() == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("scripts", "status"),
    [
        (["true", "true"], 0),
        (["exit 3", "true"], 3),
        (["true", "exit 4"], 4),
        (["true", "kill -9 $$", "exit 4"], 137),
    ],
)
def test_its_status_is_that_of_the_first_that_failed(start: Start, scripts: list[str], status: int) -> None:
    assert start(*scripts).wait(LIMIT) == status


def test_when_it_is_told_to_end_each_of_them_ends_in_good_order(start: Start, pipes: list[Path]) -> None:
    trap, wait = "trap 'echo tidied; exit 0' TERM", "while true; do sleep 0.1; done"
    running = start(f"{trap}; read x < {pipes[0]}; echo ready; {wait}", f"{trap}; echo > {pipes[0]}; {wait}")
    assert running.stdout is not None
    assert running.stdout.readline() == "ready\n"

    running.send_signal(signal.SIGTERM)

    assert running.communicate(timeout=LIMIT)[0].split() == ["tidied", "tidied"]
