"""What the records' tests share: a storage that is no local disk, on every Airflow."""

from __future__ import annotations

import pytest
from fsspec.implementations.memory import MemoryFileSystem

try:
    from airflow.sdk.io import attach
except ImportError:
    from airflow.io.store import attach


@pytest.fixture(scope="session", autouse=True)
def _memory_storage() -> None:
    """Serve ``memory://``, which Airflow 2 does not know by itself."""
    attach("memory", fs=MemoryFileSystem())
