"""How datasets are called: as Airflow's own providers call theirs, so that lineage joins."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.lineage.datasets import NamedDataset, asked_datasets, folder_dataset, indices_of

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def handle(service: str, tenant: str) -> QueryHandle:
    return QueryHandle(
        service=service,
        id="q1",
        tenant=tenant,
        conn_id="c",
        submitted_at=NOON,
        deadline=Deadline(NOON),
        fingerprint="f",
    )


@pytest.mark.parametrize(
    ("path", "namespace", "name"),
    [
        ("s3://aws_default@lake/access/2026-11-22", "s3://lake", "access/2026-11-22"),
        ("s3a://lake/access/", "s3://lake", "access"),
        ("gs://lake/access", "gs://lake", "access"),
        ("gcs://google@lake/access", "gs://lake", "access"),
        ("abfs://wasb_default@lake/access", "abfss://lake", "access"),
        ("abfs://lake/access", "abfss://lake", "access"),
        ("file:///lake/access", "file", "/lake/access"),
        ("/lake/access", "file", "/lake/access"),
        ("sftp://files@host/lake", "sftp://host", "/lake"),
    ],
)
def test_a_folder_is_named_by_its_storage_and_not_by_its_connection(path: str, namespace: str, name: str) -> None:
    assert folder_dataset(path) == NamedDataset(namespace, name)


def test_a_query_reads_the_graph_of_its_tenant_and_the_saved_query_if_it_is_one() -> None:
    asked = handle("veza_nodes", "https://acme.vezacloud.com")

    assert asked_datasets(asked) == (NamedDataset("veza://acme.vezacloud.com", "graph"),)
    assert asked_datasets(asked, saved_query_id="s7")[1:] == (
        NamedDataset("veza://acme.vezacloud.com", "saved_queries/s7"),
    )


def test_an_esql_query_reads_its_indices() -> None:
    asked = handle("esql", "https://logs.example:9200")

    assert asked_datasets(asked, esql_query="FROM logs-*") == (
        NamedDataset("elasticsearch://logs.example:9200", "logs-*"),
    )
    assert asked_datasets(asked) == ()


@pytest.mark.parametrize(
    ("query", "indices"),
    [
        ("FROM logs", ("logs",)),
        ("from logs-*,  other:metrics | LIMIT 5", ("logs-*", "other:metrics")),
        ('FROM "logs-2026.11", logs METADATA _id, _index | KEEP _id', ("logs-2026.11", "logs")),
        ("// FROM nothing\n/* FROM this\neither */ FROM logs\n| WHERE a == 1", ("logs",)),
        ("TS metrics | STATS AVG(x)", ("metrics",)),
        ("FROM a | LOOKUP JOIN people ON id | LOOKUP JOIN people ON boss", ("a", "people")),
        ("FROM logs | FORK (WHERE a == 1) (WHERE a == 2)", ("logs",)),
        ('FROM logs | WHERE note == "came from mars"', ("logs",)),
        ("ROW a = 1", ()),
        ("", ()),
    ],
)
def test_indices_are_read_from_the_text_of_a_query(query: str, indices: tuple[str, ...]) -> None:
    assert indices_of(query) == indices
