"""Chooses, once a storage has been probed, between its conditions and a re-read; it replaces and removes nothing itself.

How the one works is in :mod:`.conditional`, how the other in :mod:`.reread`.
"""

from __future__ import annotations

from collections.abc import Callable

from airflow_provider_veza.ownership.records.conditional import ConditionalFile
from airflow_provider_veza.ownership.records.file_storage import ConditionalStorage, Storage, StoredFile
from airflow_provider_veza.ownership.records.probe import NO_CONDITIONS, Conditions, StorageName, conditions_of, probe
from airflow_provider_veza.ownership.records.reread import RereadFile


class ProbedFile:
    """One file on a storage whose conditions are tried at the first write, removal or comparison in this process.

    To read needs no probe, and so no right to write.
    """

    def __init__(self, storage: ConditionalStorage, storage_name: StorageName, name: str, place: str) -> None:
        self.place = place
        self._storage_name = storage_name
        self._conditional = ConditionalFile(storage, name, place)
        self._reread = RereadFile(storage, name, place)
        self._ask: Callable[[], Conditions] = lambda: probe(storage, name)

    @property
    def is_conditional(self) -> bool:
        """Whether the storage keeps conditions on writes and on removals."""
        kept = self._conditions()
        return kept.on_writes and kept.on_removals

    def read(self) -> StoredFile | None:
        """Return the file, or None where it is absent."""
        return self._reread.read()

    def write(self, data: bytes, expected: str | None) -> str:
        """Write the file and return its new version.

        :raises FileChangedError: when it is not what was expected.
        """
        return (self._conditional if self._conditions().on_writes else self._reread).write(data, expected)

    def remove(self, expected: str) -> None:
        """Remove the file; an absent one is fine.

        :raises FileChangedError: when it is not what was expected.
        """
        (self._conditional if self._conditions().on_removals else self._reread).remove(expected)

    def _conditions(self) -> Conditions:
        return conditions_of(self._storage_name, self._ask)


class UnconditionalFile:
    """One file on a storage for which no conditions are known: always a re-read, said once."""

    is_conditional = False

    def __init__(self, storage: Storage, storage_name: StorageName, name: str, place: str) -> None:
        self.place = place
        self._storage_name = storage_name
        self._reread = RereadFile(storage, name, place)

    def read(self) -> StoredFile | None:
        """Return the file, or None where it is absent."""
        return self._reread.read()

    def write(self, data: bytes, expected: str | None) -> str:
        """Write the file and return its new version.

        :raises FileChangedError: when it is not what was expected.
        """
        self._say_once()
        return self._reread.write(data, expected)

    def remove(self, expected: str) -> None:
        """Remove the file; an absent one is fine.

        :raises FileChangedError: when it is not what was expected.
        """
        self._say_once()
        self._reread.remove(expected)

    def _say_once(self) -> None:
        conditions_of(self._storage_name, lambda: NO_CONDITIONS)
