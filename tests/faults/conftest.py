"""The soaked tasks ask an Airflow that lets them work."""

from __future__ import annotations

from support.told_airflow import told_airflow

__all__ = ["told_airflow"]
