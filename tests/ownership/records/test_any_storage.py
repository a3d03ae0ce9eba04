"""A record on a storage with real folders is whole at every moment, also where a write is cut short."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.local import LocalFileSystem

from airflow_provider_veza.ownership.records.any_storage import AnyStorage


class CutShort(LocalFileSystem):  # type: ignore[misc]
    """A disk on which every write stops half way, where others see it."""

    cachable = False

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **kwargs: Any) -> None:
        super().pipe_file(path, value[: len(value) // 2], mode, **kwargs)
        raise ConnectionError("the line went dead")


def test_a_write_makes_its_folder_and_leaves_nothing_beside_the_record(tmp_path: Path) -> None:
    storage = AnyStorage(LocalFileSystem(), has_real_folders=True)
    record = tmp_path / "new" / "record.json"
    for data in (b"one", b"two"):
        storage.put(str(record), data)

    assert record.read_bytes() == b"two"
    assert [path.name for path in record.parent.iterdir()] == ["record.json"]


def test_a_write_that_is_cut_short_leaves_the_record_as_it_was(tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    record.write_bytes(b"one")

    with pytest.raises(ConnectionError):
        AnyStorage(CutShort(), has_real_folders=True).put(str(record), b"two")

    assert [path.name for path in tmp_path.iterdir()] == ["record.json"]
    assert record.read_bytes() == b"one"
