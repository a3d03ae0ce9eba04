"""Whether anybody still answers for a recorded query, decided from what Airflow says of its owner; no Airflow, no clock."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.progress import LogLine
from airflow_provider_veza.async_query.record import Owner, QueryRecord


class Standing(StrEnum):
    """How the owner of a recorded query stands, as Airflow tells; the values are for messages."""

    UNKNOWN = "is unknown"
    AT_WORK = "is at work"
    CLEARED = "was cleared"
    ENDED = "has ended"
    GONE = "is gone"


@dataclass(frozen=True)
class Keep:
    """Hands off: somebody may still answer for the query."""

    line: LogLine


@dataclass(frozen=True)
class Cancel:
    """Nobody waits for the query: cancel it if it still runs."""

    handle: QueryHandle
    line: LogLine


@dataclass(frozen=True)
class Forget:
    """Nobody needs the record, and it names no query that could be cancelled."""

    line: LogLine


Verdict = Keep | Cancel | Forget

_NOBODY_WAITS = frozenset({Standing.CLEARED, Standing.ENDED, Standing.GONE})
_NO_ATTEMPT_FOLLOWS = frozenset({Standing.ENDED, Standing.GONE})


def answerable(record: QueryRecord) -> Owner:
    """Return whose standing decides: the task's while its submit is not answered, from then on the owner's."""
    return record.owner if record.handle else Owner.TASK


def judge(record: QueryRecord, standing: Standing, *, now: datetime, grace: timedelta) -> Verdict:
    """Decide what becomes of a recorded query.

    :param standing: of the one that :func:`answerable` names.
    :param grace: how long after its submit was begun a query is left alone, whatever Airflow says.
    """
    subject = f"Query of {record.identity}"
    if now - record.intent_at < grace:
        return Keep(LogLine(logging.DEBUG, f"{subject}: left alone, it is younger than {grace}."))
    if standing is Standing.UNKNOWN:
        return Keep(
            LogLine(logging.WARNING, f"{subject}: left alone, Airflow did not say how its {answerable(record)} stands.")
        )
    if record.handle is None:
        return _judge_intent(record, standing)
    overdue = record.owner is Owner.DAG_RUN and record.handle.deadline.passed(now)
    if standing not in _NOBODY_WAITS and not overdue:
        return Keep(LogLine(logging.DEBUG, f"{subject}: left alone, its {record.owner} {standing}."))
    why = f"its {record.owner} {standing}" if standing in _NOBODY_WAITS else "its deadline has passed"
    if not record.cancel_on_kill:
        line = LogLine(logging.INFO, f"{subject}: {why}; cancel_on_kill=False lets {record.handle.id} run on.")
        return Keep(line) if standing is Standing.CLEARED else Forget(line)
    if not record.handle.owned:
        return Forget(LogLine(logging.INFO, f"{subject}: {why}; it is a cached result that others may use."))
    return Cancel(record.handle, LogLine(logging.INFO, f"{subject}: nobody waits for {record.handle.id}, {why}."))


def _judge_intent(record: QueryRecord, standing: Standing) -> Verdict:
    text = (
        f"Query of {record.identity}: attempt {record.try_number} died inside its submit at {record.intent_at.isoformat()}, or "
        "is still in it. One query may run that nobody can name, nor cancel."
    )
    if standing in _NO_ATTEMPT_FOLLOWS:
        return Forget(LogLine(logging.WARNING, f"{text} The task {standing}, so its record is removed."))
    return Keep(LogLine(logging.WARNING, f"{text} The task {standing}: its next attempt acts by on_ambiguous_submit."))
