"""The result family of Veza's Query Builder on the wire: create, and the AsyncTask it returns; sans-I/O.

Sources: docs.veza.com, Query Builder: GetAssessmentQuerySpecResultAsync and GetAssessmentAsyncTask. The shape of the
task's ``result`` is not documented; it is read in each plausible shape. No cancel is documented, so none is offered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from airflow_provider_veza.async_query.identity import Fingerprint
from airflow_provider_veza.async_query.json_value import ascii_of, words_of
from airflow_provider_veza.async_query.layout import RowLayout
from airflow_provider_veza.async_query.message import Call, Purpose, Request, Response
from airflow_provider_veza.async_query.vocabulary import Page, Phase, Snapshot, Submitted, Traits
from airflow_provider_veza.exceptions import IncompleteResultError, MalformedResponseError, QueryGoneError
from airflow_provider_veza.services.id_in_path import fits_a_path, id_in_path
from airflow_provider_veza.services.veza_counts import number_value_of
from airflow_provider_veza.services.veza_errors import absence, json_object, reason_in
from airflow_provider_veza.services.veza_layout import LAYOUT
from airflow_provider_veza.services.veza_rows import (
    DEFAULT_ROWS_FIELDS,
    answer_with_rows,
    not_understood,
    page_announced,
    rows_of,
)

CREATE_PATH = "/api/v1/assessments/query_spec:result_async_create"
TASKS_PATH = "/api/v1/assessments/async_tasks/"

_STATES = {"0": "UNKNOWN_STATE", "1": "PENDING", "2": "IN_PROGRESS", "3": "COMPLETE"}
_STATUSES = {"0": "UNKNOWN_STATUS", "1": "SUCCEEDED", "2": "FAILED", "3": "CANCELED"}
_EXCERPT = 200
_OUTCOMES = {"SUCCEEDED": Phase.SUCCEEDED, "CANCELED": Phase.CANCELED}


@dataclass(frozen=True)
class ResultQuery:
    """A query for a result (rows or a number): a checked spec."""

    spec: Mapping[str, Any]
    service: ClassVar[str] = "veza_result"

    def fingerprint(self, tenant: str) -> Fingerprint:
        """Return what decides whether two submits are of the same query."""
        return Fingerprint.of(service=self.service, query_spec=self.spec, tenant=tenant)


@dataclass(frozen=True)
class VezaResultService:
    """``query_spec:result_async_create`` and ``async_tasks/{id}``.

    A look brings the whole result once the task is complete: the endpoint documents no way to leave it out.

    :param rows_fields: of a result, where its rows are; inferred.
    """

    rows_fields: tuple[str, ...] = DEFAULT_ROWS_FIELDS
    name: ClassVar[str] = ResultQuery.service
    traits: ClassVar[Traits] = Traits(can_cancel=False, absent_grace_seconds=5.0)
    layout: ClassVar[RowLayout] = LAYOUT
    page_size: ClassVar[None] = None

    def submit(self, query: ResultQuery) -> Call[Submitted]:
        """Ask Veza to run the query."""
        return Call(Request("POST", CREATE_PATH, query.spec, idempotent=False), _read_submitted)

    def look(self, query_id: str, _wait: float = 0.0, /) -> Call[Snapshot]:
        """Ask how the task stands."""
        return Call(_get(query_id), _read_snapshot)

    def page(self, query_id: str, page_token: str | None, _page_size: int | None = None, /) -> Call[Page]:
        """Ask for the result; it is one page of whatever size."""
        if page_token is not None:
            raise IncompleteResultError(f"An AsyncTask has one page; there is none at {page_token!r}.")
        return Call(_get(query_id, Purpose.PAGE), partial(_read_page, rows_fields=self.rows_fields))

    def cancel(self, query_id: str) -> Call[None]:
        """Refuse: Veza documents no cancel of an AsyncTask, see ``traits.can_cancel``."""
        raise NotImplementedError(f"Veza documents no cancel of an AsyncTask; {query_id} runs on to its end.")

    def release(self, query_id: str) -> Call[None]:
        """Refuse: Veza keeps results by its own rules, see ``traits.keeps_result``."""
        raise NotImplementedError(
            f"Veza documents no deletion of a result; that of {query_id} stays as long as Veza keeps it."
        )


def _get(task_id: str, purpose: Purpose = Purpose.LOOK) -> Request:
    return Request("GET", TASKS_PATH + id_in_path(task_id), purpose=purpose)


def _read_submitted(response: Response) -> Submitted:
    sent = _task(json_object(response))["id"]
    task_id = words_of(sent)
    if isinstance(sent, bool) or not isinstance(sent, (str, int)) or not fits_a_path(task_id):
        raise MalformedResponseError(
            "Veza names the task by what can be no id: no path leads to it.", about=ascii(task_id)
        )
    return Submitted(id=task_id)


def _read_snapshot(response: Response) -> Snapshot:
    if gone := absence(response):
        return gone
    task = _task(json_object(response))
    state = _named(task.get("state"), _STATES, "UNKNOWN_STATE")
    if state != "COMPLETE":
        return Snapshot(Phase.RUNNING, state, warnings=_state_warnings(state))
    status = _named(task.get("status"), _STATUSES, "UNKNOWN_STATUS")
    phase = _OUTCOMES.get(status, Phase.FAILED)
    error = "" if phase is Phase.SUCCEEDED else _error(task, phase, status)
    return Snapshot(phase, f"COMPLETE/{status}", error=error)


def _read_page(response: Response, rows_fields: tuple[str, ...]) -> Page:
    snapshot = _read_snapshot(response)
    if snapshot.phase is not Phase.SUCCEEDED:
        raise QueryGoneError(
            f"The task had succeeded, but while its result was read Veza reports {snapshot.state}. {snapshot.error} "
            "Clear the task, or let it retry, to submit anew."
        )
    return result_page(_task(answer_with_rows(response, rows_fields)).get("result"), rows_fields)


def result_page(result: Any, rows_fields: tuple[str, ...] = DEFAULT_ROWS_FIELDS) -> Page:
    """Read the ``result`` of a task: rows in ``nodes_value`` (an object or a bare list), rows themselves, or a number.

    :raises IncompleteResultError: when it has more rows than it shows, since no next page is documented.
    :raises MalformedResponseError: when it is none of these.
    """
    if isinstance(result, list):
        result = {"nodes_value": result}
    if not isinstance(result, dict):
        raise MalformedResponseError(f"The task succeeded but its result is {type(result).__name__}, not an object.")
    number = number_value_of(result.get("number_value"))
    shown = _shown(result, rows_fields)
    if shown is None:
        return Page(count=_required_count(number, result))
    rows = rows_of(shown, rows_fields)
    if page_announced(shown) or (rows and number is not None and number > len(rows)):
        raise IncompleteResultError(
            f"The result shows {len(rows)} rows and says that there are more (number_value={number}); no next page of an "
            "AsyncTask is documented. No row was delivered. Use result_kind='nodes', which pages."
        )
    return Page(rows) if rows or not number else Page(count=number)


def _shown(result: Mapping[str, Any], rows_fields: tuple[str, ...]) -> Mapping[str, Any] | None:
    """Return what holds the rows; None where the result is only a number.

    :raises MalformedResponseError: where rows are expected and something else is.
    """
    nodes = result.get("nodes_value")
    if isinstance(nodes, list):
        return {rows_fields[0]: nodes}
    if isinstance(nodes, dict):
        return nodes
    if nodes is not None:
        raise not_understood(result, f"has nodes_value={ascii_of(nodes)[:_EXCERPT]}, which holds no rows")
    return None if result.keys().isdisjoint(rows_fields) else result


def _required_count(number: int | None, result: Mapping[str, Any]) -> int:
    if number is None:
        raise not_understood(result, "says that the task succeeded, but its result has neither rows nor a number")
    return number


def _task(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    for wrapped in (answer.get("task"), answer.get("value"), answer):
        if isinstance(wrapped, dict) and wrapped.get("id"):
            return wrapped
    raise MalformedResponseError(f"Veza's answer holds no task with an id (fields: {sorted(answer)}).")


def _named(value: Any, names: Mapping[str, str], unset: str) -> str:
    text = (
        str(value).upper() if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "" else unset
    )
    return names.get(text, text)


def _state_warnings(state: str) -> tuple[str, ...]:
    if state == "UNKNOWN_STATE":
        return ("Veza reports UNKNOWN_STATE for the task; it is taken as running until that changes.",)
    return (
        ()
        if state in _STATES.values()
        else (f"Veza reports state {state!r}, which is not documented; taken as running.",)
    )


def _error(task: Mapping[str, Any], phase: Phase, status: str) -> str:
    reasons = (reason_in(task, name) for name in ("error_reason", "error_status"))
    details = list(dict.fromkeys(filter(None, reasons)))
    if phase is Phase.FAILED and status != "FAILED":
        details.append(f"complete with status {status}, which is no success")
    return "; ".join(details)
