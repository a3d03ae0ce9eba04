"""Compressed lines and ends of parts are written in a thread while reading goes on; the rest once the next page is asked for."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.rows import JsonRows
from airflow_provider_veza.async_query.vocabulary import Page
from airflow_provider_veza.hooks.landing_loop import LandingOrder, land
from airflow_provider_veza.hooks.paging import AheadOfCaller, PageReader
from airflow_provider_veza.results.batches import Batch
from airflow_provider_veza.results.landing import Landing
from airflow_provider_veza.results.landing_limits import LandingLimits
from airflow_provider_veza.services.veza_layout import LAYOUT
from airflow_provider_veza.services.veza_nodes import VezaNodesService

LOG = logging.getLogger(__name__)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LONG = "x" * 3 * 1024 * 1024
"""More than any format waits for."""
PAGES = 3
HERE = [("here", 2), ("here", 3), ("here", 3)]
IN_A_THREAD = [("in a thread", 2), ("in a thread", 3), ("in a thread", 3)]


class Query:
    """A query whose pages come a turn of the loop later, as they do off a socket."""

    layout = LAYOUT
    handle = QueryHandle(
        "veza_nodes", "q1", "https://acme.vezacloud.com", "veza", NOW, Deadline.after(NOW, timedelta(hours=1)), "f1"
    )

    def __init__(self) -> None:
        self.asked = 0

    @asynccontextmanager
    async def reading_ahead(self, first_token: str | None = None) -> AsyncIterator[AheadOfCaller]:
        reader = PageReader(VezaNodesService(), "q1", LOG, first_token)
        yield AheadOfCaller(reader, reader.pages_ahead(self._page))

    async def _page(self, *_: Any) -> Page:
        self.asked += 1
        number = self.asked
        await asyncio.sleep(0)
        token = f"page-{number}" if number < PAGES else None
        return Page(JsonRows.of([{"id": str(number), "note": LONG}]), token)


@pytest.mark.parametrize(
    ("output_format", "compression", "part_bytes", "expected"),
    [
        ("csv", None, 10**9, HERE),
        ("parquet", None, 10**9, HERE),
        ("csv", None, 1, IN_A_THREAD),
        ("jsonl", None, 10**9, HERE),
        ("jsonl", None, 1, IN_A_THREAD),
        ("jsonl", "gzip", 10**9, IN_A_THREAD),
        ("jsonl", "zstd", 10**9, IN_A_THREAD),
    ],
)
def test_a_batch_is_written_when_the_next_page_is_asked_for(
    output_format: str,
    compression: str | None,
    part_bytes: int,
    expected: list[tuple[str, int]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    query, write, seen = Query(), Landing.write, []

    def noted(landing: Landing, batch: Batch) -> None:
        is_here = threading.current_thread() is threading.main_thread()
        seen.append(("here" if is_here else "in a thread", query.asked))
        write(landing, batch)

    monkeypatch.setattr(Landing, "write", noted)
    order = LandingOrder(tmp_path.as_uri(), output_format, compression, limits=LandingLimits(part_bytes=part_bytes))

    assert land(cast("Any", query), order, LOG, lambda **_: None).rows == PAGES
    assert seen == expected
