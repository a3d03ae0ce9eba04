"""Looks at a running query through any driver, in a process of its own, and tells the processor time that they took.

It reads lines `driver looks` and answers each with seconds. It runs on earlier builds too, and imports only what they have.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from airflow_provider_veza.services.esql import EsqlService
from airflow_provider_veza.services.veza_nodes import VezaNodesService
from airflow_provider_veza.transport.clients import async_client_for, client_for
from airflow_provider_veza.transport.elastic_settings import ElasticAuth, ElasticSettings
from airflow_provider_veza.transport.settings import ApiKeyAuth, TransportSettings

UNPACED = 1e9


def main() -> None:
    """Look as often as asked, until nobody asks any more."""
    tenant, tenant_key, query_id, cluster, cluster_key, esql_id = sys.argv[1:]
    veza = TransportSettings(tenant, ApiKeyAuth(tenant_key), "bench", rate_limit=UNPACED)
    elastic = ElasticSettings(cluster, ElasticAuth("api_key", cluster_key), "bench")
    at_tenant, at_cluster = partial(VezaNodesService().look, query_id), partial(EsqlService().look, esql_id)
    with asyncio.Runner() as runner:
        clients = {"aiohttp": async_client_for(veza), "elasticsearch-async": async_client_for(elastic)}
        drivers = {
            "requests": _sync(client_for(veza), at_tenant),
            "aiohttp": _async(clients["aiohttp"], at_tenant, runner),
            "elasticsearch": _sync(client_for(elastic), at_cluster),
            "elasticsearch-async": _async(clients["elasticsearch-async"], at_cluster, runner),
        }
        for line in sys.stdin:
            driver, looks = line.split()
            print(_processor_seconds(drivers[driver], int(looks)), flush=True)
        for client in clients.values():
            runner.run(client.close())


def _processor_seconds(look: Callable[[int], None], looks: int) -> float:
    begun = time.process_time()
    look(looks)
    return time.process_time() - begun


def _sync(client: Any, call: Callable[[], Any]) -> Callable[[int], None]:
    def look(looks: int) -> None:
        for _ in range(looks):
            client.run(call())

    return look


def _async(client: Any, call: Callable[[], Any], runner: asyncio.Runner) -> Callable[[int], None]:
    async def looks_of(looks: int) -> None:
        for _ in range(looks):
            await client.run(call())

    return lambda looks: runner.run(looks_of(looks))


if __name__ == "__main__":
    main()
