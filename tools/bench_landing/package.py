"""This package's way: the real hook on a real connection, and the landing that the operators run."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.hooks.landing_loop import LandingOrder
from airflow_provider_veza.hooks.landing_loop import land as land_pages
from airflow_provider_veza.hooks.veza import VezaHook
from airflow_provider_veza.results.folder import Folder
from airflow_provider_veza.services.veza_query import check_query
from tools.bench_landing.tenant import Tenant

CONN_ID = "veza_bench"
"""Defined in the environment."""

# The first path of a process loads the file systems of all of Airflow's providers, once for a task and not for a row.
Folder("file:///")
# Nor is the way to connections, which a task has loaded before it runs anything.
VezaHook.get_connection(CONN_ID)


def land(output_format: str, compression: str | None, _tenant: Tenant, folder: Path) -> int:
    """Submit a query, and land its rows once it has succeeded, which this tenant says at once."""
    hook = VezaHook(veza_conn_id=CONN_ID)
    query = check_query({"source_node_types": {"nodes": [{"node_type": "AwsIamUser"}]}}).query
    handle = hook.submit(query, deadline=Deadline.after(datetime.now(UTC), timedelta(hours=1)))
    order = LandingOrder(folder.as_uri(), output_format, compression)
    return land_pages(hook.query(handle), order, logging.getLogger(__name__), lambda **_: None).rows


jsonl = partial(land, "jsonl", None)
jsonl_gzip = partial(land, "jsonl", "gzip")
jsonl_zstd = partial(land, "jsonl", "zstd")
csv = partial(land, "csv", None)
parquet = partial(land, "parquet", None)
