"""`python -m tools.stages`, which runs the stages of `make` and lists at the end how long each took."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

MAKEFILE = f"""
STAGE := @{sys.executable} -m tools.stage
all: ; $(STAGE) 'the first' true
	$(STAGE) 'the second' sh -c '$(SECOND)'
	$(STAGE) 'the third' true
"""


def make(folder: Path, second: str) -> tuple[int, str]:
    """Run three stages by make; return the exit status, and the table with its seconds left out."""
    makefile = folder / "Makefile"
    makefile.write_text(MAKEFILE)
    staged = [sys.executable, "-m", "tools.stages", folder / "stages.jsonl"]
    command = [*staged, "make", "-f", makefile, f"SECOND={second}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    _, _, table = done.stdout.rpartition("\n\n")
    return done.returncode, re.sub(r" +\d+ s *", " | ", table)


def test_the_table_lists_each_stage_in_its_order_and_then_the_rest_and_the_sum(tmp_path: Path) -> None:
    status, table = make(tmp_path, "true")

    assert status == 0
    assert table.splitlines() == [
        "the first | done",
        "the second | done",
        "the third | done",
        "environments and all else | ",
        "in all | ",
    ]


@pytest.mark.parametrize(("second", "status"), [("exit 3", 3), ("kill -9 $$$$", 137)])
def test_a_stage_that_fails_is_the_last_of_the_table(second: str, status: int, tmp_path: Path) -> None:
    status_of_make, table = make(tmp_path, second)

    assert status_of_make == 2
    assert table.splitlines()[:2] == ["the first | done", f"the second | FAILED with status {status}"]
    assert "the third" not in table


def test_the_table_is_of_this_run_only(tmp_path: Path) -> None:
    assert make(tmp_path, "true") == make(tmp_path, "true")


UNSTEADY = """
from pathlib import Path
import pytest

@pytest.mark.parametrize("number", range({tests}))
def test_it(number):
    seen = Path(__file__).with_name(f"seen-{{number}}")
    before = seen.read_text() if seen.exists() else ""
    seen.write_text(before + "x")
    assert number >= {failing} or before and {heals}
"""


@pytest.mark.parametrize(
    ("failing", "heals", "status", "outcome", "runs"),
    [
        (0, False, 0, "done", "x"),
        (1, True, 0, "done; passed only by themselves, so mend them: test_it.py::test_it[0]", "xx"),
        (1, False, 1, "FAILED with status 1", "xx"),
        (4, True, 1, "FAILED with status 1", "x"),
    ],
    ids=["none fails", "one fails once", "one fails twice", "many fail"],
)
def test_few_tests_that_fail_are_run_once_more_and_named(
    failing: int, heals: bool, status: int, outcome: str, runs: str, tmp_path: Path
) -> None:
    done = stage_of_tests(tmp_path, failing, heals=heals, STAGES_RECORD="stages.jsonl")

    assert done.returncode == status
    assert f"--- tests: {outcome} in" in done.stdout
    assert (tmp_path / "seen-0").read_text() == runs
    assert (tmp_path / "seen-4").read_text() == "x"


def test_a_stage_that_runs_by_itself_leaves_what_a_failed_test_left(tmp_path: Path) -> None:
    done = stage_of_tests(tmp_path, 1, heals=True)

    assert done.returncode == 1
    assert (tmp_path / "seen-0").read_text() == "x"


def test_of_tests_that_run_side_by_side_only_those_that_failed_are_run_once_more(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, failing in ((first, 1), (second, 0)):
        write_tests(folder, failing, heals=True)
    tests = [[sys.executable, "-m", "pytest", f"{folder}/test_it.py"] for folder in (first, second)]
    done = run_stage(
        tmp_path, sys.executable, "-m", "tools.side_by_side", *tests[0], "AND", *tests[1], STAGES_RECORD="stages.jsonl"
    )

    assert done.returncode == 0
    assert "passed only by themselves, so mend them: test_it.py::test_it[0] in" in done.stdout
    assert [(folder / "seen-0").read_text() for folder in (first, second)] == ["xx", "x"]


def stage_of_tests(folder: Path, failing: int, *, heals: bool, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a stage of five tests, the first of which fail, at their first run or always."""
    write_tests(folder, failing, heals=heals)
    return run_stage(folder, sys.executable, "-m", "pytest", "test_it.py", **variables)


def write_tests(folder: Path, failing: int, *, heals: bool) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "test_it.py").write_text(UNSTEADY.format(tests=5, failing=failing, heals=heals))
    (folder / "pytest.ini").write_text("[pytest]")


def run_stage(folder: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    outside = {name: value for name, value in os.environ.items() if name != "STAGES_RECORD"}
    # Without the plugins of others, which take longer to load than the tests to run.
    environment = outside | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} | variables
    stage = [sys.executable, "-m", "tools.stage", "tests", *command]
    return subprocess.run(stage, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)
