"""How the triggers of a triggerer share clients."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable

import pytest

from airflow_provider_veza.transport import shared
from airflow_provider_veza.transport.aio import AsyncTransport
from airflow_provider_veza.transport.shared import acquire, release
from transport.conftest import call, settings_for
from transport.servers import HttpServer, answer

Tenant = Callable[..., HttpServer]


def test_equal_settings_on_one_loop_share_a_client_and_its_connection(tenant: Tenant) -> None:
    server = tenant(answer(), answer())

    async def two_triggers() -> None:
        first = await acquire(settings_for(server.url))
        second = await acquire(settings_for(server.url))
        assert first is second
        await first.run(call())
        await second.run(call())
        await release(first)
        await release(second)

    asyncio.run(two_triggers())

    assert (len(server.seen), server.connections) == (2, 1)


def test_no_more_connections_are_open_at_once_than_the_connection_says(tenant: Tenant) -> None:
    server = tenant(*[answer()] * 20)

    async def many_triggers() -> None:
        transport = await acquire(settings_for(server.url, max_connections=3))
        await asyncio.gather(*(transport.run(call()) for _ in range(20)))
        await release(transport)

    asyncio.run(many_triggers())

    assert len(server.seen) == 20
    assert server.connections <= 3


def test_other_settings_have_a_client_of_their_own() -> None:
    async def two_connections() -> None:
        first = await acquire(settings_for("https://tenant.example"))
        second = await acquire(settings_for("https://tenant.example", read_timeout=1.0))
        assert first is not second
        await release(first)
        await release(second)

    asyncio.run(two_connections())


def test_a_client_stays_open_until_the_last_one_gives_it_back(tenant: Tenant) -> None:
    server = tenant(answer(), answer())

    async def two_triggers() -> None:
        transport = await acquire(settings_for(server.url))
        await acquire(settings_for(server.url))
        await transport.run(call())
        await release(transport)
        await transport.run(call())
        await release(transport)
        with pytest.raises(RuntimeError, match="closed"):
            await transport.run(call())

    asyncio.run(two_triggers())

    assert len(server.seen) == 2


def test_all_that_come_at_once_share_one_client_until_the_last_of_them_gives_it_back(tenant: Tenant) -> None:
    server = tenant(answer())

    async def five_triggers() -> None:
        clients = await asyncio.gather(*(acquire(settings_for(server.url)) for _ in range(5)))
        assert len(set(map(id, clients))) == 1
        for client in clients[1:]:
            await release(client)
        await clients[0].run(call())
        await release(clients[0])
        with pytest.raises(RuntimeError, match="closed"):
            await clients[0].run(call())

    asyncio.run(five_triggers())
    assert shared._leases == {}


def test_who_comes_after_the_last_one_gets_a_new_client() -> None:
    async def one_after_the_other() -> tuple[AsyncTransport, AsyncTransport]:
        first = await acquire(settings_for("https://tenant.example"))
        await release(first)
        second = await acquire(settings_for("https://tenant.example"))
        await release(second)
        return first, second

    first, second = asyncio.run(one_after_the_other())

    assert first is not second


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_a_client_of_a_loop_that_died_is_forgotten_and_another_loop_gets_its_own(
    tenant: Tenant, caplog: pytest.LogCaptureFixture
) -> None:
    server = tenant(answer(), answer())

    async def without_release() -> AsyncTransport:
        transport = await acquire(settings_for(server.url))
        await transport.run(call())
        return transport

    async def with_release() -> AsyncTransport:
        transport = await acquire(settings_for(server.url))
        await transport.run(call())
        await release(transport)
        return transport

    dead, alive = asyncio.run(without_release()), asyncio.run(with_release())

    assert dead is not alive
    assert shared._leases == {}
    del dead
    gc.collect()
    assert caplog.messages == []
