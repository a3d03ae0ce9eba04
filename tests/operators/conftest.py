"""The operators are tested against a served tenant and a served cluster, and land on disk and on a served S3 bucket."""

from __future__ import annotations

from support.at_once import _repeating_at_once
from support.object_store import bucket, s3_endpoint
from support.served_cluster import cluster
from support.served_tenant import running, tenant
from support.told_airflow import told_airflow

__all__ = ["_repeating_at_once", "bucket", "cluster", "running", "s3_endpoint", "tenant", "told_airflow"]
