"""The sensors are tested against a served tenant and a served cluster."""

from __future__ import annotations

from support.airflows_clock import airflows_clock
from support.served_cluster import cluster
from support.served_tenant import running, tenant
from support.told_airflow import told_airflow

__all__ = ["airflows_clock", "cluster", "running", "tenant", "told_airflow"]
