"""The custom providers of a tenant, their data sources, and what was pushed to each; knows no HTTP."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from veza_emulator.oaa.identities import IdentityName
from veza_emulator.oaa.part import End, EntityName, GraphPart, JoinedGraph, Origin
from veza_emulator.oaa.providers import CustomProvider, DataSource, DataSourceStatus
from veza_emulator.oaa.templates import part_of
from veza_emulator.tenant.named_store import NamedStore
from veza_emulator.tenant.uploads import Uploads

Join = Callable[[Sequence[GraphPart]], JoinedGraph]
"""Makes the tenant show these parts, and no others, beside its own nodes."""


class CustomProviders:
    """Everything that callers have registered and pushed; any thread may call, and one at a time changes the graph."""

    def __init__(self, join: Join) -> None:
        self._join = join
        self._lock = threading.RLock()
        self._data_sources: dict[str, NamedStore[DataSource]] = {}
        self._parts: dict[str, GraphPart] = {}
        self.providers: NamedStore[CustomProvider] = NamedStore("provider", self._lock)
        self.uploads = Uploads()

    def create(self, provider: CustomProvider) -> CustomProvider:
        """Register a provider."""
        with self._lock:
            self.providers.put(provider)
            self._data_sources[provider.id] = NamedStore("datasource", self._lock)
            return provider

    def change(self, provider_id: str, **changes: Any) -> CustomProvider:
        """Change fields of a provider."""
        with self._lock:
            return self.providers.put(replace(self.providers.get(provider_id), **changes))

    def delete(self, provider_id: str) -> None:
        """Forget a provider with its data sources and everything that was pushed to them."""
        with self._lock:
            data_sources = self.data_sources(provider_id).all()
            self.providers.delete(provider_id)
            del self._data_sources[provider_id]
            self._forget_parts(data_sources)

    def data_sources(self, provider_id: str) -> NamedStore[DataSource]:
        """Return the data sources of a provider."""
        with self._lock:
            return self._data_sources[self.providers.get(provider_id).id]

    def delete_data_source(self, provider_id: str, data_source_id: str) -> None:
        """Forget a data source and what was pushed to it."""
        with self._lock:
            data_sources = self.data_sources(provider_id)
            data_source = data_sources.get(data_source_id)
            data_sources.delete(data_source_id)
            self._forget_parts([data_source])

    def push(self, provider_id: str, data_source_id: str, payload: Mapping[str, Any]) -> list[str]:
        """Show what a payload holds in place of what was pushed to the data source before, and return the warnings."""
        provider = self.providers.get(provider_id)
        part = part_of(provider.template, payload, Origin(provider_id, data_source_id))
        with self._lock:
            data_sources = self.data_sources(provider_id)
            data_source = data_sources.get(data_source_id)
            parts = {**self._parts, data_source_id: part}
            joined = self._join(list(parts.values()))
            self._parts = parts
            data_sources.put(replace(data_source, status=DataSourceStatus.SUCCESS))
        unknown = joined.unknown_ends[list(parts).index(data_source_id)]
        return [*part.warnings, *map(_warning, unknown)]

    def rejoin(self) -> None:
        """Show everything pushed again, since the tenant's own nodes have changed."""
        with self._lock:
            self._join(list(self._parts.values()))

    def _forget_parts(self, data_sources: Sequence[DataSource]) -> None:
        forgotten = {data_source.id for data_source in data_sources}
        if forgotten & self._parts.keys():
            self._parts = {key: part for key, part in self._parts.items() if key not in forgotten}
            self._join(list(self._parts.values()))


def _warning(end: End) -> str:
    match end:
        case IdentityName(name):
            # These words are of the SDK's tests.
            return f"Cannot find identity by names [{name}]"
        case EntityName(node_type, node_id, data_source_id):
            place = f" in data source {data_source_id}" if data_source_id else ""
            return f"Cannot find entity {node_type} with id {node_id}{place}"
        case str():
            return f"Cannot find node {end}"
