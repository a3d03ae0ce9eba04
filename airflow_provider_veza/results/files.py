"""The files of one folder by their literal names, on a disk or through fsspec; no content and no Airflow may enter.

What a landing does with them, and how what goes wrong is told, is in :mod:`.folder`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Protocol
from uuid import uuid4


def hidden_name(name: str) -> str:
    """Return the name of a file in the making; storages with real folders show it to nobody who skips hidden files."""
    return f".{name}.{uuid4().hex}"


def move(fs: Any, source: str, target: str) -> None:
    """Move a file of a file system by its literal names; what was at the target is replaced.

    Where a storage has no rename of its own, fsspec's ``mv`` copies and removes, and reads both names as patterns.
    """
    from fsspec import AbstractFileSystem

    if getattr(fs.mv, "__func__", None) is AbstractFileSystem.mv:
        fs.cp_file(source, target)
        fs.rm_file(source)
    else:
        fs.mv(source, target)


class Files(Protocol):
    """The files of a folder. They appear whole or not at all; whatever goes wrong passes as the storage raises it."""

    def names(self) -> list[str]:
        """Return the names of all files and folders in it; none where it does not exist."""

    def read(self, name: str) -> bytes | None:
        """Return what a file holds, or None where there is none; raises IsADirectoryError where it is a folder."""

    def open(self, name: str) -> IO[bytes]:
        """Open a file for reading."""

    def size(self, name: str) -> int | None:
        """Return the size of a file, or None where there is none."""

    def write(self, name: str, data: bytes) -> None:
        """Replace a file."""

    def publish(self, source: Path, name: str) -> None:
        """Bring a local file here; when this returns, it is durable, and the local one may be gone."""

    def remove(self, name: str) -> None:
        """Remove a file; an absent one is fine."""


class DiskFiles:
    """A folder on a disk of this machine, or on what is mounted as one: whole by a rename, and made when it is written to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        """Return the names of all files and folders in it; none where it does not exist."""
        try:
            return [entry.name for entry in self._folder.iterdir()]
        except FileNotFoundError:
            return []

    def read(self, name: str) -> bytes | None:
        """Return what a file holds, or None where there is none."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def open(self, name: str) -> IO[bytes]:
        """Open a file for reading."""
        return (self._folder / name).open("rb")

    def size(self, name: str) -> int | None:
        """Return the size of a file, or None where there is none."""
        try:
            return (self._folder / name).stat().st_size
        except FileNotFoundError:
            return None

    def write(self, name: str, data: bytes) -> None:
        """Replace a file."""
        with self._appearing_whole(name) as written:
            written.write_bytes(data)

    def publish(self, source: Path, name: str) -> None:
        """Bring a local file here; when this returns, it is durable, and the local one is gone."""
        with self._appearing_whole(name) as written:
            shutil.move(source, written)

    def remove(self, name: str) -> None:
        """Remove a file; an absent one is fine."""
        (self._folder / name).unlink(missing_ok=True)

    @contextmanager
    def _appearing_whole(self, name: str) -> Iterator[Path]:
        self._folder.mkdir(parents=True, exist_ok=True)
        written = self._folder / hidden_name(name)
        try:
            yield written
            with written.open("rb") as file:
                os.fsync(file.fileno())
            written.replace(self._folder / name)
        finally:
            written.unlink(missing_ok=True)


class RemoteFiles:
    """A folder on a storage that fsspec knows.

    Only calls that take names literally are used: ``rm``, ``exists``, ``glob`` and their like read ``*``, ``?`` and ``[``
    as patterns on some storages.

    :param fs: the file system.
    :param folder: as its methods take it.
    :param has_real_folders: whether folders must be made, and a file that is being written can be seen; else a put is whole.
    """

    def __init__(self, fs: Any, folder: str, *, has_real_folders: bool) -> None:
        self._fs = fs
        self._folder = folder
        self._has_real_folders = has_real_folders

    def names(self) -> list[str]:
        """Return the names of all files and folders in it; none where it does not exist."""
        self._look_afresh()
        try:
            listed = self._fs.ls(self._folder, detail=False)
        except FileNotFoundError:
            return []
        names = (path.rstrip("/").rpartition("/")[2] for path in listed if path.rstrip("/") != self._folder)
        return [name for name in names if name]

    def read(self, name: str) -> bytes | None:
        """Return what a file holds, or None where there is none."""
        self._look_afresh()
        try:
            return bytes(self._fs.cat_file(self._place(name)))
        except FileNotFoundError:
            return None
        except Exception as e:  # Of which SFTP has one for all that goes wrong.
            if self._has_real_folders and self._fs.isdir(self._place(name)):
                raise IsADirectoryError(name) from e
            raise

    def open(self, name: str) -> IO[bytes]:
        """Open a file for reading."""
        file: IO[bytes] = self._fs.open(self._place(name), "rb")
        return file

    def size(self, name: str) -> int | None:
        """Return the size of a file, or None where there is none."""
        self._look_afresh()
        try:
            return int(self._fs.info(self._place(name))["size"])
        except FileNotFoundError:
            return None

    def write(self, name: str, data: bytes) -> None:
        """Replace a file."""
        self._put(name, lambda place: self._fs.pipe_file(place, data))

    def publish(self, source: Path, name: str) -> None:
        """Bring a local file here; when this returns, it is durable."""
        self._put(name, lambda place: self._fs.put_file(str(source), place))

    def remove(self, name: str) -> None:
        """Remove a file; an absent one is fine."""
        with suppress(FileNotFoundError):
            self._fs.rm_file(self._place(name))

    def _put(self, name: str, put: Callable[[str], Any]) -> None:
        if not self._has_real_folders:
            put(self._place(name))
            return
        self._fs.makedirs(self._folder, exist_ok=True)
        written = self._place(hidden_name(name))
        try:
            put(written)
            move(self._fs, written, self._place(name))
        except BaseException:
            with suppress(Exception):
                self._fs.rm_file(written)
            raise

    def _place(self, name: str) -> str:
        return f"{self._folder}/{name}"

    def _look_afresh(self) -> None:
        """Forget what the file system remembers, since other processes write here too."""
        self._fs.invalidate_cache()
