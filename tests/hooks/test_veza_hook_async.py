"""The async twins against a tenant over real sockets: one client for all, one look-up for all, and rotated keys."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.service import Cancellation
from airflow_provider_veza.async_query.vocabulary import Phase, Snapshot
from airflow_provider_veza.exceptions import (
    ConnectionSettingsError,
    ForeignTenantError,
    RepeatedPageTokenError,
    UnauthorizedError,
)
from airflow_provider_veza.hooks import base
from airflow_provider_veza.hooks.settings_cache import SettingsCache
from airflow_provider_veza.hooks.veza import VezaHook
from airflow_provider_veza.hooks.veza_settings import VezaSettings
from airflow_provider_veza.transport import shared
from airflow_provider_veza.transport.turnstile import turnstile_of
from hooks.tenant_site import CONN_ID, Site, in_an_hour, query
from transport.servers import HttpServer, answer
from veza_emulator.tenant.faults import FaultKind
from veza_emulator.tenant.oauth import TokenIssuer

NEW_KEY = "k2-rotated-api-key"
MANY = 100


class CountingHook(VezaHook):
    """Counts how often its connection is looked up."""

    look_ups = 0

    def read_settings(self, conn: Any) -> VezaSettings:
        type(self).look_ups += 1
        return super().read_settings(conn)


@pytest.fixture
def counting_hook(site: Site) -> type[CountingHook]:
    """Return a class of hooks on the tenant's connection that begins to count at zero."""
    site.connect()
    return type("CountingHookOfThisTest", (CountingHook,), {})


@pytest.fixture
def handle(site: Site) -> QueryHandle:
    return site.connect().submit(query(), deadline=in_an_hour())


def rotate_key(site: Site) -> None:
    """Let the tenant take another key only."""
    site.demo.tenant.tokens = TokenIssuer(replace(site.demo.tenant.settings, api_key=NEW_KEY))


async def look_with_a_hook_of_its_own(cls: type[VezaHook], handle: QueryHandle) -> Snapshot:
    hook = cls(veza_conn_id=CONN_ID)
    async with hook.connected():
        return await hook.alook(handle)


def test_from_its_second_look_on_a_query_tells_the_pace_how_often_it_is_looked_at(
    site: Site, handle: QueryHandle
) -> None:
    hook = site.connect()

    async def look_three_times() -> None:
        async with hook.connected():
            bound = hook.query(handle)
            for _ in range(3):
                await bound.alook()

    asyncio.run(look_three_times())

    assert turnstile_of(hook.settings.transport.origin)._load._looks == 2


# Lifecycle


@pytest.mark.parametrize(("result_kind", "pages"), [("nodes", 3), ("result", 1)])
def test_a_query_of_each_family_runs_succeeds_and_delivers_its_rows(site: Site, result_kind: str, pages: int) -> None:
    hook = site.connect(page_size=5)
    spec = {**query().spec, "include_nodes": True}

    async def live() -> None:
        async with hook.connected():
            handle = await hook.asubmit(query(spec, result_kind=result_kind), deadline=in_an_hour())
            assert (await hook.alook(handle)).phase is Phase.RUNNING
            site.let_queries_end()
            assert (await hook.alook(handle)).phase is Phase.SUCCEEDED
            read = [page async for page in hook.apages(handle)]
            assert len(read) == pages
            assert len({row["source"]["id"] for page in read for row in page.rows}) == 12

    asyncio.run(live())


def test_sync_and_async_hooks_find_each_others_queries(site: Site, handle: QueryHandle) -> None:
    snapshot = asyncio.run(look_with_a_hook_of_its_own(VezaHook, handle))

    assert snapshot == site.connect().look(handle)


def test_a_page_token_that_repeats_ends_in_an_error(site: Site, handle: QueryHandle) -> None:
    hook = site.connect(page_size=5)
    site.let_queries_end()
    site.spoil(FaultKind.REPEAT_PAGE_TOKEN)

    async def read() -> list[Any]:
        async with hook.connected():
            return [page async for page in hook.apages(handle)]

    with pytest.raises(RepeatedPageTokenError):
        asyncio.run(read())


@pytest.mark.parametrize(
    ("is_ended", "expected"),
    [
        (False, Cancellation(True, Phase.RUNNING)),
        (True, Cancellation(False, Phase.SUCCEEDED, "the query had already ended (state DONE)")),
    ],
    ids=["running", "ended"],
)
def test_a_cancel_looks_first_and_cancels_only_what_runs(
    site: Site, handle: QueryHandle, is_ended: bool, expected: Cancellation
) -> None:
    hook = VezaHook()
    if is_ended:
        site.let_queries_end()

    async def cancel() -> Cancellation:
        async with hook.connected():
            return await hook.acancel(handle)

    assert asyncio.run(cancel()) == expected
    assert site.states == ["SUCCEEDED" if is_ended else "CANCELED"]


@pytest.mark.parametrize("touch", [VezaHook.alook, VezaHook.acancel], ids=["look", "cancel"])
def test_a_handle_of_another_tenant_is_refused_without_a_request(
    site: Site, touch: Callable[[VezaHook, QueryHandle], Any]
) -> None:
    hook = site.connect()
    foreign = QueryHandle("veza_nodes", "q1", "https://other.vezacloud.com", "other", datetime.now(UTC), in_an_hour())

    async def run() -> None:
        async with hook.connected():
            await touch(hook, foreign)

    with pytest.raises(ForeignTenantError):
        asyncio.run(run())
    assert site.seen == []


def test_a_connection_that_is_not_defined_is_named(site: Site, handle: QueryHandle) -> None:
    async def run() -> None:
        async with VezaHook(veza_conn_id="nowhere").connected() as hook:
            await hook.alook(handle)

    with pytest.raises(ConnectionSettingsError, match="'nowhere' is not defined"):
        asyncio.run(run())


# One client, one look-up


def test_many_hooks_at_once_share_one_client_and_one_look_up(
    site: Site, handle: QueryHandle, counting_hook: type[CountingHook]
) -> None:
    async def look() -> list[Snapshot]:
        return await asyncio.gather(*(look_with_a_hook_of_its_own(counting_hook, handle) for _ in range(MANY)))

    snapshots = asyncio.run(look())

    assert {snapshot.phase for snapshot in snapshots} == {Phase.RUNNING}
    assert counting_hook.look_ups == 1
    assert shared._leases == {}


def test_many_looks_at_once_keep_to_the_connections_limit_of_tcp_connections(
    define_connection: Callable[..., None],
) -> None:
    still_running = answer(body={"status": "IN_PROGRESS"})
    with HttpServer(*[still_running] * MANY) as server:
        define_connection(
            CONN_ID, host=server.url, password=NEW_KEY, extra={"max_connections": 4, "rate_limit": 100_000}
        )
        handle = QueryHandle("veza_nodes", "q1", server.url, CONN_ID, datetime.now(UTC), in_an_hour())

        async def look() -> list[Snapshot]:
            return await asyncio.gather(*(look_with_a_hook_of_its_own(VezaHook, handle) for _ in range(MANY)))

        assert len(asyncio.run(look())) == len(server.seen) == MANY
        assert 1 <= server.connections <= 4


def test_one_hook_may_look_many_times_at_once(site: Site, handle: QueryHandle) -> None:
    hook = site.connect()

    async def look() -> list[Snapshot]:
        async with hook.connected():
            return await asyncio.gather(*(hook.alook(handle) for _ in range(MANY)))

    assert len(asyncio.run(look())) == MANY
    assert shared._leases == {}


def test_a_hook_goes_on_on_another_event_loop(site: Site, handle: QueryHandle) -> None:
    for _ in range(2):
        assert asyncio.run(look_with_a_hook_of_its_own(VezaHook, handle)).phase is Phase.RUNNING


# Rotated keys, and an Airflow that does not answer


def test_a_rotated_key_is_used_from_the_next_look_on(site: Site, handle: QueryHandle) -> None:
    hook = site.connect()

    async def live() -> None:
        async with hook.connected():
            await hook.alook(handle)
            rotate_key(site)
            with pytest.raises(UnauthorizedError):
                await hook.alook(handle)
            site.connect(password=NEW_KEY)
            assert (await hook.alook(handle)).phase is Phase.RUNNING

    asyncio.run(live())
    assert [line.partition(" ")[2] for line in site.seen[1:]] == ["200", "401", "401", "200"]


def test_of_many_that_meet_a_rotated_key_one_looks_up_for_all(
    site: Site, handle: QueryHandle, counting_hook: type[CountingHook]
) -> None:
    async def live() -> list[Snapshot]:
        hooks = [counting_hook(veza_conn_id=CONN_ID) for _ in range(MANY)]
        await asyncio.gather(*(hook.alook(handle) for hook in hooks))
        rotate_key(site)
        site.connect(password=NEW_KEY)
        try:
            return await asyncio.gather(*(hook.alook(handle) for hook in hooks))
        finally:
            await asyncio.gather(*(hook._release() for hook in hooks))

    assert len(asyncio.run(live())) == MANY
    assert counting_hook.look_ups == 2
    assert shared._leases == {}


def test_a_key_that_stays_wrong_fails_after_one_request(site: Site, handle: QueryHandle) -> None:
    rotate_key(site)

    with pytest.raises(UnauthorizedError):
        asyncio.run(look_with_a_hook_of_its_own(VezaHook, handle))
    assert site.seen[1:] == ["query_spec:nodes_async_get 401"]


def test_a_blip_of_airflow_between_two_looks_ends_no_wait(
    site: Site, handle: QueryHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    # With no lifetime, every look needs a look-up.
    monkeypatch.setattr(base, "SETTINGS_CACHE", SettingsCache(lifetime=0))
    hook = site.connect()

    async def live() -> Snapshot:
        async with hook.connected():
            await hook.alook(handle)
            del os.environ[f"AIRFLOW_CONN_{CONN_ID.upper()}"]
            return await hook.alook(handle)

    assert asyncio.run(live()).phase is Phase.RUNNING


def test_a_connection_that_moved_back_to_the_handles_tenant_is_noticed_at_once(site: Site, handle: QueryHandle) -> None:
    site.define_connection(CONN_ID, host="https://other.vezacloud.com", password=NEW_KEY)
    hook = VezaHook()

    async def live() -> Snapshot:
        async with hook.connected():
            with pytest.raises(ForeignTenantError):
                await hook.alook(handle)
            site.connect()
            return await hook.alook(handle)

    assert asyncio.run(live()).phase is Phase.RUNNING
