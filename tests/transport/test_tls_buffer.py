"""What an open TLS connection holds, with the asyncio that runs here."""

from __future__ import annotations

import asyncio
import ssl
import tracemalloc
from asyncio import sslproto
from collections.abc import Callable

import pytest

from airflow_provider_veza.transport import tls_buffer
from airflow_provider_veza.transport.aio import AsyncTransport
from airflow_provider_veza.transport.client import AsyncClient
from airflow_provider_veza.transport.elastic_aio import AsyncElasticTransport
from airflow_provider_veza.transport.tls_buffer import BUFFER_BYTES
from transport.conftest import call, settings_for
from transport.every_driver import cluster_settings, good
from transport.servers import HttpServer

Tenant = Callable[..., HttpServer]
LONG = b'"%s"' % (b"x" * 10 * BUFFER_BYTES)

OPENED: dict[str, Callable[[str, str], AsyncClient]] = {
    "aiohttp": lambda url, ca: AsyncTransport(settings_for(url, ca_bundle=ca)),
    "elasticsearch, async": lambda url, ca: AsyncElasticTransport(cluster_settings(url, options=(("ca_certs", ca),))),
}


def held_by_tls() -> int:
    """Return how many bytes asyncio's TLS holds, with what we gave it."""
    filters = [tracemalloc.Filter(True, module.__file__) for module in (sslproto, tls_buffer)]
    made_there = tracemalloc.take_snapshot().filter_traces(filters)
    return sum(trace.size for trace in made_there.traces)


@pytest.mark.parametrize("opened", OPENED.values(), ids=OPENED)
def test_an_open_connection_holds_a_small_buffer_and_reads_long_answers(
    tenant: Tenant, server_tls: ssl.SSLContext, ca_bundle: str, opened: Callable[[str, str], AsyncClient]
) -> None:
    server = tenant(good(), good(200, LONG), tls=server_tls)

    async def look_twice() -> int:
        transport = opened(server.url, ca_bundle)
        await transport.run(call())
        assert (await transport.run(call())).body == LONG
        held = held_by_tls()
        await transport.close()
        return held

    tracemalloc.start()
    try:
        held = asyncio.run(look_twice())
    finally:
        tracemalloc.stop()
    assert server.connections == 1
    assert BUFFER_BYTES <= held < 1.5 * BUFFER_BYTES
