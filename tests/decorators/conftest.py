from __future__ import annotations

from support.served_tenant import running, tenant
from support.told_airflow import told_airflow

__all__ = ["running", "tenant", "told_airflow"]
