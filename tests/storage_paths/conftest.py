"""Results are landed where a path becomes one of Airflow's storages: on a served S3 bucket, and by real processes."""

from __future__ import annotations

from support.object_store import bucket, s3_endpoint
from support.told_airflow import told_airflow

__all__ = ["bucket", "s3_endpoint", "told_airflow"]
