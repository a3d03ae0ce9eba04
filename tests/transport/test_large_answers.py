"""The event loop reads small answers itself and leaves large ones to a thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

from airflow_provider_veza.async_query.message import Call, Request
from airflow_provider_veza.transport.aio import READ_ON_THE_LOOP_BYTES, AsyncTransport
from transport.conftest import settings_for
from transport.servers import HttpServer, answer


@pytest.mark.parametrize(
    ("length", "on_the_loop"), [(READ_ON_THE_LOOP_BYTES, True), (READ_ON_THE_LOOP_BYTES + 1, False)]
)
def test_who_reads_an_answer_depends_on_its_length(
    tenant: Callable[..., HttpServer], length: int, on_the_loop: bool
) -> None:
    server = tenant(answer(200, b"x" * length))
    reader = Call(Request("GET", "/rows"), lambda response: (threading.get_ident(), len(response.body)))

    async def run() -> tuple[int, int]:
        transport = AsyncTransport(settings_for(server.url))
        try:
            return await transport.run(reader)
        finally:
            await transport.close()

    thread, read = asyncio.run(run())
    assert read == length
    assert (thread == threading.get_ident()) is on_the_loop
