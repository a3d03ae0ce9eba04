"""Replaces and removes by a look first, where no condition of a storage helps; nothing keeps others out meanwhile.

Where a lock does is in :mod:`.locked_disk`.
"""

from __future__ import annotations

from airflow_provider_veza.exceptions import FileChangedError
from airflow_provider_veza.ownership.records.file_storage import Storage, StoredFile


class RereadFile:
    """One file that is read again right before it is replaced or removed.

    Between the look and the write another process may still come: only a lock around both (see
    :mod:`airflow_provider_veza.ownership.records.locked_disk`) makes it exact.
    """

    is_conditional = False

    def __init__(self, storage: Storage, name: str, place: str) -> None:
        self.place = place
        self._storage = storage
        self._name = name

    def read(self) -> StoredFile | None:
        """Return the file, or None where it is absent."""
        return self._storage.read(self._name)

    def write(self, data: bytes, expected: str | None) -> str:
        """Write the file and return its new version.

        :raises FileChangedError: when it is not what was expected.
        """
        if self._version() != expected:
            raise changed(self.place)
        return self._storage.put(self._name, data)

    def remove(self, expected: str) -> None:
        """Remove the file.

        :raises FileChangedError: when it is not what was expected; an absent file is fine.
        """
        version = self._version()
        if version is None:
            return
        if version != expected:
            raise changed(self.place)
        self._storage.delete(self._name)

    def _version(self) -> str | None:
        found = self.read()
        return None if found is None else found.version


def changed(place: str) -> FileChangedError:
    """Return the error of a file that is not what was read."""
    return FileChangedError(
        "Somebody else has replaced or removed the file since it was read. Nothing was written or removed. "
        "Whoever reads it again sees what it holds now.",
        about=place,
    )
