"""All drivers behind one face: what every driver must do is tested over this table, and a new driver gets a row in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from airflow_provider_veza.async_query.message import Call
from airflow_provider_veza.async_query.retry import RetryPolicy
from airflow_provider_veza.transport.aio import AsyncTransport
from airflow_provider_veza.transport.client import AsyncClient, Client, ClientSettings
from airflow_provider_veza.transport.elastic_aio import AsyncElasticTransport
from airflow_provider_veza.transport.elastic_settings import ElasticAuth, ElasticSettings
from airflow_provider_veza.transport.elastic_sync import SyncElasticTransport
from airflow_provider_veza.transport.settings import ApiKeyAuth, TransportSettings
from airflow_provider_veza.transport.sync import SyncTransport
from transport.servers import Reply, answer

KEY = "s3cret-key/+="
"""With characters that URLs and forms write in another way."""

AT_ONCE = RetryPolicy(max_attempts=3, max_attempts_on_500=2, base_delay=0.0)
"""Repeats without any pause, so that no test waits."""


class Driver(Protocol):
    """What the tests use of a transport, the asynchronous one included."""

    def run(self, call: Call[Any], **options: Any) -> Any: ...

    def close(self) -> None: ...


class OnItsOwnLoop:
    """An asynchronous transport behind the face of a synchronous one."""

    def __init__(self, transport: AsyncClient) -> None:
        self._transport = transport
        self._runner = asyncio.Runner()

    def run(self, call: Call[Any], **options: Any) -> Any:
        return self._runner.run(self._transport.run(call, **options))

    def turn(self) -> None:
        """Let the loop read what has come meanwhile."""
        for _ in range(3):
            self._runner.run(asyncio.sleep(0))

    def close(self) -> None:
        self._runner.run(self._transport.close())
        self._runner.close()


def on_its_own_loop(new: Callable[..., AsyncClient]) -> Callable[..., Driver]:
    """Return how to make such a transport."""

    def make(settings: Any, *, retry: RetryPolicy) -> OnItsOwnLoop:
        return OnItsOwnLoop(new(settings, retry=retry))

    return make


def tenant_settings(base_url: str, key: str = KEY, **fields: Any) -> TransportSettings:
    return TransportSettings(
        base_url, **({"auth": ApiKeyAuth(key), "user_agent": "t", "rate_limit": 10_000.0} | fields)
    )


def cluster_settings(base_url: str, key: str = KEY, **fields: Any) -> ElasticSettings:
    return ElasticSettings(base_url, **({"auth": ElasticAuth("api_key", key), "user_agent": "t"} | fields))


@dataclass(frozen=True)
class DriverKind:
    """One driver.

    :param new: from settings and a policy of repetitions to a transport.
    """

    new: Callable[..., Client | AsyncClient]
    settings: Callable[..., ClientSettings]

    def trusting(self, authorities: str) -> dict[str, Any]:
        """Return the fields of settings that trust what is in a PEM file."""
        return (
            {"ca_bundle": authorities}
            if self.settings is tenant_settings
            else {"options": (("ca_certs", authorities),)}
        )

    def open(self, base_url: str, **fields: Any) -> Driver:
        transport: Any = self.new(self.settings(base_url, **fields), retry=AT_ONCE)
        return OnItsOwnLoop(transport) if asyncio.iscoroutinefunction(transport.run) else transport


EVERY_DRIVER = {
    "requests": DriverKind(SyncTransport, tenant_settings),
    "aiohttp": DriverKind(AsyncTransport, tenant_settings),
    "elasticsearch": DriverKind(SyncElasticTransport, cluster_settings),
    "elasticsearch, async": DriverKind(AsyncElasticTransport, cluster_settings),
}


def good(status: int = 200, body: Any = b"{}", **headers: str) -> Reply:
    """Answer as a tenant and as a cluster does."""
    return answer(status, body, **{"X_Elastic_Product": "Elasticsearch", "content_type": "application/json"} | headers)
