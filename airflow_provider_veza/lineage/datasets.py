"""How OpenLineage names what a task reads and writes; pure, and nothing of OpenLineage is imported.

The names of folders are those that Airflow's own providers give to their assets, so that what is landed is what others read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.results.storage_place import BUCKET_SCHEMES, LOCAL_SCHEMES, StoragePlace

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_SOURCE = re.compile(r"(?:^|[;(]|\bSET\b[^;]*;)\s*(?:FROM|TS)\s+((?:\"[^\"]*\"|[^|\n;()])+)", re.IGNORECASE)
_JOINED = re.compile(r"\|\s*(?:LEFT|RIGHT|LOOKUP)\s+JOIN\s+(\"[^\"]*\"|\S+)", re.IGNORECASE)
_METADATA = re.compile(r"\s+METADATA\s.*", re.IGNORECASE | re.DOTALL)
_SAME_SCHEME = {"s3a": "s3", "s3n": "s3", "gcs": "gs", "abfs": "abfss", "az": "abfss", "adl": "abfss", "wasb": "wasbs"}


@dataclass(frozen=True)
class NamedDataset:
    """A dataset as OpenLineage names it."""

    namespace: str
    name: str


def folder_dataset(path: str) -> NamedDataset:
    """Return the dataset of a landed folder; the connection in the path is no part of its name.

    >>> folder_dataset("s3://aws_default@lake/access/2026-11-22")
    NamedDataset(namespace='s3://lake', name='access/2026-11-22')
    >>> folder_dataset("file:///lake/access")
    NamedDataset(namespace='file', name='/lake/access')
    """
    place = StoragePlace.of(path)
    if place.scheme in LOCAL_SCHEMES:
        return NamedDataset("file", place.path or "/")
    scheme = _SAME_SCHEME.get(place.scheme, place.scheme)
    name = place.path.lstrip("/") if place.scheme in BUCKET_SCHEMES else place.path
    return NamedDataset(f"{scheme}://{place.host}", name or "/")


def asked_datasets(
    handle: QueryHandle, *, saved_query_id: str | None = None, esql_query: str | None = None
) -> tuple[NamedDataset, ...]:
    """Return what a query reads: the tenant's graph and the saved query, or the indices of ES|QL.

    >>> indices_of('FROM logs-*, "a,b" METADATA _id | LOOKUP JOIN people ON id | LIMIT 5')
    ('logs-*', 'a,b', 'people')
    """
    address = urlsplit(handle.tenant).netloc
    if handle.service == "esql":
        return tuple(NamedDataset(f"elasticsearch://{address}", index) for index in indices_of(esql_query or ""))
    graph = NamedDataset(f"veza://{address}", "graph")
    return (graph, NamedDataset(graph.namespace, f"saved_queries/{saved_query_id}")) if saved_query_id else (graph,)


def indices_of(query: str) -> tuple[str, ...]:
    """Return the names and patterns of indices that an ES|QL query reads, each once; empty where it names none."""
    return tuple(dict.fromkeys(_indices(_COMMENT.sub(" ", query))))


def _indices(query: str) -> Iterator[str]:
    for source in _SOURCE.findall(query):
        yield from _names(_METADATA.sub("", source))
    for joined in _JOINED.findall(query):
        yield joined.strip('"')


def _names(source: str) -> Iterator[str]:
    for quoted, plain in re.findall(r'"([^"]*)"|([^,"\s]+)', source):
        yield quoted or plain
