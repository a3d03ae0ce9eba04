"""Whether a record tells of a cancel that the service has confirmed to somebody else, asked for only so long; it cancels nothing.

What follows from it is decided in :mod:`airflow_provider_veza.async_query.service`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from asgiref.sync import sync_to_async

from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.identity import TaskIdentity
from airflow_provider_veza.async_query.task_log import TaskLog
from airflow_provider_veza.ownership.bounded import Uninterrupted
from airflow_provider_veza.ownership.records.record_path import configured_record_path
from airflow_provider_veza.ownership.records.registry import RecordRegistry


@dataclass(frozen=True)
class NotedCancel:
    """A cancel of this query that the listener, a trigger or another attempt may have noted; it never raises.

    :param identity: of the task whose record it is; None where nobody knows.
    :param patience: seconds to wait for the record; what cannot be read by then is not noted.
    """

    identity: TaskIdentity | None
    handle: QueryHandle
    log: TaskLog
    patience: float

    def is_there(self) -> bool:
        """Return whether it is noted; for a process that is being killed."""
        try:
            return self._may_be_read and Uninterrupted(self._read).result(self.patience)
        except Exception as e:
            return self._unread(e)

    async def is_there_async(self) -> bool:
        """Return whether it is noted, without holding up the event loop; the async twin of :meth:`is_there`."""
        try:
            async with asyncio.timeout(self.patience):
                return self._may_be_read and await sync_to_async(self._read, thread_sensitive=False)()
        except Exception as e:
            return self._unread(e)

    @property
    def _may_be_read(self) -> bool:
        return self.identity is not None and bool(configured_record_path())

    def _read(self) -> bool:
        assert self.identity is not None
        return RecordRegistry(configured_record_path()).is_cancelled(self.identity, self.handle.id)

    def _unread(self, error: Exception) -> bool:
        self.log.info(
            "No cancel of query %s by others is known (%s: %s).", self.handle.shown_id, type(error).__name__, error
        )
        return False
