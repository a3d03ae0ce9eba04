"""Which client serves which settings; a library is loaded when its first client is made.

What all clients can do is in :mod:`.client`.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from airflow_provider_veza.exceptions import ConfigurationError
from airflow_provider_veza.transport.client import AsyncClient, Client, ClientSettings
from airflow_provider_veza.transport.elastic_settings import ElasticSettings
from airflow_provider_veza.transport.settings import TransportSettings

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

    from airflow_provider_veza.transport.sync import SyncTransport


def client_for(settings: ClientSettings) -> Client:
    """Return a client for one thread.

    :raises ConfigurationError: when its library is not installed, or refuses what the connection says.
    """
    if isinstance(settings, TransportSettings):
        return tenant_client(settings)
    elastic = _elastic(settings)
    from airflow_provider_veza.transport.elastic_sync import SyncElasticTransport

    return SyncElasticTransport(elastic)


def async_client_for(settings: ClientSettings) -> AsyncClient:
    """Return a client for one event loop; this reads files and takes long, so call it in a thread.

    :raises ConfigurationError: when its library is not installed, or refuses what the connection says.
    """
    if isinstance(settings, TransportSettings):
        from airflow_provider_veza.transport.aio import AsyncTransport

        return AsyncTransport(settings)
    elastic = _elastic(settings)
    from airflow_provider_veza.transport.elastic_aio import AsyncElasticTransport

    return AsyncElasticTransport(elastic)


def tenant_client(settings: TransportSettings) -> SyncTransport:
    """Return a client of a tenant, which also has a session for requests of the user's own."""
    from airflow_provider_veza.transport.sync import SyncTransport

    return SyncTransport(settings)


def official_client(settings: ElasticSettings) -> Elasticsearch:
    """Return Elasticsearch's own client, which repeats nothing and follows no redirect; for requests of the user's own."""
    elastic = _elastic(settings)
    from elasticsearch import Elasticsearch

    from airflow_provider_veza.transport.elastic_client import new_client
    from airflow_provider_veza.transport.elastic_sync import OneHostNode

    return new_client(Elasticsearch, elastic, node_class=OneHostNode)


def _elastic(settings: ClientSettings) -> ElasticSettings:
    if not isinstance(settings, ElasticSettings):
        raise TypeError(f"No client serves {type(settings).__name__}.")
    if find_spec("elasticsearch") is None:
        raise ConfigurationError(
            "The package `elasticsearch` is not installed here: pip install 'airflow-provider-veza[elasticsearch]' (the extra "
            "`elasticsearch`). Nothing was sent."
        )
    return settings
