"""`python -m tools.lanes`, by which `make` makes several targets two at a time, and the time that they took together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.process_groups import process_groups
from tools.stages import Stage, in_stages

ROOT = Path(__file__).parents[1]
LIMIT = 60.0

Start = Callable[..., subprocess.Popen[str]]

RECIPES = """
# Two that only end together.
first: ; @echo 1 > {folder}/to-second; read x < {folder}/to-first; echo 1; echo 2
second: ; @read x < {folder}/to-second; echo 3; echo 1 > {folder}/to-first; echo 4
fails: ; @exit 3
late: ; @echo begun > {folder}/late
waits: ; @trap 'echo told > {folder}/told; exit 5' TERM; echo up > {folder}/up; while :; do sleep 0.1; done
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Make targets of a Makefile of its own; nothing of it outlives the test."""
    (tmp_path / "Makefile").write_text(RECIPES.format(folder=tmp_path))
    for name in ("to-first", "to-second", "up"):
        os.mkfifo(tmp_path / name)
    command, environment = [sys.executable, "-m", "tools.lanes", "make"], os.environ | {"PYTHONPATH": str(ROOT)}
    with process_groups() as begin:
        yield lambda *targets: begin([*command, *targets], cwd=tmp_path, env=environment)


def test_two_are_made_at_the_same_time_and_what_they_print_is_not_mixed(start: Start) -> None:
    running = start("first", "second", "late")

    printed = running.communicate(timeout=LIMIT)[0]

    assert running.returncode == 0
    assert sorted(printed.replace("\n", "").split("34"), key=len)[-1] == "12"


def test_after_one_has_failed_no_other_begins_and_its_status_is_told(start: Start, tmp_path: Path) -> None:
    running = start("fails", "fails", "late")

    running.communicate(timeout=LIMIT)

    assert running.returncode == 2
    assert not (tmp_path / "late").exists()


def test_whoever_ends_it_ends_what_runs_in_good_order_and_begins_no_other(start: Start, tmp_path: Path) -> None:
    running = start("waits", "second", "late")
    assert (tmp_path / "up").read_text() == "up\n"

    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=LIMIT)

    assert running.returncode
    assert (tmp_path / "told").read_text() == "told\n"
    assert not (tmp_path / "late").exists()


@pytest.mark.parametrize(
    ("spans", "seconds"),
    [
        ([], 0),
        ([(0, 2), (2, 5)], 5),
        ([(0, 2), (4, 5)], 3),
        ([(0, 4), (1, 2), (3, 6)], 6),
        ([(3, 6), (0, 4)], 6),
    ],
    ids=["none", "one after the other", "with a pause", "side by side", "written down in another order"],
)
def test_the_time_in_stages_counts_once_where_two_ran(spans: list[tuple[float, float]], seconds: float) -> None:
    assert in_stages([Stage("title", "done", *span) for span in spans]) == seconds
