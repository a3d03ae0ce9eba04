"""The triggers that wait side by side: this provider's, those of three peers, and Airflow's own, which asks nobody."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from airflow.triggers.base import BaseTrigger

CONN_ID = "bench_rig"
PASSWORD = "key-of-the-benchmark"
A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Tenant:
    """Where the double listens, and whose certificate it has."""

    url: str
    authority: str

    @property
    def host(self) -> str:
        """Its name and port."""
        return urlsplit(self.url).netloc


@dataclass(frozen=True)
class Kind:
    """How one provider waits for a query of a number, each so many seconds, and the connection by which it asks."""

    trigger: Callable[[int, float, Tenant], BaseTrigger]
    connection: Callable[[Tenant], dict[str, Any]] | None = None


def _veza(number: int, interval: float, tenant: Tenant) -> BaseTrigger:
    from airflow_provider_veza.async_query.deadline import Deadline
    from airflow_provider_veza.async_query.handle import QueryHandle
    from airflow_provider_veza.triggers.async_query import AsyncQueryTrigger

    now = datetime.now(UTC)
    handle = QueryHandle("veza_nodes", f"number-{number}", tenant.url, CONN_ID, now, Deadline.after(now, A_DAY))
    return AsyncQueryTrigger(handle.to_json(), fixed_interval=interval, cancel_on_kill=True)


def _veza_connection(tenant: Tenant) -> dict[str, Any]:
    # Without the grace in which a query that is not found may still appear; with a pace for all that wait.
    extra = {"ca_bundle": tenant.authority, "rate_limit": 1e5, "stale_grace": 0}
    return {"conn_type": "veza", "host": tenant.url, "password": PASSWORD, "extra": extra}


def _databricks(number: int, interval: float, tenant: Tenant) -> BaseTrigger:
    del tenant
    from airflow.providers.databricks.triggers.databricks import DatabricksExecutionTrigger

    trigger: BaseTrigger = DatabricksExecutionTrigger(number, CONN_ID, polling_period_seconds=round(interval))
    return trigger


def _databricks_connection(tenant: Tenant) -> dict[str, Any]:
    host, _, port = tenant.host.partition(":")
    return {"conn_type": "databricks", "host": host, "port": int(port), "password": PASSWORD}


def _dbt(number: int, interval: float, tenant: Tenant) -> BaseTrigger:
    del tenant
    from airflow.providers.dbt.cloud.triggers.dbt import DbtCloudRunJobTrigger

    end = time.time() + A_DAY.total_seconds()
    trigger: BaseTrigger = DbtCloudRunJobTrigger(CONN_ID, number, end, interval, account_id=1)
    return trigger


def _dbt_connection(tenant: Tenant) -> dict[str, Any]:
    return {"conn_type": "dbt_cloud", "host": tenant.host, "login": "1", "password": PASSWORD}


def _http(number: int, interval: float, tenant: Tenant) -> BaseTrigger:
    del tenant
    from airflow.providers.http.triggers.http import HttpSensorTrigger

    return HttpSensorTrigger(f"number/{number}", CONN_ID, poke_interval=interval)


def _http_connection(tenant: Tenant) -> dict[str, Any]:
    return {"conn_type": "http", "host": tenant.url}


def _empty(number: int, interval: float, tenant: Tenant) -> BaseTrigger:
    del number, interval, tenant
    from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger

    return TimeDeltaTrigger(A_DAY)


EMPTY = "empty"
KINDS = {
    EMPTY: Kind(_empty),
    "veza": Kind(_veza, _veza_connection),
    "databricks": Kind(_databricks, _databricks_connection),
    "dbt": Kind(_dbt, _dbt_connection),
    "http": Kind(_http, _http_connection),
}
