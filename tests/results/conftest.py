"""Results are landed on disk and on a served S3 bucket."""

from __future__ import annotations

from support.object_store import bucket, s3_endpoint
from support.told_airflow import told_airflow

__all__ = ["bucket", "s3_endpoint", "told_airflow"]
