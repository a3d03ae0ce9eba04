"""Airflow's register of storages, wherever a version has it; nothing else."""

from __future__ import annotations

try:
    from airflow.sdk.io import attach, has_fs
except ImportError:
    from airflow.io import has_fs
    from airflow.io.store import attach

__all__ = ["attach", "has_fs"]
