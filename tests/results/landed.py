"""Landing without a network: pages in memory, a folder on disk, and an attempt that can be stopped anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from logging import getLogger
from pathlib import Path
from shutil import rmtree
from typing import Any

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.rows import JsonRows
from airflow_provider_veza.async_query.vocabulary import Page
from airflow_provider_veza.results.folder import Folder
from airflow_provider_veza.results.formats.known_formats import output_format
from airflow_provider_veza.results.landing import Landing
from airflow_provider_veza.results.landing_limits import LandingLimits
from airflow_provider_veza.results.landing_plan import LandingPlan
from airflow_provider_veza.results.manifest import Manifest
from airflow_provider_veza.results.reading import read_manifest
from airflow_provider_veza.results.table_options import NO_OPTIONS, TableOptions
from airflow_provider_veza.services.veza_layout import LAYOUT

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SMALL_PARTS = LandingLimits(part_bytes=200)


def handle_of(query_id: str = "q1") -> QueryHandle:
    """Return the handle of a query."""
    deadline = Deadline.after(START, timedelta(hours=1))
    return QueryHandle("veza_nodes", query_id, "https://acme.vezacloud.com", "veza_default", START, deadline, "f1")


def users(count: int, first: int = 0) -> list[dict[str, Any]]:
    """Return rows of about 70 bytes."""
    return [
        {"id": f"00u{n:05d}", "type": "OktaUser", "properties": {"name": f"User {n}", "is_active": n % 2 == 0}}
        for n in range(first, first + count)
    ]


def pages_of(rows: Sequence[Any], size: int = 2, **of_every_page: Any) -> list[Page]:
    """Return the rows in pages; page n is found by token ``t{n}``."""
    starts = list(range(0, len(rows), size)) or [0]
    last = len(starts) - 1
    return [
        Page(JsonRows.of(rows[start : start + size]), None if n == last else f"t{n + 1}", **of_every_page)
        for n, start in enumerate(starts)
    ]


class Crashed(BaseException):
    """The process ended here."""


@dataclass
class Lander:
    """Lands pages into a folder as attempts of a task would; time stands still unless it is moved.

    :param url: of the folder, where it is not on a disk below ``place``.
    """

    place: Path
    query_id: str = "q1"
    format: str = "jsonl"
    compression: str | None = None
    select: tuple[str, ...] | None = None
    limits: LandingLimits = SMALL_PARTS
    now: datetime = START
    url: str = ""
    options: TableOptions = NO_OPTIONS
    run_at: datetime | None = None

    @property
    def folder(self) -> Folder:
        return Folder(self.url or str(self.place / "landed"))

    def landing(self) -> Landing:
        """Return a new attempt."""
        scratch = self.place / "scratch"
        scratch.mkdir(exist_ok=True)
        of_table = {"layout": LAYOUT, "select": self.select, "options": self.options}
        form = output_format(self.format, compression=self.compression, **of_table)
        handle, options = handle_of(self.query_id), self.options
        plan = LandingPlan(self.folder, handle, form, scratch, self.select, self.limits, options, self.run_at)
        return Landing(plan, getLogger("landing"), lambda: self.now)

    def land(self, pages: Sequence[Page], *, crash_after: int | None = None) -> Manifest:
        """Make one attempt, which may crash after so many pages of its own."""
        landing = self.landing()
        landed = landing.begin()
        if landed is not None:
            return landed
        if not landing.progress.all_read:
            for taken, page in enumerate(following(pages, landing.progress.next_page_token)):
                if taken == crash_after:
                    raise Crashed
                landing.take(page)
        if crash_after is not None:
            raise Crashed
        return landing.finish()

    def crash(self, pages: Sequence[Page], after: int) -> None:
        """Make an attempt that crashes."""
        try:
            self.land(pages, crash_after=after)
        except Crashed:
            rmtree(self.place / "scratch")  # The next attempt's is another one.
            return
        raise AssertionError("the attempt did not get so far")

    def rows(self) -> list[Any]:
        """Return what a reader of the folder gets, after a check of every part."""
        result = read_manifest(str(self.folder))
        result.verify()
        return [dict(row) for row in result]

    def files(self) -> set[str]:
        """Return the names of all files."""
        return set(self.folder.names())

    def as_query(self, query_id: str) -> Lander:
        """Return a lander of another query into the same folder."""
        return replace(self, query_id=query_id)


def following(pages: Sequence[Page], token: str | None) -> Iterator[Page]:
    """Return the pages from that token on."""
    yield from pages if token is None else pages[int(token[1:]) :]
