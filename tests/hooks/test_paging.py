"""Pages are read in order, one ahead of the caller and no more, in smaller sizes where the server cannot bring so many."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.exceptions import BadRequestError, ForeignTenantError
from airflow_provider_veza.hooks.veza import VezaHook
from hooks.tenant_site import Site, foreign_handle, in_an_hour, query
from veza_emulator.tenant.faults import FaultKind

GET = "nodes_async_get"


@pytest.fixture
def handle(site: Site) -> QueryHandle:
    handle = site.connect().submit(query(), deadline=in_an_hour())
    site.let_queries_end()
    return handle


async def read(hook: VezaHook, handle: QueryHandle, after: str | None = None) -> list[Any]:
    async with hook.query(handle).reading_ahead(after) as ahead:
        return [row async for page in ahead.pages for row in page.rows]


def test_all_rows_come_in_the_order_of_the_pages(site: Site, handle: QueryHandle) -> None:
    hook = site.connect(page_size=5)

    assert asyncio.run(read(hook, handle)) == [row for page in hook.pages(handle) for row in page.rows]


def test_reading_can_begin_at_a_later_page(site: Site, handle: QueryHandle) -> None:
    hook = site.connect(page_size=5)
    first = next(hook.pages(handle))

    assert len(asyncio.run(read(hook, handle, first.next_page_token))) == 7


def test_the_next_page_is_in_flight_while_the_caller_works_and_no_more_than_that(
    site: Site, handle: QueryHandle
) -> None:
    hook = site.connect(page_size=2)
    asked: list[int] = []

    async def slow_caller() -> None:
        async with hook.query(handle).reading_ahead() as ahead:
            async for _ in ahead.pages:
                while len(site.seen) < len(asked) + 2 + 1 and len(asked) < 5:
                    await asyncio.sleep(0)
                for _turn in range(200):
                    await asyncio.sleep(0)
                asked.append(sum(GET in seen for seen in site.seen))

    asyncio.run(slow_caller())

    assert asked == [2, 3, 4, 5, 6, 6]


def test_a_caller_that_stops_early_leaves_nothing_in_flight(site: Site, handle: QueryHandle) -> None:
    hook = site.connect(page_size=2)

    async def first_page() -> int:
        async with hook.query(handle).reading_ahead() as ahead:
            async for page in ahead.pages:
                return len(page.rows)
        return 0

    assert asyncio.run(first_page()) == 2


@pytest.mark.parametrize("status", [400, 413, 504])
def test_a_page_that_is_refused_is_asked_for_in_halves(site: Site, handle: QueryHandle, status: int) -> None:
    hook = site.connect(page_size=8)
    site.spoil(FaultKind.STATUS, GET, status=status, times=5 if status == 504 else 1)

    assert len(asyncio.run(read(hook, handle))) == 12
    assert len(list(hook.pages(handle))) == 2


def test_a_page_that_does_not_come_in_time_is_asked_for_in_halves(site: Site, handle: QueryHandle) -> None:
    hook = site.connect(page_size=8, read_timeout=1.0)
    site.spoil(FaultKind.SLOW_HEADERS, GET, seconds=10, times=1)

    assert len(asyncio.run(read(hook, handle))) == 12


def test_a_server_that_brings_not_even_one_row_is_given_up(site: Site, handle: QueryHandle) -> None:
    hook = site.connect(page_size=4)
    site.spoil(FaultKind.STATUS, GET, status=400, times=None)
    with pytest.raises(BadRequestError):
        asyncio.run(read(hook, handle))

    assert len([seen for seen in site.seen if seen == f"query_spec:{GET} 400"]) == 3


def test_repetitions_are_counted(site: Site, handle: QueryHandle) -> None:
    hook = site.connect(page_size=5)
    site.spoil(FaultKind.STATUS, GET, status=503, times=2)

    async def repeats() -> int:
        async with hook.query(handle).reading_ahead() as ahead:
            async for _ in ahead.pages:
                pass
            return ahead.reader.repeats

    assert asyncio.run(repeats()) == 2


def test_another_tenants_query_is_not_read(site: Site) -> None:
    with pytest.raises(ForeignTenantError):
        asyncio.run(read(site.connect(), foreign_handle()))
