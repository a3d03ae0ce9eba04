"""Play a new user on a fresh machine: the wheels, a pristine Airflow, and the lines of README, which must be at most ten.

Nothing is taken from this environment but Python: package and emulator are built into wheels, which `pip install` finds,
and the newest Airflow that it allows comes with them.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import Request, urlopen

ROOT = Path(__file__).parents[1]
MOST_COMMANDS = 10
ROWS = 12
LIMIT = 1_800.0
_TENANT = "http://127.0.0.1:8700"
_KEY = "demo-key"


def lines_of(readme: str) -> tuple[str, list[str]]:
    """Return the DAG file that README begins with, and the commands that it tells a new user to give."""
    [dag_file] = re.findall(r"^```python\n(# dags/access_to_payroll\.py\n.*?)^```", readme, re.DOTALL | re.MULTILINE)
    [commands] = re.findall(r"^```sh\n(.*?)^```", readme, re.DOTALL | re.MULTILINE)
    return dag_file, [line for line in commands.splitlines() if line.strip() and not line.startswith("#")]


def main() -> int:
    """Play; the exit status says whether the rows came."""
    dag_file, commands = lines_of((ROOT / "README.md").read_text("utf-8"))
    if len(commands) > MOST_COMMANDS:
        print(f"README has {len(commands)} commands, more than {MOST_COMMANDS}.", file=sys.stderr)
        return 1
    with TemporaryDirectory(prefix="new-user-") as folder:
        return _played(Path(folder), dag_file, commands)


def _played(folder: Path, dag_file: str, commands: Sequence[str]) -> int:
    wheels = _wheels(folder)
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    dags = folder / "airflow" / "dags"
    dags.mkdir(parents=True)
    (dags / "access_to_payroll.py").write_text(dag_file, "utf-8")
    started = time.monotonic()
    rows = _rows_after(folder, commands, _environment(folder, wheels))
    print(f"{len(commands)} commands, {time.monotonic() - started:.0f} s, {rows} rows")
    return 0 if rows == ROWS else 1


def _wheels(folder: Path) -> Path:
    wheels = folder / "wheels"
    for distribution in (ROOT, ROOT / "veza-emulator"):
        command = [
            str(ROOT / ".venv/tools/bin/uv"),
            "build",
            "--quiet",
            "--wheel",
            "--out-dir",
            str(wheels),
            str(distribution),
        ]
        subprocess.run(command, check=True)
    return wheels


def _environment(folder: Path, wheels: Path) -> Mapping[str, str]:
    foreign = ("AIRFLOW", "_AIRFLOW", "PYTHON", "VIRTUAL_ENV")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {
        **inherited,
        "HOME": str(folder),
        "AIRFLOW_HOME": str(folder / "airflow"),
        "PATH": f"{folder / 'venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PIP_FIND_LINKS": str(wheels),
        "NO_PROXY": "127.0.0.1,localhost",
    }


def _rows_after(folder: Path, commands: Sequence[str], environment: Mapping[str, str]) -> int | None:
    """Give the commands in one shell, as a user does; return how many rows the tenant has handed out."""
    script = "set -ex\n" + "\n".join(commands)
    shell = subprocess.Popen(["sh", "-c", script], cwd=folder, env=dict(environment), start_new_session=True)
    try:
        status = shell.wait(LIMIT)
        return _rows_of_the_tenant() if status == 0 else None
    finally:
        with suppress(ProcessLookupError):  # The emulator that the commands have left in the background.
            os.killpg(shell.pid, signal.SIGTERM)


def _rows_of_the_tenant() -> int | None:
    request = Request(f"{_TENANT}/_emulator/queries", headers={"Authorization": f"Bearer {_KEY}"})
    with urlopen(request, timeout=30) as answer:
        queries = json.load(answer)["queries"]
    finished = [query["rows"] for query in queries if query["finished"] and not query["cancelled"]]
    return finished[0] if len(finished) == 1 else None


if __name__ == "__main__":
    sys.exit(main())
