"""What is done about the queries of a marked task or run: wait for the commit, look, cancel, all in a bounded time."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import timedelta

from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.identity import TaskIdentity
from airflow_provider_veza.async_query.orphan import Cancel, Standing, judge
from airflow_provider_veza.async_query.record import Owner, QueryRecord
from airflow_provider_veza.async_query.service import Cancellation
from airflow_provider_veza.exceptions import RecordError
from airflow_provider_veza.hooks.cancelling import try_to_cancel
from airflow_provider_veza.hooks.of_service import hook_of
from airflow_provider_veza.hooks.waiting import utc_now
from airflow_provider_veza.operators.standing import AirflowStates, Database, standing_of
from airflow_provider_veza.records.record_path import configured_record_path
from airflow_provider_veza.records.registry import FiledRecord, RecordRegistry
from airflow_provider_veza.records.store import note_cancel

log = logging.getLogger(__name__)

BUDGET_SECONDS = 10.0
COMMIT_PATIENCE_SECONDS = 5.0
LOOK_INTERVAL_SECONDS = 0.25
_OVER = frozenset({Standing.ENDED, Standing.CLEARED, Standing.GONE})


@dataclass(frozen=True)
class MarkedTask:
    """A task instance that was marked."""

    identity: TaskIdentity

    def records(self, registry: RecordRegistry) -> list[QueryRecord]:
        """Return the record of its query, if it has submitted one and did not hand it to its run."""
        record = registry.of_task(self.identity).read()
        return [record] if record and record.handle and record.owner is Owner.TASK else []

    def __str__(self) -> str:
        return str(self.identity)


@dataclass(frozen=True)
class MarkedRun:
    """A DAG run that was marked."""

    dag_id: str
    run_id: str

    def records(self, registry: RecordRegistry) -> list[QueryRecord]:
        """Return the records of all queries that its tasks have submitted."""
        filed = (entry.record for entry in registry.entries() if isinstance(entry, FiledRecord))
        return [record for record in filed if record.handle and self._is_of(record.identity)]

    def _is_of(self, identity: TaskIdentity) -> bool:
        return (identity.dag_id, identity.run_id) == (self.dag_id, self.run_id)

    def __str__(self) -> str:
        return f"run {self.run_id} of {self.dag_id}"


Mark = MarkedTask | MarkedRun


def cancel_marked(mark: Mark) -> None:
    """Cancel what the marked task or run leaves behind, as its record names it."""
    CancelOnMarked(RecordRegistry(configured_record_path()), Database()).settle(mark)


@dataclass(frozen=True)
class CancelOnMarked:
    """Cancels the queries of one mark after the other; their records are left to the next attempt and the sweep.

    :param budget: seconds for one mark; what is not begun by then is left to the sweep.
    :param patience: seconds until the mark must have been committed.
    """

    registry: RecordRegistry
    states: AirflowStates
    budget: float = BUDGET_SECONDS
    patience: float = COMMIT_PATIENCE_SECONDS

    def settle(self, mark: Mark) -> None:
        """Cancel each query of the mark that still runs."""
        begun = time.monotonic()
        for record in mark.records(self.registry):
            if time.monotonic() >= begun + self.budget:
                log.warning(
                    "%s s were not enough for all queries of %s; the rest is left to the sweep.", self.budget, mark
                )
                return
            standing = self._standing_after_commit(record, begun + self.patience)
            verdict = judge(record, standing, now=utc_now(), grace=timedelta(0))
            if isinstance(verdict, Cancel):
                log.log(verdict.line.level, "%s", verdict.line.text)
                self._note_cancel(record, verdict.handle)
                try_to_cancel(log, verdict.handle, verdict.handle.conn_id, _cancel_in_bounded_time)

    def _standing_after_commit(self, record: QueryRecord, end: float) -> Standing:
        """Ask until the mark can be seen, since the event precedes the commit of what it tells."""
        while True:
            standing = standing_of(record, self.states, log)
            if standing in _OVER or time.monotonic() >= end:
                return standing
            time.sleep(LOOK_INTERVAL_SECONDS)

    def _note_cancel(self, record: QueryRecord, handle: QueryHandle) -> None:
        """Let a worker that still waits, and the next attempt, know why the query is gone."""
        try:
            note_cancel(self.registry.of_task(record.identity), handle.id, record.try_number)
        except RecordError as e:
            log.warning("%s", e)


def _cancel_in_bounded_time(handle: QueryHandle) -> Cancellation:
    return hook_of(handle.service, handle.conn_id).cancel_now(handle)
