"""A served Elasticsearch double whose queries end when the test says so, a connection to it, and what it was asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from airflow_provider_veza.services import esql_query
from esql_double.server import Double, running_double

ACTIVITY: dict[str, Any] = {
    "columns": [
        {"name": "requests", "type": "long"},
        {"name": "last_used", "type": "date"},
        {"name": "login", "type": "keyword"},
    ],
    "values": [
        [4120, "2026-11-22T06:00:03.000Z", "payroll-sync@acme.example"],
        [17, "2026-11-20T14:12:44.120Z", "amara.okafor@acme.example"],
    ],
}
ACTIVITY_ROWS = [
    {"requests": 4120, "last_used": "2026-11-22T06:00:03.000Z", "login": "payroll-sync@acme.example"},
    {"requests": 17, "last_used": "2026-11-20T14:12:44.120Z", "login": "amara.okafor@acme.example"},
]
SHARD_FAILED = {
    **dict.fromkeys(("total", "partial"), 1),
    **dict.fromkeys(("successful", "running", "skipped", "failed"), 0),
    "details": {
        "(local)": {
            "status": "partial",
            "indices": "logs-aws.s3access-*",
            "failures": [
                {
                    "shard": 3,
                    "index": "logs-aws.s3access-1",
                    "reason": {"type": "node_disconnected_exception", "reason": "the node left"},
                }
            ],
        }
    },
}
A_MOMENT = "50ms"


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Double]:
    """Serve a cluster whose queries run until they are ended by hand, and then come to :data:`ACTIVITY`."""
    with running_double() as double:
        double.usual(duration=None, **ACTIVITY)
        monkeypatch.setenv("AIRFLOW_CONN_ELASTICSEARCH_DEFAULT", json.dumps(connection(double)))
        monkeypatch.setenv("AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL", "0")
        monkeypatch.setattr(esql_query, "FIRST_WAIT", A_MOMENT)
        yield double


def connection(double: Double) -> dict[str, Any]:
    """Return the Airflow connection to a double."""
    address = urlsplit(double.url)
    return {
        "conn_type": "elasticsearch",
        "host": address.hostname,
        "port": address.port,
        "extra": {"api_key": double.api_key},
    }


def answer_at_once(double: Double, **of_script: Any) -> None:
    """Let every query end inside its submit."""
    double.usual(**{"duration": 0.0, **ACTIVITY, **of_script})


def answer_partially(double: Double) -> None:
    """Let every query end inside its submit with rows that are known not to be all."""
    answer_at_once(double, partial=True, clusters=SHARD_FAILED)


def fail(double: Double, query_id: str) -> None:
    """Let a running query fail; its error is stored."""
    failure = {"status": 400, "type": "verification_exception", "reason": "Unknown column [logn]"}
    double.end(query_id, failure=failure)
