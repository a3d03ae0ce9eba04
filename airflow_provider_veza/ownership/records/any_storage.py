"""Plain access through fsspec's common interface, where conditions are not known; no library's own names may enter."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from airflow_provider_veza.ownership.records.file_storage import StoredFile, content_version


class AnyStorage:
    """The files of any fsspec file system. The version is the content's hash.

    :param fs: the file system, such as ``path.fs``.
    """

    def __init__(self, fs: Any) -> None:
        self._fs = fs

    def read(self, name: str) -> StoredFile | None:
        """Return the file, or None where it is absent; listings that the library keeps are not believed."""
        self._fs.invalidate_cache()
        try:
            data = bytes(self._fs.cat_file(name))
        except FileNotFoundError:
            return None
        return StoredFile(data, content_version(data))

    def put(self, name: str, data: bytes) -> str:
        """Write the file, and its folder where the storage wants one."""
        try:
            self._fs.pipe_file(name, data)
        except FileNotFoundError:
            self._fs.makedirs(name.rpartition("/")[0], exist_ok=True)
            self._fs.pipe_file(name, data)
        return content_version(data)

    def delete(self, name: str) -> None:
        """Remove the file by its literal name; an absent one is fine."""
        with suppress(FileNotFoundError):
            self._fs.rm_file(name)
