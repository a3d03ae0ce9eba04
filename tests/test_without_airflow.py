"""The Makefile's list of what is tested without Airflow: nothing that could stand on it is missing.

What stands there and needs Airflow fails when `make without-airflow` runs it.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent
ROOT = TESTS.parent
MAKEFILE = (ROOT / "Makefile").read_text()

WHICH_NEED_AIRFLOW = """
import importlib, sys
from _pytest.outcomes import Skipped
sys.modules["airflow"] = None
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except (ModuleNotFoundError, Skipped) as error:
        if "airflow" not in str(error):
            raise
        print(name)
"""


def listed(variable: str) -> set[Path]:
    """Return the paths that a variable of the Makefile names."""
    found = re.search(rf"^{variable} := ((?:.*\\\n)*.*)", MAKEFILE, re.MULTILINE)
    assert found, variable
    return {ROOT / name for name in found[1].replace("\\\n", " ").split()}


def entries() -> Iterator[Path]:
    """Yield each folder and each file that holds tests."""
    for path in TESTS.iterdir():
        if path.match("test_*.py") or (path.is_dir() and any(path.rglob("test_*.py"))):
            yield path


def modules(entry: Path) -> set[str]:
    """Return the names of an entry's modules that pytest imports by itself."""
    files = [*entry.rglob("test_*.py"), *entry.rglob("conftest.py")] if entry.is_dir() else [entry]
    return {".".join(file.relative_to(TESTS).with_suffix("").parts) for file in files}


def those_that_need_airflow(names: set[str]) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", WHICH_NEED_AIRFLOW, *sorted(names)],
        env={"PYTHONPATH": f"{ROOT}:{TESTS}"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_what_is_named_is_there() -> None:
    assert listed("WITHOUT_AIRFLOW") | listed("APART") <= set(entries())


def test_whatever_is_not_listed_imports_airflow() -> None:
    run_once = listed("WITHOUT_AIRFLOW") | listed("APART") | listed("MANY_CASES")
    others = {entry: modules(entry) for entry in entries() if entry not in run_once}
    needing = those_that_need_airflow(set().union(*others.values()))

    assert [entry.name for entry, names in others.items() if not names & needing] == []
