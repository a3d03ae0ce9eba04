"""The process that runs one way once and prints what it took; started afresh for each run, so that peaks are its own."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.bench_landing.tenant import Tenant
from tools.bench_landing.ways import Landing, load

MARK = "ANSWER "
# Small, so that it changes nothing in how this process gets memory for itself.
_BLOCK = bytes(64 * 1024)
_ROWS_A_BLOCK = 125
_UNITS_PER_MIB = 2**20 if sys.platform == "darwin" else 2**10


def main(target: str, port: str, rows: str, base: str, *libraries: str) -> None:
    """Run the way in a folder of its own below ``base`` and print the sample."""
    landing, tenant = load(target, libraries), Tenant(int(port), int(rows))
    with TemporaryDirectory(dir=base) as folder:
        sample = _sample(landing, tenant, Path(folder))
    print(MARK, json.dumps(sample), sep="")


def _sample(landing: Landing, tenant: Tenant, folder: Path) -> dict[str, float]:
    _touch_memory(folder, tenant)
    idle, wall, cpu = _peak_mib(), time.perf_counter(), time.process_time()
    landed = landing(tenant, folder)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    if landed != tenant.rows:
        raise ValueError(f"{landed} of {tenant.rows} rows came")
    return {"wall": wall, "cpu": cpu, "idle_mib": idle, "peak_mib": _peak_mib(), "file_mib": _file_mib(folder)}


def _touch_memory(folder: Path, tenant: Tenant) -> None:
    """Make the system own as much free memory as the files will take.

    A virtual machine hands free memory back to its host, and what it then takes anew was seen to cost ten times a write.
    """
    file = folder / "touched"
    with file.open("wb") as touched:
        for _ in range(tenant.rows // _ROWS_A_BLOCK):
            touched.write(_BLOCK)
    file.unlink()


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _UNITS_PER_MIB


def _file_mib(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 2**20


if __name__ == "__main__":
    main(*sys.argv[1:])
