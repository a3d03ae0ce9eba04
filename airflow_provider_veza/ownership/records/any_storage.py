"""Plain access through fsspec's common interface, where conditions are not known; no library's own names may enter."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from airflow_provider_veza.ownership.records.file_storage import StoredFile, content_version, sibling
from airflow_provider_veza.results.files import move


class AnyStorage:
    """The files of any fsspec file system. The version is the content's hash.

    :param fs: the file system, such as ``path.fs``.
    :param has_real_folders: whether folders must be made, and a file that is being written can be seen; else a put is whole.
    """

    def __init__(self, fs: Any, *, has_real_folders: bool) -> None:
        self._fs = fs
        self._has_real_folders = has_real_folders

    def read(self, name: str) -> StoredFile | None:
        """Return the file, or None where it is absent; listings that the library keeps are not believed."""
        self._fs.invalidate_cache()
        try:
            data = bytes(self._fs.cat_file(name))
        except FileNotFoundError:
            return None
        return StoredFile(data, content_version(data))

    def put(self, name: str, data: bytes) -> str:
        """Write the file, and its folder where the storage wants one; readers see the old or the new one."""
        if self._has_real_folders:
            self._put_aside(name, data)
        else:
            self._fs.pipe_file(name, data)
        return content_version(data)

    def _put_aside(self, name: str, data: bytes) -> None:
        self._fs.makedirs(name.rpartition("/")[0], exist_ok=True)
        written = sibling(name, "half")
        try:
            self._fs.pipe_file(written, data)
            move(self._fs, written, name)
        except BaseException:
            with suppress(Exception):
                self._fs.rm_file(written)
            raise

    def delete(self, name: str) -> None:
        """Remove the file by its literal name; an absent one is fine."""
        with suppress(FileNotFoundError):
            self._fs.rm_file(name)
