"""The two loops that read a result page by page, sync and async.

The order and the size of pages are decided in :mod:`airflow_provider_veza.async_query.pages`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.message import Call, Response
from airflow_provider_veza.async_query.pages import PageSize, PageTrail
from airflow_provider_veza.async_query.retry import RetryPolicy
from airflow_provider_veza.async_query.service import QueryService
from airflow_provider_veza.async_query.task_log import TaskLog
from airflow_provider_veza.async_query.vocabulary import Page
from airflow_provider_veza.exceptions import RequestError, ResultsDeadlineError
from airflow_provider_veza.hooks.wall_clock import utc_now

Run = Callable[[Call[Page], RetryPolicy, float | None], Page]
RunAsync = Callable[[Call[Page], RetryPolicy, float | None], Awaitable[Page]]


@dataclass(frozen=True)
class AheadOfCaller:
    """Pages that are read ahead of their caller, and how that goes."""

    reader: PageReader
    pages: AsyncIterator[Page]


class PageReader:
    """Reads the pages of one succeeded query in order.

    :param first_token: the token of the page to begin with; None for the first.
    :param end: when all must have been read; None for whenever.
    """

    def __init__(
        self,
        service: QueryService,
        query_id: str,
        log: TaskLog,
        first_token: str | None = None,
        end: Deadline | None = None,
    ) -> None:
        self._service = service
        self._query_id = query_id
        self._log = log
        self._token = first_token
        self._end = end
        self._trail = PageTrail(first_token)
        self._size = PageSize(service.page_size)
        self.repeats = 0
        """Requests for pages that had to be sent again."""

    def pages(self, run: Run) -> Iterator[Page]:
        """Yield the pages, one request each, asked for when the caller wants it."""
        while True:
            page = self._one(run)
            self._token = self._trail.advance(page)
            yield page
            if self._token is None:
                return

    async def pages_ahead(self, run: RunAsync) -> AsyncGenerator[Page]:
        """Yield the pages; while the caller works on one, the next is in flight, and no more than that."""
        coming: asyncio.Task[Page] | None = asyncio.create_task(self._one_async(run))
        try:
            while coming is not None:
                page = await coming
                self._token = self._trail.advance(page)
                coming = asyncio.create_task(self._one_async(run)) if self._token is not None else None
                yield page
        finally:
            if coming is not None:
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)

    def _one(self, run: Run) -> Page:
        while True:
            try:
                return run(self._call(), self._size.retry, self._time_left())
            except RequestError as e:
                self._ask_for_less(e)

    async def _one_async(self, run: RunAsync) -> Page:
        while True:
            try:
                return await run(self._call(), self._size.retry, self._time_left())
            except RequestError as e:
                self._ask_for_less(e)

    def _time_left(self) -> float | None:
        """Return the seconds for the next page; None where there is no end.

        :raises ResultsDeadlineError: when none are left.
        """
        if self._end is None:
            return None
        left = self._end.remaining(utc_now()).total_seconds()
        if left <= 0:
            raise ResultsDeadlineError(
                f"The deadline {self._end.at.isoformat()} came while the rows were read, so they are not delivered. The query "
                "itself succeeded; raise timeout if its rows need longer.",
                about=f"query {self._query_id}",
            )
        return left

    def _call(self) -> Call[Page]:
        call = self._service.page(self._query_id, self._token, self._size.rows)

        def read(response: Response) -> Page:
            self.repeats += response.attempts - 1
            return call.read(response)

        return replace(call, read=read)

    def _ask_for_less(self, error: RequestError) -> None:
        self._time_left()
        smaller = self._size.smaller(error)
        if smaller is None:
            raise error
        self._log.warning("A page of %s rows could not be had; asking for %s. %s", self._size.rows, smaller.rows, error)
        self._size = smaller
        self.repeats += 1
