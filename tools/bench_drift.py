"""What comparing two landed results costs in time and memory, at 10,000 and at 1,000,000 rows, each in its own process."""

from __future__ import annotations

import argparse
import json
import logging
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.rows import JsonRows
from airflow_provider_veza.async_query.vocabulary import Page
from airflow_provider_veza.results.drift.comparability import DriftWishes, agreed_rule
from airflow_provider_veza.results.drift.comparison import comparison
from airflow_provider_veza.results.drift.landed_drift import DriftPlan, land_drift
from airflow_provider_veza.results.folder import Folder
from airflow_provider_veza.results.formats.known_formats import output_format
from airflow_provider_veza.results.landing import Landing
from airflow_provider_veza.results.landing_plan import LandingPlan
from airflow_provider_veza.results.reading import LandedResult
from airflow_provider_veza.services.veza_layout import LAYOUT

SIZES = (10_000, 1_000_000)
BUDGET_MIB = 256
"""More memory at a million rows than at ten thousand: DuckDB's own limit, and as much again for what it does not count."""
_PAGE_ROWS = 1_000
_LOG = logging.getLogger("bench")
_LOG.setLevel(logging.WARNING)


def main() -> int:
    """Measure, print, and return 1 past the budget."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--format", default="jsonl", help="of the compared results (default: %(default)s)")
    parser.add_argument("--sizes", type=int, nargs=2, default=SIZES, metavar="ROWS", help="(default: %(default)s)")
    parser.add_argument("--compare", type=int, metavar="ROWS", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.compare is not None:
        print(json.dumps(_compared(arguments.folder)))
        return 0
    peaks = [_measured(arguments.format, rows) for rows in arguments.sizes]
    print(f"growth of the peak: {peaks[1] - peaks[0]:.0f} MiB (budget {BUDGET_MIB})")
    return int(peaks[1] - peaks[0] > BUDGET_MIB)


def _measured(form: str, rows: int) -> float:
    """Land two results, compare them in a fresh process, print what that took, and return its peak in MiB."""
    with TemporaryDirectory(prefix="bench-drift-") as folder:
        for night in (0, 1):
            _land(Path(folder), form, rows, night)
        script = [sys.executable, "-m", "tools.bench_drift", "--compare", str(rows), "--folder", folder]
        done = subprocess.run(script, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    print(
        f"{rows:>9,} rows each, {form}: {found['seconds']:.1f} s of CPU, {found['seconds'] / rows / 2 * 1e6:.1f} us a row, peak "
        f"{found['peak_mib']:.0f} MiB, imports alone {found['idle_mib']:.0f} MiB; {found['counts']}"
    )
    return float(found["peak_mib"])


def _compared(folder: Path) -> dict[str, Any]:
    import duckdb

    idle, started = _peak_mib(), time.process_time()
    assert duckdb.__version__
    from airflow_provider_veza.results.reading import read_manifest

    nights = [read_manifest(str(folder / str(night)), layout=LAYOUT) for night in (0, 1)]
    scratch = folder / "scratch"
    scratch.mkdir()
    rule = agreed_rule(nights[1], nights[0], DriftWishes())
    with comparison(nights[1], nights[0], rule, scratch) as differences:
        plan = DriftPlan(Folder(str(folder / "drift")), "jsonl", None, scratch, _LOG, _now)
        counts = land_drift(differences, plan).differences.counts
    return {
        "seconds": time.process_time() - started,
        "peak_mib": _peak_mib(),
        "idle_mib": idle,
        "counts": counts.to_json(),
    }


def _land(folder: Path, form: str, rows: int, night: int) -> LandedResult:
    """Land nodes of about 400 bytes; of a hundred, two are new, two gone and five changed the night after."""
    at = _now()
    handle = QueryHandle(
        "veza_nodes", f"q{night}", "https://acme", "veza_default", at, Deadline.after(at, timedelta(1)), "f"
    )
    with TemporaryDirectory() as scratch:
        plan = LandingPlan(Folder(str(folder / str(night))), handle, output_format(form, layout=LAYOUT), Path(scratch))
        landing = Landing(plan, _LOG, _now)
        landing.begin()
        for page in _pages(rows, night):
            landing.take(page)
        return LandedResult(plan.folder, landing.finish(), LAYOUT)


def _pages(rows: int, night: int) -> Iterator[Page]:
    for start in range(0, rows, _PAGE_ROWS):
        page = [_node(n, night) for n in range(start, min(start + _PAGE_ROWS, rows))]
        yield Page(JsonRows.of(page), str(start) if start + _PAGE_ROWS < rows else None)


def _node(number: int, night: int) -> dict[str, Any]:
    name = f"{number}-{night}" if number % 100 < 2 else str(number)
    team = f"team-{night if 2 <= number % 100 < 7 else number % 40}"
    return {
        "id": f"arn:aws:iam::877042069677:user/{name}",
        "type": "AwsIamUser",
        "properties": {
            "aws_account_id": "877042069677",
            "created_at": "2021-11-15T15:14:47Z",
            "full_admin": number % 9 == 0,
            "last_used_at": f"2026-01-0{night + 1}T00:00:00Z",
            "name": name,
            "team": team,
        },
        "destination_node_count": number % 30 + night,
        "permissions": [],
        "access_stats": None,
        "risk_level": "CRITICAL",
        "raw_permissions": ["s3:GetObject", "s3:PutObject"],
    }


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    sys.exit(main())
