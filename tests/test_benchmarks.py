"""A short sample of each benchmark: it runs and prints. What it measures says nothing, at such sizes and beside other tests."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BUDGET_EXCEEDED = 1

SAMPLES = [
    "tools/bench_import.py --runs 1",
    "tools/bench_parse.py --runs 1 --operators 3",
    "-m tools.bench_landing --rows 2000 --runs 1",
    "-m tools.bench_landing.late_columns --pages 3",
    "-m tools.bench_drift --sizes 100 1000",
    "-m tools.bench_esql --queries 3",
    "-m tools.bench_look --against HEAD --pairs 1 --turns 1",
    "-m tools.bench_look.beside_aiohttp --rounds 1 --looks 1",
    "-m tools.bench_triggers --triggers 5 --interval 0.5 --seconds 2 --turns 1",
    "-m tools.bench_triggers.together --triggers 5 --interval 0.5 --seconds 1 --turns 1",
    "-m tools.bench_emulator --size 1000 --runs 1 --polls 20",
    "-m tools.bench_demo_tenant --sizes 1000",
    "-m tools.bench_fixture",
    "veza-emulator/benchmarks/request_models.py",
]

WITHOUT_SAMPLE = {
    # A minute of boots before anything is measured; tests/test_bench_rig.py holds its parts to what they must do.
    "-m tools.bench_rig",
}


@pytest.mark.parametrize("sample", SAMPLES)
def test_it_runs_and_prints(sample: str) -> None:
    command = [sys.executable, *sample.split()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)

    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode in {0, BUDGET_EXCEEDED}, done.stderr
    assert done.stdout


def test_every_benchmark_has_its_sample() -> None:
    commands = re.findall(
        r"^\t\$\(NEWEST_PYTHON\) (.*bench[^$\n]*?) ?(?:\$.*)?$", (ROOT / "Makefile").read_text(), re.MULTILINE
    )

    known = [*SAMPLES, *WITHOUT_SAMPLE]
    assert [command for command in commands if not any(sample.startswith(command) for sample in known)] == []
