"""Records as one small JSON file per live query below ``[veza] record_path``, on any object storage; no Airflow state."""

from __future__ import annotations

import json
import secrets
from contextlib import AbstractContextManager
from typing import Any

from airflow.providers.common.compat.sdk import conf

from airflow_provider_veza.async_query.identity import TaskIdentity
from airflow_provider_veza.async_query.record import QueryRecord
from airflow_provider_veza.exceptions import RecordError
from airflow_provider_veza.ownership.records.places import Access, naming_the_place
from airflow_provider_veza.ownership.records.store import NOTHING, Found, Version
from airflow_provider_veza.ownership.records.versioned_file import VersionedFile, versioned_file
from airflow_provider_veza.results.folder import quieten_storage_libraries

_MOST_SAID = 300


def configured_record_path() -> str:
    """Return ``[veza] record_path``, or an empty text."""
    return (conf.get("veza", "record_path", fallback="") or "").strip()


class RecordPathStore:
    """The record of one task instance in ``<record_path>/<identity>.json``, compared and swapped.

    :param base: any path that Airflow's ``ObjectStoragePath`` takes.
    :raises RecordError: when Airflow does not know the storage.
    """

    remembers = True

    def __init__(self, base: str, identity: TaskIdentity) -> None:
        from airflow.providers.common.compat.sdk import ObjectStoragePath

        quieten_storage_libraries()
        with naming_the_place(Access.READ, f"below {base}"):
            self._file: VersionedFile = versioned_file(ObjectStoragePath(base) / f"{identity.key}.json")

    def read(self) -> Found:
        """Return the record, if there is one, and its version.

        :raises RecordError: when the place cannot be read; that is never taken for "no record".
        """
        with self._naming_the_place(Access.READ):
            stored = self._file.read()
            if stored is None:
                return NOTHING
            return Found(_record(stored.data), stored.version)

    def write(self, record: QueryRecord, version: Version) -> Version:
        """Replace the file of that version; readers see the old or the new one, never a half.

        :raises FileChangedError: when the file is not of that version any more.
        :raises RecordError: when the place cannot be written.
        """
        with self._naming_the_place(Access.WRITE):
            return self._file.write(_text(record), version)

    def remove(self, version: Version) -> None:
        """Remove the file of that version; an absent one is fine.

        :raises FileChangedError: when the file is not of that version any more.
        :raises RecordError: when the place cannot be reached.
        """
        if version is not None:
            with self._naming_the_place(Access.DELETE):
                self._file.remove(version)

    def note(self, record: QueryRecord, version: Version) -> Version:
        """Write what even an attempt may note that Airflow has given up: here that is a write like any other."""
        return self.write(record, version)

    def _naming_the_place(self, access: Access) -> AbstractContextManager[None]:
        return naming_the_place(access, f"at {self._file.place}")


def _record(data: bytes) -> QueryRecord:
    """Read a file's content.

    :raises RecordError: saying what to do with a damaged one, which no retry heals.
    """
    try:
        return QueryRecord.from_json(json.loads(data))
    except (ValueError, RecursionError, RecordError) as e:
        raise RecordError(
            f"the file was edited or damaged, or is of a later version ({str(e)[:_MOST_SAID]}); if no query "
            "of the task runs any more, remove it"
        ) from e


def _text(record: QueryRecord) -> bytes:
    """Return the file's content; the nonce lets no two writes be the same, whose versions some storages would call equal."""
    content: dict[str, Any] = {**record.to_json(), "nonce": secrets.token_hex(8)}
    return json.dumps(content, indent=1).encode()
