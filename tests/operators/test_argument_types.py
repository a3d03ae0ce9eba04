"""What a type checker finds in a file of deliberate mistakes: every one of them, and nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

MISTAKES = Path(__file__).with_name("argument_mistakes.py")
ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(find_spec("mypy") is None, reason="mypy is installed beside the newest Airflow only.")
def test_a_type_checker_finds_every_mistake_in_arguments_and_nothing_else() -> None:
    command = [sys.executable, "-m", "mypy", "--strict", str(MISTAKES.relative_to(ROOT))]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    found = {int(number) for number in re.findall(rf"{MISTAKES.name}:(\d+): error:", said)}
    made = {n for n, line in enumerate(MISTAKES.read_text().splitlines(), 1) if line.endswith("# mistake")}
    assert found == made, said
    assert len(made) == 29
