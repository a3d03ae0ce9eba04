"""One folder per run, kept for reading afterwards: Airflow's home, and the log of every process."""

from __future__ import annotations

import fcntl
import itertools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
RUNS = REPOSITORY / ".run"


@contextmanager
def claimed_run_folder(name: str) -> Iterator[Path]:
    """Claim `.run/<name>`, or `<name>-2`, `-3` ... while another run holds it, and empty it."""
    RUNS.mkdir(exist_ok=True)
    for number in itertools.count(1):
        folder = RUNS / (name if number == 1 else f"{name}-{number}")
        with folder.with_name(f"{folder.name}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            yield folder
            return


def tail(path: Path, lines: int = 25) -> str:
    """Return the end of a log, under its name."""
    text = path.read_text(errors="replace").splitlines() if path.exists() else ["(no such file)"]
    return "\n".join([f"--- {path}", *text[-lines:]])
