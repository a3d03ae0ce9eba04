"""All records below ``[veza] record_path``: the registry of live queries; no rule may enter.

What becomes of a record is decided in :mod:`airflow_provider_veza.async_query.standing`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from airflow_provider_veza.async_query.identity import TaskIdentity
from airflow_provider_veza.async_query.record import QueryRecord, RecordState
from airflow_provider_veza.async_query.record_states import Actor, Move, moved
from airflow_provider_veza.exceptions import FileChangedError, RecordError
from airflow_provider_veza.ownership.records.record_path import RecordPathStore


@dataclass(frozen=True)
class FiledRecord:
    """A record and the file that holds it."""

    path: str
    record: QueryRecord


@dataclass(frozen=True)
class UnreadableFile:
    """A file that should hold a record and cannot be read as one."""

    path: str
    reason: str


@dataclass(frozen=True)
class UnreachedFile:
    """A file that was listed and not read, since there was no time left."""

    path: str


def never() -> bool:
    """Tell that there is time."""
    return False


class RecordRegistry:
    """The live queries of one Airflow.

    :param base: any path that Airflow's ``ObjectStoragePath`` takes; one that does not exist yet holds no record.
    """

    def __init__(self, base: str) -> None:
        self._base = base

    def entries(
        self, is_over: Callable[[], bool] = never, *, begin_at: float = 0.0
    ) -> Iterator[FiledRecord | UnreadableFile | UnreachedFile]:
        """Yield every record, file by file; one that is removed meanwhile is left out.

        :param is_over: asked before each file; once it says so, no file is read any more.
        :param begin_at: which part of the list is gone through first, from 0 to 1: whoever has not the time for all of it
            reaches another part each time.
        :raises RecordError: when the place cannot be listed; that is never taken for "no record".
        """
        files = self._files()
        first = int(begin_at * len(files))
        for path in files[first:] + files[:first]:
            entry = UnreachedFile(str(path)) if is_over() else _read(path)
            if entry is not None:
                yield entry

    def of_task(self, identity: TaskIdentity) -> RecordPathStore:
        """Return the place of one task instance's record."""
        return RecordPathStore(self._base, identity)

    def note_cancel(self, record: QueryRecord, by: str) -> None:
        """Note a confirmed cancel, unless the record has changed since it was read: then somebody else sees to the query.

        :raises RecordError: when the place cannot be reached.
        """
        store = self.of_task(record.identity)
        found = store.read()
        if found.record == record and record.state is RecordState.SUBMITTED:
            cancelled = moved(record, Move.CONFIRM_CANCEL, Actor.OUTSIDER, cancelled_by=by)
            with suppress(FileChangedError):
                store.write(cancelled, found.version)

    def is_cancelled(self, identity: TaskIdentity, query_id: str) -> bool:
        """Return whether it is noted that the service has confirmed a cancel of this query.

        :raises RecordError: when the place cannot be reached.
        """
        record = self.of_task(identity).read().record
        return record is not None and record.is_of(query_id) and record.state is RecordState.CANCELLED

    def forget(self, record: QueryRecord) -> None:
        """Remove a settled record, unless it has changed since it was read.

        :raises RecordError: when the place cannot be reached.
        """
        store = self.of_task(record.identity)
        found = store.read()
        if found.record == record:
            with suppress(FileChangedError):
                store.remove(found.version)

    def _files(self) -> list[Any]:
        from airflow.providers.common.compat.sdk import ObjectStoragePath

        try:
            return sorted(path for path in _listed(ObjectStoragePath(self._base)) if path.suffix == ".json")
        except Exception as e:
            raise RecordError(
                f"Cannot list the records of live queries ({type(e).__name__}: {e}). No query was touched. "
                "Check [veza] record_path and that this process may read it. A retry lists again.",
                about=self._base,
            ) from e


def _listed(folder: Any) -> list[Any]:
    """Return what is in a folder, seen afresh.

    An object storage has no folder before its first file and after its last, and universal-pathlib 0.3 calls that
    ``NotADirectoryError``, as it does a file; only the storage itself tells them apart.
    """
    folder.fs.invalidate_cache()
    try:
        folder.fs.info(folder.path)
    except FileNotFoundError:
        return []
    return list(folder.iterdir())


def _read(path: Any) -> FiledRecord | UnreadableFile | None:
    try:
        return FiledRecord(str(path), QueryRecord.from_json(json.loads(path.read_text())))
    except FileNotFoundError:
        return None
    except Exception as e:
        return UnreadableFile(str(path), f"{type(e).__name__}: {e}")
