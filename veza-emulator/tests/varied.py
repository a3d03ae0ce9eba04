"""What the tests of several switches share: queries that run or are done, and setting a switch."""

from __future__ import annotations

from typing import Any

LOOK = "query_spec:nodes_async_get"
CANCEL = "query_spec:nodes_async_cancel"


def run(client: Any, spec: object) -> str:
    return str(client.create(spec)["query_result_id"])


def done(client: Any, spec: object) -> str:
    query_id = run(client, spec)
    client.advance(3)
    return query_id


def done_task(client: Any, spec: object) -> str:
    task_id = str(client.create_task(spec)["id"])
    client.advance(3)
    return task_id


def vary(client: Any, **variants: object) -> None:
    client.admin("variants", variants)
