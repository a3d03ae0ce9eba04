"""The sensors are tested against a served tenant and a served cluster."""

from __future__ import annotations

from support.airflows_clock import airflows_clock
from support.at_once import _repeating_at_once
from support.served_cluster import cluster
from support.served_tenant import running, tenant
from support.told_airflow import told_airflow

__all__ = ["_repeating_at_once", "airflows_clock", "cluster", "running", "tenant", "told_airflow"]
