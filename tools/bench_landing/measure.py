"""Runs each way several times in fresh processes that take turns, so that a busy machine slows all, and keeps medians."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from statistics import median

from tools.bench_landing.child import MARK
from tools.bench_landing.tenant import Tenant
from tools.bench_landing.ways import Way

# No request rate or page size of a real tenant is in the way.
_CONNECTION_EXTRA = {"page_size": 1_000, "rate_limit": 1_000_000, "stale_grace": 0}


class RunFailedError(Exception):
    """A way ended without a sample."""


@dataclass(frozen=True)
class Sample:
    """What one run took, or the medians of several.

    :param wall: seconds from the first request until the last file is closed; imports are not in it.
    :param cpu: seconds of CPU of the process, all threads.
    :param idle_mib: peak of the process before the first request, with all imported.
    :param peak_mib: peak of the process.
    :param file_mib: of all files written.
    """

    wall: float
    cpu: float
    idle_mib: float
    peak_mib: float
    file_mib: float

    @property
    def growth_mib(self) -> float:
        """By how much landing raised the peak."""
        return self.peak_mib - self.idle_mib


Samples = Mapping[Way, Sample]


def measure(ways: Iterable[Way], tenant: Tenant, *, runs: int, folder: str) -> Samples:
    """Return the medians of each way; one that fails is reported and left out."""
    taken: dict[Way, list[Sample]] = {way: [] for way in ways}
    for run in range(runs):
        print(f"{tenant.rows:,} rows, run {run + 1} of {runs}", file=sys.stderr)
        for way in list(taken):
            try:
                taken[way].append(_run(way, tenant, folder))
            except RunFailedError as e:
                print(f"{way.title}: not measured: {e}", file=sys.stderr)
                del taken[way]
    return {way: _medians(samples) for way, samples in taken.items()}


def _run(way: Way, tenant: Tenant, folder: str) -> Sample:
    arguments = (way.target, str(tenant.port), str(tenant.rows), folder, *way.libraries)
    command = (sys.executable, "-m", "tools.bench_landing.child", *arguments)
    done = subprocess.run(command, env=_environment(tenant, folder), capture_output=True, text=True, check=False)
    # Airflow may log to the same stream.
    answers = [line for line in done.stdout.splitlines() if line.startswith(MARK)]
    if not answers:
        raise RunFailedError((done.stderr.strip() or done.stdout.strip() or "no answer").splitlines()[-1])
    return Sample(**json.loads(answers[-1].removeprefix(MARK)))


def _environment(tenant: Tenant, folder: str) -> dict[str, str]:
    connection = {"conn_type": "veza", "host": tenant.url, "password": "key", "extra": _CONNECTION_EXTRA}
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | {
        # What is installed has bytecode, whichever way it is of.
        "PYTHONPYCACHEPREFIX": f"{folder}/bytecode",
        "AIRFLOW_HOME": f"{folder}/airflow",
        "AIRFLOW_CONN_VEZA_BENCH": json.dumps(connection),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        "NO_PROXY": "127.0.0.1",
        # Parts are made where they are landed, so that this compares no copying from disk to disk.
        "TMPDIR": folder,
    }


def _medians(samples: list[Sample]) -> Sample:
    return Sample(**{field.name: median(getattr(sample, field.name) for sample in samples) for field in fields(Sample)})
