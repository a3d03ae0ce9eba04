"""What is done about one recorded query once Airflow has said how its owner stands: leave, cancel, forget; it asks nobody.

The rule is in :mod:`airflow_provider_veza.async_query.standing`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import TracebackType
from typing import TYPE_CHECKING

from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.record import QueryRecord
from airflow_provider_veza.async_query.standing import Cancel, Forget, Standing, judge
from airflow_provider_veza.async_query.task_log import TaskLog
from airflow_provider_veza.exceptions import RecordError
from airflow_provider_veza.hooks.bound import BoundQuery
from airflow_provider_veza.hooks.of_service import hook_of
from airflow_provider_veza.hooks.wall_clock import utc_now
from airflow_provider_veza.ownership.cancelling import CancelOutcome, try_to_cancel
from airflow_provider_veza.ownership.records.registry import RecordRegistry

if TYPE_CHECKING:
    from airflow_provider_veza.hooks.base import AsyncQueryHook


class Settlement(StrEnum):
    """What became of a record; the keys of a sweep's summary."""

    CANCELLED = "cancelled"
    ALREADY_ENDED = "already_ended"
    NOT_POSSIBLE = "not_possible"
    FAILED = "failed"
    KEPT = "kept"


_SETTLED = frozenset({CancelOutcome.CANCELLED, CancelOutcome.ALREADY_ENDED})


@dataclass(frozen=True)
class Settler:
    """Settles recorded queries that nobody answers for.

    :param query: returns a query bound to its client.
    :param grace: how long after its submit a query is left alone.
    """

    registry: RecordRegistry
    query: Callable[[QueryHandle], BoundQuery]
    grace: timedelta
    log: TaskLog

    def settle(self, record: QueryRecord, standing: Standing) -> Settlement:
        """Do what the rule of :func:`~.async_query.standing.judge` says, and say it; never raises."""
        verdict = judge(record, standing, now=utc_now(), grace=self.grace)
        self.log.log(verdict.line.level, "%s", verdict.line.text)
        match verdict:
            case Cancel(handle):
                return self._cancel(record, handle)
            case Forget():
                self._forget(record)
                return Settlement.NOT_POSSIBLE
            case _:
                return Settlement.KEPT

    def _cancel(self, record: QueryRecord, handle: QueryHandle) -> Settlement:
        outcome = try_to_cancel(self.query(handle), self.log)
        if outcome in _SETTLED:
            self._forget(record)
        return Settlement(outcome.value)

    def _forget(self, record: QueryRecord) -> None:
        try:
            self.registry.forget(record)
        except RecordError as e:
            self.log.warning("%s It stays listed until it can be removed.", e)


class RecordedHooks:
    """The hooks of recorded queries: each handle's own connection and service, opened once."""

    def __init__(self) -> None:
        self._hooks: dict[tuple[str, ...], AsyncQueryHook] = {}

    def __enter__(self) -> RecordedHooks:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        for hook in self._hooks.values():
            hook.close()

    def query(self, handle: QueryHandle) -> BoundQuery:
        """Return a query bound to its client."""
        return BoundQuery(handle, handle.conn_id, lambda: self._opened(handle.service, handle.conn_id))

    def _opened(self, *key: str) -> AsyncQueryHook:
        if key not in self._hooks:
            self._hooks[key] = hook_of(*key)
        return self._hooks[key]
