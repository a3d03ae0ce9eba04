"""What importing our operators adds to importing Airflow's own: medians over fresh processes, and what we load beyond it."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

BUDGET = 1.05
AIRFLOW_ALONE = "from airflow.providers.common.compat.sdk import BaseOperator"
OURS = "airflow_provider_veza.operators.query"
# On Airflow 2 its import was seen to cost more from within a module than from a command line, so the bare import is
# timed at the depth at which ours stands.
BARE = "bare.operators.query"
FORBIDDEN = ("aiohttp", "pyarrow")
WATCHED = (*FORBIDDEN, "requests")

_TIMED = """
import time
start = time.process_time()
import {module}
print("ANSWER", time.process_time() - start)
"""
_LOADED = f"""
import sys
{AIRFLOW_ALONE}
before = set(sys.modules)
import {OURS}
print("ANSWER", *(name for name in {WATCHED} if name in sys.modules and name not in before))
"""


def main() -> int:
    """Measure, print, and return 1 where we load what a DAG file must not pay for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15, help="fresh processes per import (default: %(default)s)")
    runs = parser.parse_args().runs
    with TemporaryDirectory() as folder:
        _write_bare_module(Path(folder))
        environment = os.environ | {"AIRFLOW_HOME": f"{folder}/airflow", "PYTHONPATH": folder}
        alone, ours = _cpu_seconds(runs, environment)
        loaded = _answer(_LOADED, environment).split()
    print(f"Airflow's BaseOperator alone: {alone * 1000:.0f} ms of CPU, the median of {runs} processes")
    print(f"our operators:                {ours * 1000:.0f} ms of CPU")
    print(f"ratio:                        {ours / alone:.3f} (budget {BUDGET})")
    print(f"loaded by us beyond Airflow:  {', '.join(loaded) or 'nothing'} (of {', '.join(WATCHED)})")
    return int(any(name in loaded for name in FORBIDDEN))


def _write_bare_module(folder: Path) -> None:
    package, subpackage, module = BARE.split(".")
    (folder / package / subpackage).mkdir(parents=True)
    (folder / package / "__init__.py").touch()
    (folder / package / subpackage / "__init__.py").touch()
    (folder / package / subpackage / f"{module}.py").write_text(f"{AIRFLOW_ALONE}\n")


def _cpu_seconds(runs: int, environment: dict[str, str]) -> tuple[float, float]:
    """Return both medians. The imports take turns, so that a busy machine slows both."""
    for module in (BARE, OURS):
        # The first import compiles, and lets Airflow write its configuration.
        _time_of(module, environment)
    times = [[_time_of(module, environment) for module in (BARE, OURS)] for _ in range(runs)]
    alone, ours = (median(column) for column in zip(*times, strict=True))
    return alone, ours


def _time_of(module: str, environment: dict[str, str]) -> float:
    return float(_answer(_TIMED.format(module=module), environment))


def _answer(script: str, environment: dict[str, str]) -> str:
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    # Airflow may log to the same stream.
    return next(line for line in done.stdout.splitlines() if line.startswith("ANSWER")).removeprefix("ANSWER").strip()


if __name__ == "__main__":
    sys.exit(main())
