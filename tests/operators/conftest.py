"""The operators are tested against a served tenant and a served cluster, and land on disk and on a served S3 bucket."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from support.at_once import _repeating_at_once
from support.object_store import bucket, s3_endpoint
from support.served_cluster import cluster
from support.served_tenant import running, tenant
from support.told_airflow import told_airflow

__all__ = ["_repeating_at_once", "bucket", "cluster", "running", "s3_endpoint", "tenant", "told_airflow"]


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """Return what was logged so far: on Airflow 2 by the standard library, on 3 by structlog, to the terminal."""
    return lambda: caplog.text + capsys.readouterr().out
