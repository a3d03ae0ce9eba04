"""Records as one small JSON file per live query below ``[veza] record_path``, on any object storage; no Airflow state."""

from __future__ import annotations

import json
import os
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from uuid import uuid4

from airflow.providers.common.compat.sdk import conf

from airflow_provider_veza.async_query.identity import TaskIdentity
from airflow_provider_veza.async_query.record import QueryRecord
from airflow_provider_veza.records.places import Access, naming_the_place


def configured_record_path() -> str:
    """Return ``[veza] record_path``, or an empty text."""
    return (conf.get("veza", "record_path", fallback="") or "").strip()


class RecordPathStore:
    """The record of one task instance in ``<record_path>/<identity>.json``.

    :param base: any path that Airflow's ``ObjectStoragePath`` takes.
    :raises RecordError: when Airflow does not know the storage.
    """

    remembers = True

    def __init__(self, base: str, identity: TaskIdentity) -> None:
        from airflow.providers.common.compat.sdk import ObjectStoragePath

        with naming_the_place(Access.READ, f"below {base}"):
            self._folder = ObjectStoragePath(base)
        self._path = self._folder / f"{identity.key}.json"

    def read(self) -> QueryRecord | None:
        """Return the record, or None where the file is absent.

        :raises RecordError: when the place cannot be read; that is never taken for "no record".
        """
        with self._naming_the_place(Access.READ):
            try:
                text = self._path.read_text()
            except FileNotFoundError:
                return None
            return QueryRecord.from_json(json.loads(text))

    def write(self, record: QueryRecord) -> None:
        """Replace the file; readers see the old or the new one, never a half.

        :raises RecordError: when the place cannot be written.
        """
        text = json.dumps(record.to_json(), indent=1)
        with self._naming_the_place(Access.WRITE):
            if self._path.protocol in ("file", ""):
                self._replace_local_file(text)
            else:
                self._path.write_text(text)

    def delete(self) -> None:
        """Remove the file; an absent one is fine.

        :raises RecordError: when the place cannot be reached.
        """
        with self._naming_the_place(Access.DELETE), suppress(FileNotFoundError):
            self._path.unlink(missing_ok=True)

    def _replace_local_file(self, text: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        target = Path(self._path.path)
        written = target.with_name(f"{target.name}.{uuid4().hex}.tmp")
        with written.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        written.replace(target)

    def _naming_the_place(self, access: Access) -> AbstractContextManager[None]:
        return naming_the_place(access, f"at {self._path}")
