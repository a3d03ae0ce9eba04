"""The loop that reads the rows of a succeeded query and lands them in a folder.

What becomes durable, and when, is decided in :mod:`airflow_provider_veza.results.landing`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from airflow_provider_veza.async_query.task_log import TaskLog
from airflow_provider_veza.exceptions import (
    BadRequestError,
    EndedFromOutsideError,
    LandingError,
    NotFoundError,
    ResultsError,
)
from airflow_provider_veza.hooks.bound import BoundQuery
from airflow_provider_veza.hooks.wall_clock import utc_now
from airflow_provider_veza.results.batches import Batch
from airflow_provider_veza.results.folder import Folder
from airflow_provider_veza.results.formats.known_formats import output_format
from airflow_provider_veza.results.landing import Landing
from airflow_provider_veza.results.landing_limits import LandingLimits
from airflow_provider_veza.results.landing_plan import LandingPlan
from airflow_provider_veza.results.manifest import Manifest
from airflow_provider_veza.results.scratch import scratch_folder
from airflow_provider_veza.results.table_options import NO_OPTIONS, TableOptions

_TURNS_TO_SEND = 2
"""Of the event loop: the task begins and takes a connection, and through a proxy a task of aiohttp's own writes the request."""


class AttemptCheck(Protocol):
    """Raises if this attempt of the task may not go on; asks Airflow as rarely as that allows, unless ``surely``."""

    def __call__(self, *, surely: bool = False) -> None:
        """Return if it may go on."""
        ...


@dataclass(frozen=True)
class LandingOrder:
    """What the author of a DAG asked for.

    :param select: names of the columns to write, in this order; None for all.
    :param options: what else was chosen of a table.
    :param run_at: when the run of the task was due (UTC); None where Airflow does not say.
    """

    output_path: str
    output_format: str
    compression: str | None = None
    select: tuple[str, ...] | None = None
    limits: LandingLimits = field(default_factory=LandingLimits)
    options: TableOptions = NO_OPTIONS
    run_at: datetime | None = None

    def plan(self, query: BoundQuery, scratch: Path) -> LandingPlan:
        """Return how the rows of one query are to be landed.

        :raises ArgumentError: when format, compression and columns do not go together, or need a library that is not here.
        """
        form = output_format(
            self.output_format,
            compression=self.compression,
            layout=query.layout,
            select=self.select,
            options=self.options,
        )
        folder = Folder(self.output_path)
        return LandingPlan(folder, query.handle, form, scratch, self.select, self.limits, self.options, self.run_at)


def is_landed(query: BoundQuery, order: LandingOrder, log: TaskLog) -> bool:
    """Whether this very result lies in its folder, whole; nothing is written, and the service is not asked."""
    with scratch_folder() as scratch:
        return Landing(order.plan(query, scratch), log, utc_now).is_landed()


def land(query: BoundQuery, order: LandingOrder, log: TaskLog, check: AttemptCheck) -> Manifest:
    """Land the rows, going on where an attempt before was stopped, and return the manifest.

    A result that must not be landed leaves nothing behind. An error that a retry may heal leaves what is durable. An attempt
    that is ended from outside makes durable what it has, for the next attempt.

    :param check: raises if this attempt may not go on; called before each page is taken and before the manifest is written.
    :raises ResultsError: when the rows cannot be brought.
    :raises RequestError: when a page could not be had.
    """
    with scratch_folder() as scratch:
        landing = Landing(order.plan(query, scratch), log, utc_now)
        try:
            landed = landing.begin()
            if landed is not None:
                return landed
            retries = 0 if landing.progress.all_read else asyncio.run(_take_all(query, landing, check))
            check(surely=True)
            return landing.finish(retries)
        except EndedFromOutsideError:
            landing.pause()
            raise
        except LandingError:
            raise
        except ResultsError:
            landing.abandon()
            raise


async def _take_all(query: BoundQuery, landing: Landing, check: AttemptCheck) -> int:
    begun_at = landing.progress.next_page_token
    try:
        return await _take_the_rest(query, landing, check)
    except (BadRequestError, NotFoundError):
        if begun_at is None or landing.progress.next_page_token != begun_at:
            raise
    await asyncio.to_thread(landing.start_over)
    return await _take_the_rest(query, landing, check)


async def _take_the_rest(query: BoundQuery, landing: Landing, check: AttemptCheck) -> int:
    async with (
        query.reading_ahead(landing.progress.next_page_token) as ahead,
        _writing_aside(landing) as writing,
    ):
        async for page in ahead.pages:
            check()
            batch = landing.hold(page)
            if batch is not None:
                await writing.begin(batch)
        await writing.end()
        return ahead.reader.repeats


class _Writing:
    """Writes batches one at a time: in a thread, while the caller reads on, or at once, while the next page is on its way.

    Two threads that both build objects wait for each other at each step: on a busy machine that cost a sixth more. And what one
    thread has read has left the processor's cache before another writes it.
    """

    def __init__(self, landing: Landing) -> None:
        self._landing = landing
        self._going: asyncio.Task[None] | None = None

    async def begin(self, batch: Batch) -> None:
        """Begin to write a batch, once the one before is written; raises what went wrong with that one."""
        await self.end()
        if self._landing.is_better_written_here(batch):
            await _let_the_next_request_leave()
            self._landing.write(batch)
        else:
            self._going = asyncio.create_task(asyncio.to_thread(self._landing.write, batch))

    async def end(self) -> None:
        """Wait until all is written; raises what went wrong with it."""
        if self._going is not None:
            await self._going

    async def wait(self) -> None:
        """Wait until nothing is being written any more, well or not."""
        if self._going is not None:
            await asyncio.wait([self._going])


async def _let_the_next_request_leave() -> None:
    """Give the loop the turns that a request on an open connection needs until it is sent."""
    for _ in range(_TURNS_TO_SEND):
        await asyncio.sleep(0)


@asynccontextmanager
async def _writing_aside(landing: Landing) -> AsyncIterator[_Writing]:
    writing = _Writing(landing)
    try:
        yield writing
    finally:
        # Parts are removed after an error: no thread may still write one then.
        await writing.wait()
