"""Replaces and removes by a storage's own conditions; how a request is put is the storage's, whether it is kept the probe's."""

from __future__ import annotations

from airflow_provider_veza.ownership.records.file_storage import ConditionalStorage, StoredFile
from airflow_provider_veza.ownership.records.reread import changed


class ConditionalFile:
    """One file whose version the storage itself compares, in the request that writes or removes."""

    is_conditional = True

    def __init__(self, storage: ConditionalStorage, name: str, place: str) -> None:
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
        version = confirmed_put(self._storage, self._name, data, expected)
        if version is None:
            raise changed(self.place)
        return version

    def remove(self, expected: str) -> None:
        """Remove the file.

        :raises FileChangedError: when it is not what was expected; an absent file is fine.
        """
        if not self._storage.delete_if(self._name, expected) and self.read() is not None:
            raise changed(self.place)


def confirmed_put(storage: ConditionalStorage, name: str, data: bytes, expected: str | None) -> str | None:
    """Write on a condition; return the new version, or None where the condition did not hold.

    Libraries send a request again whose answer was lost. If the first one was carried out, the second one fails on it: the
    file then holds what was to be written, which no other writer can have written (each write has a nonce of its own).
    """
    version = storage.put_if(name, data, expected)
    if version is not None:
        return version
    found = storage.read(name)
    return found.version if found is not None and found.data == data else None
