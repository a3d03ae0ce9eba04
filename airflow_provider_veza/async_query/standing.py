"""The one rule for "does anybody still wait for this query?", for worker, trigger, sweep and listener alike; it asks nobody.

How Airflow is asked is in :mod:`airflow_provider_veza.ownership.asking`.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.progress import LogLine
from airflow_provider_veza.async_query.record import Owner, QueryRecord, RecordState

_ENDED_TASK = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})
_ENDED_RUN = frozenset({"success", "failed"})
_RESTARTING = "restarting"
DEFERRED = "deferred"


class Standing(StrEnum):
    """How the owner of a query stands, as Airflow tells; the values are for messages."""

    UNKNOWN = "is unknown"
    AT_WORK = "is at work"
    CLEARED = "was cleared"
    ENDED = "has ended"
    GONE = "is gone"
    ELSEWHERE = "waits for another query"

    @property
    def nobody_waits(self) -> bool:
        """Whether a query of this owner may be cancelled: only on a clear answer."""
        return self not in (Standing.UNKNOWN, Standing.AT_WORK)


@dataclass(frozen=True)
class Answer:
    """What Airflow says of a task instance, or of a DAG run.

    :param exists: False where it was deleted.
    :param query_id: of the query that a deferred task has announced; None where it announced none, or nobody asked.
    :param cannot_know: a later attempt is at work, and nothing was remembered by which it could find this query.
    :param max_tries: of the task; None where nobody says. A clear changes it, a scheduler's reset does not.
    """

    state: str | None = None
    exists: bool = True
    query_id: str | None = None
    cannot_know: bool = False
    max_tries: int | None = None


def task_standing(answer: Answer | None, *, is_deferred: bool, query_id: str = "") -> Standing:
    """Read what Airflow says of a task instance.

    :param answer: None where Airflow gave none.
    :param is_deferred: whether the query's task waits in the triggerer. Only then does "no state" mean that it was cleared:
        a scheduler that died leaves running tasks without a state too.
    :param query_id: whose waiter is meant, where the answer may name another query.
    """
    if answer is None:
        return Standing.UNKNOWN
    if not answer.exists:
        return Standing.GONE
    if answer.state is None:
        return Standing.CLEARED if is_deferred else Standing.UNKNOWN
    if answer.state in _ENDED_TASK:
        return Standing.ENDED
    if answer.state == _RESTARTING:
        return Standing.CLEARED
    if answer.cannot_know or (answer.state == DEFERRED and query_id and answer.query_id not in (None, query_id)):
        return Standing.ELSEWHERE
    return Standing.AT_WORK


def run_standing(answer: Answer | None) -> Standing:
    """Read what Airflow says of a DAG run."""
    if answer is None:
        return Standing.UNKNOWN
    if not answer.exists:
        return Standing.GONE
    return Standing.ENDED if answer.state in _ENDED_RUN else Standing.AT_WORK


@dataclass(frozen=True)
class Keep:
    """Leave the query alone: somebody may still answer for it."""

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


Judgement = Keep | Cancel | Forget

_NO_ATTEMPT_FOLLOWS = frozenset({Standing.ENDED, Standing.GONE})


def answerable(record: QueryRecord) -> Owner:
    """Return whose standing decides: the task's while its submit is not answered, from then on the owner's."""
    return record.owner if record.handle else Owner.TASK


def standing_of(record: QueryRecord, answer: Answer | None) -> Standing:
    """Read what Airflow says of the one that :func:`answerable` names."""
    if answerable(record) is Owner.DAG_RUN:
        return run_standing(answer)
    is_reset = answer is not None and answer.max_tries is not None and answer.max_tries == record.life.max_tries
    return task_standing(answer, is_deferred=record.deferred and not is_reset)


def judge(record: QueryRecord, standing: Standing, *, now: datetime, grace: timedelta) -> Judgement:
    """Decide what becomes of a recorded query, for whoever is not an attempt of its task.

    :param standing: of the one that :func:`answerable` names.
    :param grace: how long after its submit was begun a query is left alone, whatever Airflow says.
    """
    subject = f"Query of {record.identity}"
    if now - record.intent_at < grace:
        return Keep(LogLine(logging.DEBUG, f"{subject}: left alone, it is younger than {grace}."))
    if standing is Standing.UNKNOWN:
        text = f"{subject}: left alone, Airflow did not say how its {answerable(record)} stands."
        return Keep(LogLine(logging.WARNING, text))
    if record.handle is None:
        return _judge_intent(record, standing)
    if record.state is RecordState.CANCELLED:
        return _judge_finished(record, standing, f"it was cancelled by {record.cancelled_by or 'somebody'}")
    if record.state is RecordState.DELIVERED and record.keep_results:
        return _judge_finished(record, standing, "its rows are delivered")
    return _judge_live(record, record.handle, standing, now)


def _judge_live(record: QueryRecord, handle: QueryHandle, standing: Standing, now: datetime) -> Judgement:
    subject = f"Query of {record.identity}"
    overdue = record.owner is Owner.DAG_RUN and handle.deadline.passed(now)
    if not standing.nobody_waits and not overdue:
        return Keep(LogLine(logging.DEBUG, f"{subject}: left alone, its {record.owner} {standing}."))
    why = f"its {record.owner} {standing}" if standing.nobody_waits else "its deadline has passed"
    if not record.cancel_on_kill and record.state is not RecordState.DELIVERED:
        line = LogLine(logging.INFO, f"{subject}: {why}; cancel_on_kill=False lets {handle.shown_id} run on.")
        return Forget(line) if standing in _NO_ATTEMPT_FOLLOWS or overdue else Keep(line)
    if not handle.owned:
        return Forget(LogLine(logging.INFO, f"{subject}: {why}; it is a cached result that others may use."))
    return Cancel(handle, LogLine(logging.INFO, f"{subject}: nobody waits for {handle.shown_id}, {why}."))


def _judge_finished(record: QueryRecord, standing: Standing, why: str) -> Judgement:
    """Judge the record of a query that needs nothing more: the next attempt, if one follows, wants to read it."""
    text = f"Query of {record.identity}: {why}, and its {answerable(record)} {standing}"
    if standing in _NO_ATTEMPT_FOLLOWS:
        return Forget(LogLine(logging.DEBUG, f"{text}; its record is removed."))
    return Keep(LogLine(logging.DEBUG, f"{text}; its record is kept for the next attempt."))


def _judge_intent(record: QueryRecord, standing: Standing) -> Judgement:
    text = (
        f"Query of {record.identity}: attempt {record.try_number} died inside its submit at {record.intent_at.isoformat()}, or "
        "is still in it. One query may run that nobody can name, nor cancel."
    )
    if standing in _NO_ATTEMPT_FOLLOWS:
        return Forget(LogLine(logging.WARNING, f"{text} The task {standing}, so its record is removed."))
    return Keep(LogLine(logging.WARNING, f"{text} The task {standing}: its next attempt acts by on_ambiguous_submit."))
