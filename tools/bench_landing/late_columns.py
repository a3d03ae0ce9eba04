"""What it costs when each page brings one property that no page before had; pages in memory, no wire.

Each row has a field in each column, so that twice the pages are four times the cells: what a cell costs must not grow.
"""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.rows import JsonRows
from airflow_provider_veza.async_query.vocabulary import Page
from airflow_provider_veza.results.folder import Folder
from airflow_provider_veza.results.formats.known_formats import output_format
from airflow_provider_veza.results.landing import Landing
from airflow_provider_veza.results.landing_plan import LandingPlan
from airflow_provider_veza.services.veza_layout import LAYOUT

_SIZES = (500, 1_000, 2_000)
_FORMATS = ("csv", "parquet")
_LINE = "{:<10}{:>8}{:>10}{:>8}{:>12}{:>12}{:>10}"


def main() -> None:
    """Land results of each size, and print what a page and a cell cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, nargs="+", default=_SIZES)
    parser.add_argument("--rows", type=int, default=100, help="of each page (default: %(default)s)")
    arguments = parser.parse_args()
    print(_LINE.format("format", "pages", "columns", "CPU s", "ms a page", "ns a cell", "MiB"))
    for name in _FORMATS:
        _land(name, 10, arguments.rows)
        for pages in arguments.pages:
            columns, seconds, size = _land(name, pages, arguments.rows)
            a_page, a_cell = seconds / pages * 1e3, seconds / (pages * arguments.rows * columns) * 1e9
            shown = (f"{seconds:.2f}", f"{a_page:.2f}", f"{a_cell:.1f}", f"{size:.0f}")
            print(_LINE.format(name, pages, columns, *shown))


def _land(name: str, pages: int, rows: int) -> tuple[int, float, float]:
    """Return columns, seconds of CPU, and MiB of parts."""
    prepared = list(_pages(pages, rows))
    with TemporaryDirectory() as folder:
        scratch = Path(folder, "scratch")
        scratch.mkdir()
        plan = LandingPlan(Folder(f"{folder}/landed"), _handle(), output_format(name, layout=LAYOUT), scratch)
        landing = Landing(plan, logging.getLogger(__name__), lambda: datetime.now(UTC))
        begun = time.process_time()
        landing.begin()
        for page in prepared:
            landing.take(page)
        manifest = landing.finish()
        return len(manifest.columns), time.process_time() - begun, manifest.bytes / 2**20


def _pages(pages: int, rows: int) -> Iterator[Page]:
    for page in range(pages):
        token = f"page-{page + 1}" if page + 1 < pages else None
        yield Page(JsonRows.of([_row(page, page * rows + row) for row in range(rows)]), token)


def _row(page: int, number: int) -> dict[str, object]:
    properties = {
        "name": f"User {number}",
        "created_at": "2026-01-31T12:00:00Z",
        "is_active": number % 2 == 0,
        "note": "x" * 250,
        f"tag_{page}": f"value {number}",
    }
    return {"id": f"00u{number:07d}", "type": "OktaUser", "properties": properties, "destination_node_count": number}


def _handle() -> QueryHandle:
    now = datetime.now(UTC)
    deadline = Deadline.after(now, timedelta(hours=1))
    return QueryHandle("veza_nodes", "q1", "https://acme.vezacloud.com", "veza_default", now, deadline, "f1")


if __name__ == "__main__":
    main()
