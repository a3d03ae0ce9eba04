"""What a store of one task instance's record can do, and the one that remembers nothing; no place may enter.

Airflow's own store is in :mod:`.airflow_store`, files are in :mod:`.record_path`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from airflow_provider_veza.async_query.record import QueryRecord

Version = str | None
"""The storage's name of what a file holds; None where there is no file, or where a store has no versions."""


@dataclass(frozen=True)
class Found:
    """What a store holds."""

    record: QueryRecord | None
    version: Version


NOTHING = Found(None, None)


class RecordStore(Protocol):
    """Remembers the live query of one task instance over its attempts.

    Every method raises :class:`~airflow_provider_veza.exceptions.RecordError` where the place cannot be reached;
    only "there is no record" reads as none. A write or removal raises
    :class:`~airflow_provider_veza.exceptions.FileChangedError` where the record is not of the given version any more, and
    :class:`~airflow_provider_veza.exceptions.SupersededError` where Airflow takes nothing from this attempt any more.
    """

    @property
    def remembers(self) -> bool:
        """Whether a later attempt will find what is written."""
        ...

    def read(self) -> Found:
        """Return the record, if there is one, and its version."""
        ...

    def write(self, record: QueryRecord, version: Version) -> Version:
        """Replace the record of that version; when this returns, a later attempt will find it. Returns the new version."""
        ...

    def remove(self, version: Version) -> None:
        """Remove the record of that version."""
        ...

    def note(self, record: QueryRecord, version: Version) -> Version:
        """Write what even an attempt may note that Airflow has given up; only where a version guards it."""
        ...


class NoStore:
    """Remembers nothing: below Airflow 3.3 without ``[veza] record_path`` a retry cannot find the query before it."""

    remembers = False

    def read(self) -> Found:
        """Return nothing: nothing was remembered."""
        return NOTHING

    def write(self, record: QueryRecord, version: Version) -> Version:
        """Remember nothing."""
        del record, version
        return None

    def remove(self, version: Version) -> None:
        """Remove nothing."""

    def note(self, record: QueryRecord, version: Version) -> Version:
        """Note nothing."""
        del record, version
        return None
