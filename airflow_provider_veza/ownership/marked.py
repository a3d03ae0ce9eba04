"""What is done about the queries of a task or run that was marked, or that the scheduler gave up, all in a bounded time.

Where that is heard is in :mod:`airflow_provider_veza.listeners.marks`.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import timedelta

from airflow_provider_veza.async_query.identity import TaskIdentity
from airflow_provider_veza.async_query.record import Owner, QueryRecord, RecordState
from airflow_provider_veza.async_query.standing import Cancel, Standing, judge
from airflow_provider_veza.exceptions import RecordError
from airflow_provider_veza.hooks.of_service import query_of
from airflow_provider_veza.hooks.wall_clock import utc_now
from airflow_provider_veza.ownership.asking import Airflow, Database, standing_of_record
from airflow_provider_veza.ownership.cancelling import CancelOutcome, try_to_cancel_beside_others
from airflow_provider_veza.ownership.records.record_path import configured_record_path
from airflow_provider_veza.ownership.records.registry import FiledRecord, RecordRegistry

log = logging.getLogger(__name__)

BUDGET_SECONDS = 10.0
COMMIT_PATIENCE_SECONDS = 5.0
LOOK_INTERVAL_SECONDS = 0.25


@dataclass(frozen=True)
class MarkedTask:
    """A task instance that was marked, or that the scheduler has failed.

    :param is_over: whether whoever tells this also decides it, so that no commit needs to be waited for.
    """

    identity: TaskIdentity
    is_over: bool = False

    def records(self, registry: RecordRegistry) -> list[QueryRecord]:
        """Return the record of its query, if it has submitted one and did not hand it to its run."""
        record = registry.of_task(self.identity).read().record
        return [record] if record and record.handle and record.owner is Owner.TASK else []

    def __str__(self) -> str:
        return str(self.identity)


@dataclass(frozen=True)
class MarkedRun:
    """A DAG run that was marked."""

    dag_id: str
    run_id: str
    is_over: bool = False

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
    airflow: Airflow
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
            standing = Standing.ENDED if mark.is_over else self._standing_after_commit(record, begun + self.patience)
            self._settle_record(record, standing)

    def _settle_record(self, record: QueryRecord, standing: Standing) -> None:
        verdict = judge(record, standing, now=utc_now(), grace=timedelta(0))
        if not isinstance(verdict, Cancel):
            return
        log.log(verdict.line.level, "%s", verdict.line.text)
        if self._is_cancelled_meanwhile(record):
            log.info("Query %s was cancelled meanwhile, by its trigger or its worker.", verdict.handle.shown_id)
            return
        outcome = try_to_cancel_beside_others(
            query_of(verdict.handle), log, lambda: self._is_cancelled_meanwhile(record)
        )
        if outcome is CancelOutcome.CANCELLED:
            self._note_cancel(record)

    def _standing_after_commit(self, record: QueryRecord, end: float) -> Standing:
        """Ask until the mark can be seen, since the event precedes the commit of what it tells."""
        while True:
            standing = standing_of_record(record, self.airflow, log)
            if standing.nobody_waits or time.monotonic() >= end:
                return standing
            time.sleep(LOOK_INTERVAL_SECONDS)

    def _is_cancelled_meanwhile(self, record: QueryRecord) -> bool:
        """Whether somebody else was quicker: a mark also ends the trigger, or the worker, which cancels the query itself."""
        try:
            now = self.registry.of_task(record.identity).read().record
        except RecordError as e:
            log.warning("%s", e)
            return False
        return now is None or (now.handle == record.handle and now.state is RecordState.CANCELLED)

    def _note_cancel(self, record: QueryRecord) -> None:
        """Let a worker that still waits, and the next attempt, know why the query is gone."""
        try:
            self.registry.note_cancel(record, "the listener of marks")
        except RecordError as e:
            log.warning("%s", e)
