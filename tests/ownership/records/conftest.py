"""What the tests of versioned files share: storages for every Airflow, and a memory of probes that starts empty."""

from __future__ import annotations

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from airflow_provider_veza.ownership.records import probe
from ownership.records.airflow_storages import attach


@pytest.fixture(scope="session", autouse=True)
def _memory_storage() -> None:
    """Serve ``memory://``, which Airflow 2 does not know by itself."""
    attach("memory", fs=MemoryFileSystem())


@pytest.fixture(autouse=True)
def _no_storage_is_known_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "_found", {})
