"""Names are literal, also where a storage has no rename of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import fsspec
import pytest

from airflow_provider_veza.results.files import RemoteFiles, move

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
