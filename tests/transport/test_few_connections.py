"""How many connections a client opens when much is due at once, counted where they arrive; the rule is in test_lending.py."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from airflow_provider_veza.async_query.message import Purpose
from airflow_provider_veza.async_query.retry import ONE_ATTEMPT
from airflow_provider_veza.exceptions import NotSentError
from airflow_provider_veza.transport.aio import AsyncTransport
from airflow_provider_veza.transport.lending import FEWEST, LEFT_TO_OTHERS
from airflow_provider_veza.transport.pacing import Turn
from transport.conftest import call, settings_for
from transport.servers import LOOPBACK

ROUND_TRIP = 0.1
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
HANGS = "/hangs"
MEANWHILE = 60.0


@dataclass
class Tenant:
    """What a tenant on this loop has seen."""

    url: str
    connections: int = 0


@asynccontextmanager
async def tenant(tls: ssl.SSLContext | None = None) -> AsyncIterator[Tenant]:
    """Serve a tenant that answers after a round trip, and never on one path."""
    seen, writers = Tenant(""), []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.connections += 1
        writers.append(writer)
        while head := (await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b""):
            if HANGS.encode() not in head:
                await asyncio.sleep(ROUND_TRIP)
                writer.write(ANSWER)

    async def serve_until_it_leaves(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (asyncio.IncompleteReadError, OSError):
            writer.close()

    server = await asyncio.start_server(serve_until_it_leaves, LOOPBACK, 0, ssl=tls, backlog=1_000)
    seen.url = f"http{'s' if tls else ''}://{LOOPBACK}:{server.sockets[0].getsockname()[1]}"
    try:
        yield seen
    finally:
        server.close()
        for writer in writers:
            writer.close()


def played(story: Callable[[AsyncTransport, Tenant], Awaitable[Any]], tls: Any = None, **fields: Any) -> Any:
    """Tell a story of a transport and its tenant on a loop of its own; return what comes of it."""

    async def told() -> Any:
        async with AsyncExitStack() as stack, asyncio.timeout(MEANWHILE):
            served = await stack.enter_async_context(tenant(tls))
            transport = AsyncTransport(settings_for(served.url, rate_limit=1e6, **fields), retry=ONE_ATTEMPT)
            stack.push_async_callback(transport.close)
            return await story(transport, served)

    return asyncio.run(told())


async def begun(waits: list[Awaitable[Any]], tenant: Tenant, connections: int) -> list[asyncio.Task[Any]]:
    """Begin, and let the loop turn until so many connections have come."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    while tenant.connections < connections:
        await asyncio.sleep(0)
    return tasks


async def ended(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("due", [200, 400])
def test_looks_that_are_due_at_once_share_a_few_connections(
    due: int, server_tls: ssl.SSLContext, ca_bundle: str
) -> None:
    async def look(transport: AsyncTransport, tenant: Tenant) -> int:
        answers = await asyncio.gather(*[transport.run(call()) for _ in range(due)])
        assert [answer.status for answer in answers] == [200] * due
        return tenant.connections

    assert played(look, server_tls, ca_bundle=ca_bundle) <= max(FEWEST, due / 4)


def test_a_cancel_finds_a_connection_while_looks_use_all_they_may_have() -> None:
    async def cancel(transport: AsyncTransport, tenant: Tenant) -> list[int]:
        hanging = await begun([transport.run(call(path=HANGS)) for _ in range(50)], tenant, 16)
        statuses = [
            (await transport.run(call(purpose=Purpose.CANCEL))).status,
            (await transport.run(call(), turn=Turn.AT_ONCE)).status,
        ]
        assert tenant.connections == 17, "16 of 20 for looks, and the rest for what cannot wait"
        await ended(hanging)
        return statuses

    assert played(cancel, max_connections=20) == [200, 200]


def test_a_look_that_finds_no_connection_in_time_was_not_sent_and_lets_the_next_one_go() -> None:
    async def look(transport: AsyncTransport, tenant: Tenant) -> int:
        hanging = await begun([transport.run(call(path=HANGS))], tenant, 1)
        with pytest.raises(NotSentError, match=r"within 0\.05 s"):
            await transport.run(call(), timeout=(0.05, 20.0))
        await ended(hanging)
        return int((await transport.run(call())).status)

    assert played(look, max_connections=1) == 200


def test_looks_that_are_given_up_while_they_wait_take_no_connection_with_them() -> None:
    async def look(transport: AsyncTransport, tenant: Tenant) -> list[int]:
        await ended(await begun([transport.run(call(path=HANGS)) for _ in range(2 * FEWEST)], tenant, FEWEST))
        answers = await asyncio.gather(*[transport.run(call()) for _ in range(8)])
        return [answer.status for answer in answers]

    assert played(look, max_connections=FEWEST + LEFT_TO_OTHERS) == [200] * 8
