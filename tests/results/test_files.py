"""Names are literal, also where a storage has no rename of its own; what appears is whole, and what fails leaves nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import fsspec
import pytest

from airflow_provider_veza.results.files import DiskFiles, RemoteFiles, move

STRANGE = "run a*?[b]c{d} #1%20+:ü='x'"


@pytest.fixture
def fs() -> Any:
    return fsspec.filesystem("memory")


@pytest.fixture
def folder(fs: Any) -> Iterator[str]:
    name = f"/lake-{uuid4().hex}"
    yield name
    fs.rm(name, recursive=True)


def test_a_file_is_moved_by_its_literal_names_and_replaces_what_was_there(fs: Any, folder: str) -> None:
    source, target, alike = (f"{folder}/{STRANGE}{end}" for end in ("", "*", "b"))
    for name, data in ((source, b"new"), (target, b"old"), (alike, b"another")):
        fs.pipe_file(name, data)

    move(fs, source, target)

    assert (fs.cat_file(target), fs.cat_file(alike)) == (b"new", b"another")
    assert not fs.isfile(source)


def test_a_file_appears_whole_under_its_literal_name_where_folders_are_real(fs: Any, folder: str) -> None:
    files = RemoteFiles(fs, f"{folder}/{STRANGE}", has_real_folders=True)

    files.write(STRANGE, b"one")
    files.write(STRANGE, b"two")

    assert files.read(STRANGE) == b"two"
    assert files.names() == [STRANGE]


def test_a_file_that_cannot_get_its_name_leaves_nothing_where_folders_are_real(
    fs: Any, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("Connection lost")

    files = RemoteFiles(fs, folder, has_real_folders=True)
    files.write("before", b"one")
    monkeypatch.setattr(type(fs), "cp_file", fail)

    with pytest.raises(OSError, match="Connection lost"):
        files.write("after", b"two")
    assert files.names() == ["before"]


def test_on_a_disk_a_file_is_durable_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[tuple[int, list[str]]] = []

    def note(descriptor: int) -> None:
        synced.append((os.fstat(descriptor).st_size, [name for name in files.names() if not name.startswith(".")]))

    files = DiskFiles(tmp_path / "landed")
    monkeypatch.setattr(os, "fsync", note)
    files.write("one", b"1")
    (tmp_path / "local").write_bytes(b"22")
    files.publish(tmp_path / "local", "two")

    assert synced == [(1, []), (2, ["one"])]
    assert sorted(files.names()) == ["one", "two"]
