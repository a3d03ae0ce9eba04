"""Says truthfully what became of a cancel: a log line, a counter, and the command that does it by hand; it decides nothing.

Whether to cancel is decided in :mod:`airflow_provider_veza.async_query.standing`.
"""

from __future__ import annotations

import json
import logging
import shlex
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import TYPE_CHECKING

from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.progress import LogLine
from airflow_provider_veza.async_query.service import Cancellation
from airflow_provider_veza.async_query.task_log import TaskLog
from airflow_provider_veza.hooks.metrics import count_cancel, count_cancel_aside

if TYPE_CHECKING:
    from airflow_provider_veza.hooks.bound import BoundQuery


class CancelOutcome(StrEnum):
    """The last part of the counter ``veza.cancel.…``, and its tag."""

    CANCELLED = "cancelled"
    ALREADY_ENDED = "already_ended"
    NOT_POSSIBLE = "not_possible"
    FAILED = "failed"

    @property
    def of_query(self) -> str:
        """What an error says of the query, after "it" or "its query": an alert shows the error without the log."""
        return _OF_QUERY[self]


_OF_QUERY = {
    CancelOutcome.CANCELLED: "was cancelled",
    CancelOutcome.ALREADY_ENDED: "had ended when it was to be cancelled",
    CancelOutcome.NOT_POSSIBLE: "was not cancelled and may still run (the task's log says why)",
    CancelOutcome.FAILED: "could not be cancelled and may still run (the task's log has the command that cancels it)",
}


def try_to_cancel(query: BoundQuery, log: TaskLog, *, in_bounded_time: bool = False) -> CancelOutcome:
    """Cancel as well as possible and say what became of it; never raises.

    :param in_bounded_time: as a process does that is being killed.
    """
    return _tried(query, log, query.cancel_now if in_bounded_time else query.cancel)


def try_to_cancel_beside_others(query: BoundQuery, log: TaskLog, is_cancelled: Callable[[], bool]) -> CancelOutcome:
    """Cancel in bounded time as :func:`try_to_cancel` does, where somebody else may be about it too.

    :param is_cancelled: whether the service has confirmed that one's cancel.
    """
    return _tried(query, log, lambda: query.cancel_now(is_cancelled))


def _tried(query: BoundQuery, log: TaskLog, cancel: Callable[[], Cancellation]) -> CancelOutcome:
    try:
        result: Cancellation | Exception = cancel()
    except Exception as e:
        result = e
    outcome = _told_in_log(query, log, result)
    count_cancel(outcome.value)
    return outcome


async def try_to_cancel_async(
    query: BoundQuery, log: TaskLog, is_cancelled: Callable[[], Awaitable[bool]]
) -> CancelOutcome:
    """Do what :func:`try_to_cancel_beside_others` does, on an event loop."""
    try:
        result: Cancellation | Exception = await query.acancel(is_cancelled)
    except Exception as e:
        result = e
    outcome = _told_in_log(query, log, result)
    count_cancel_aside(outcome.value)
    return outcome


def cancel_command(handle: QueryHandle, conn_id: str) -> str:
    """Return the command line that cancels the query by hand."""
    return f"python -m airflow_provider_veza cancel --conn-id {shlex.quote(conn_id)} {shlex.quote(json.dumps(handle.to_json()))}"


def _told_in_log(query: BoundQuery, log: TaskLog, result: Cancellation | Exception) -> CancelOutcome:
    outcome, line = _told(query.handle, query.conn_id, result)
    log.log(line.level, "%s", line.text)
    return outcome


def _told(handle: QueryHandle, conn_id: str, result: Cancellation | Exception) -> tuple[CancelOutcome, LogLine]:
    query = f"Query {handle.shown_id} of {handle.tenant}"
    if isinstance(result, Exception):
        return CancelOutcome.FAILED, LogLine(
            logging.WARNING,
            f"{query} could not be cancelled and may still run ({type(result).__name__}: {result}). "
            f"To cancel it by hand: {cancel_command(handle, conn_id)}",
        )
    if result.cancelled:
        return CancelOutcome.CANCELLED, LogLine(logging.INFO, f"{query} was cancelled.")
    if result.phase is not None and result.phase.is_terminal:
        return CancelOutcome.ALREADY_ENDED, LogLine(logging.INFO, f"{query} was not cancelled: {result.reason}.")
    return CancelOutcome.NOT_POSSIBLE, LogLine(logging.WARNING, f"{query} was not cancelled: {result.reason}.")
