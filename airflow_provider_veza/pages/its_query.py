"""Which query a task instance is about, whether it is worth a look, and what a look showed; pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from airflow_provider_veza.async_query.attempt_report import REPORT_KEY
from airflow_provider_veza.async_query.handle import HANDLE_KEY, QueryHandle, is_no_handle, is_one_handle
from airflow_provider_veza.async_query.record import RecordState
from airflow_provider_veza.async_query.vocabulary import Snapshot, Traits
from airflow_provider_veza.async_query.watch import Outcome
from airflow_provider_veza.exceptions import AsyncQueryError
from airflow_provider_veza.pages.facts import TaskFacts, mapping_of

_ENDS_OF_THE_QUERY = frozenset(outcome for outcome in Outcome if not outcome.may_still_run)
_NOTHING_TO_SEE = frozenset({RecordState.INTENT, RecordState.CANCELLED, RecordState.DELIVERED})


@dataclass(frozen=True)
class Subject:
    """A query to look at, and the connection to look by."""

    handle: QueryHandle
    conn_id: str


@dataclass(frozen=True)
class QueryLook:
    """What a look showed, or why it showed nothing.

    :param at: when (UTC); None where none has ended yet.
    :param snapshot: None where the look failed.
    :param why_not: in sentences for people; empty where it did not fail.
    """

    at: datetime | None = None
    snapshot: Snapshot | None = None
    traits: Traits | None = None
    why_not: str = ""


def own_handle(facts: TaskFacts) -> Mapping[str, Any]:
    """Return the handle of the query that the task has submitted, or adopted; empty where there is none."""
    return mapping_of((facts.record or {}).get("handle")) or mapping_of(facts.xcoms.get(HANDLE_KEY))


def given_handle(facts: TaskFacts) -> Mapping[str, Any]:
    """Return the handle that a task works on without being answerable for it; a cancel of many names none here."""
    given = facts.fields.get("handle")
    if is_no_handle(given):
        return {}
    try:
        return QueryHandle.from_json(given).to_json() if is_one_handle(given) else {}
    except AsyncQueryError:
        return {}


def is_handed_over(facts: TaskFacts) -> bool:
    """Whether the task did no more than submit: it has returned the handle of its query, and its run answers for that."""
    query_id = own_handle(facts).get("id")
    return query_id is not None and mapping_of(facts.xcoms.get("return_value")).get("id") == query_id


def subject_of(facts: TaskFacts, now: datetime) -> Subject | None:
    """Return what is worth a look: a query that may run and that somebody waits for; None where there is none such.

    Not one whose end is known, and not one of a task that is over, unless it was only submitted there and its deadline has
    not come.
    """
    if _end_is_known(facts):
        return None
    if facts.wait is not None:
        return Subject(facts.wait.handle, facts.wait.conn_id)
    try:
        handle = QueryHandle.from_json(own_handle(facts) or given_handle(facts))
    except AsyncQueryError:
        return None
    if facts.is_over and not (is_handed_over(facts) and not handle.deadline.passed(now)):
        return None
    return Subject(handle, handle.conn_id)


def _end_is_known(facts: TaskFacts) -> bool:
    state, outcome = (facts.record or {}).get("state"), mapping_of(facts.xcoms.get(REPORT_KEY)).get("outcome")
    return _is_one_of(state, _NOTHING_TO_SEE) or _is_one_of(outcome, _ENDS_OF_THE_QUERY)


def _is_one_of(stored: object, names: Collection[str]) -> bool:
    return isinstance(stored, str) and stored in names
