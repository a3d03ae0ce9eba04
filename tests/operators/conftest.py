"""The operators are tested against a served tenant, and land on disk and on a served S3 bucket."""

from __future__ import annotations

from support.object_store import bucket, s3_endpoint
from support.served_tenant import running, tenant

__all__ = ["bucket", "running", "s3_endpoint", "tenant"]
