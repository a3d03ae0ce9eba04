"""ES|QL's asynchronous queries on the wire: submit, look with a long poll, fetch, stop, delete; sans-I/O.

Sources: Elasticsearch's specification of ``/_query/async`` and the behaviour of its servers since 8.13. The documented default
of ``wait_for_completion_timeout`` on GET contradicts what servers do, so it is always sent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import ClassVar

from airflow_provider_veza.async_query.layout import RowLayout
from airflow_provider_veza.async_query.message import Call, Purpose, Request, Response
from airflow_provider_veza.async_query.service import Flow
from airflow_provider_veza.async_query.vocabulary import Page, Phase, Snapshot, Submitted, Traits
from airflow_provider_veza.exceptions import (
    MalformedResponseError,
    QueryFailedError,
    QueryGoneError,
    RefusedError,
    RequestError,
)
from airflow_provider_veza.services.esql_answer import (
    Answer,
    column_names,
    progress_of,
    read_answer,
    read_table,
    row_count,
    rows_of,
    warnings_of,
)
from airflow_provider_veza.services.esql_errors import Meaning, cause_of, is_absent, is_outcome, meaning_of, refusal
from airflow_provider_veza.services.esql_layout import LAYOUT, column_types
from airflow_provider_veza.services.esql_query import EsqlQuery
from airflow_provider_veza.services.id_in_path import fits_a_path, id_in_path

PATH = "/_query/async"
KEEP_AFTER_DEADLINE = timedelta(hours=1)
"""How long a result stays after the deadline, for tasks that are resumed late; and how long an orphan can live."""
LONGEST_WAIT_SECONDS = 30.0
SHORTEST_WAIT_SECONDS = 0.001
"""Not zero: that might be read as no bound at all."""

_PARTIAL = "allow_partial_results"
_WHOSE = (
    "Elasticsearch answers so when it has expired or was deleted, and also when it belongs to somebody else: a result can be "
    "read only with the API key that submitted its query, or by the same user. If the connection's key was rotated or its "
    "user changed meanwhile, that is why"
)


@dataclass(frozen=True)
class EsqlService:
    """``/_query/async``.

    :param columnar: whether the query was submitted to be answered column by column, which no answer tells.
    :param drop_null_columns: whether answers leave out columns in which every value is null.
    """

    columnar: bool = False
    drop_null_columns: bool = False
    name: ClassVar[str] = EsqlQuery.service
    page_size: ClassVar[int | None] = None
    layout: ClassVar[RowLayout] = LAYOUT
    traits: ClassVar[Traits] = Traits(
        long_poll_seconds=LONGEST_WAIT_SECONDS,
        can_cancel=True,
        keeps_result=True,
        storing_grace_seconds=10.0,
    )

    def submit(self, query: EsqlQuery, *, keep_alive: timedelta) -> Flow[Submitted]:
        """Ask Elasticsearch to run the query; a server that knows no choice about partial results is asked without one.

        :param keep_alive: after which the query is ended, if it still runs, and its result forgotten.
        :raises BadRequestError: when the query is wrong; it does not run.
        :raises RefusedError: when it was not let in, or failed within the first second; nothing is stored of it.
        """
        submitted: Submitted | None = yield _submit(query, keep_alive, _choices(query, with_partial=True))
        if submitted is None:
            submitted = yield _submit(query, keep_alive, _choices(query, with_partial=False))
        if submitted is None:
            raise MalformedResponseError(f"Elasticsearch refused the parameter {_PARTIAL}, which was not sent.")
        return submitted

    def look(self, query_id: str, wait: float = 0.0, /) -> Call[Snapshot]:
        """Ask how the query stands. The answer about an ended query brings its whole result; there is no smaller one.

        :param wait: seconds to wait on the server for the end.
        """
        return Call(self._get(query_id, wait), self._read_snapshot, is_outcome)

    def page(self, query_id: str, _page_token: str | None, _page_size: int | None = None, /) -> Call[Page]:
        """Ask for the whole result: there are no pages. A result that is still being stored is asked for again."""
        return Call(replace(self._get(query_id, 0.0), purpose=Purpose.PAGE), self._read_page, is_outcome, is_absent)

    def stop(self, query_id: str) -> Call[Snapshot]:
        """Ask to end the query with the rows that it has (Elasticsearch 8.18 or later); an ended one stays as it is."""
        request = Request("POST", f"{_path(query_id)}/stop", params=self._rendering, wait=LONGEST_WAIT_SECONDS)
        return Call(request, self._read_snapshot, is_outcome)

    def cancel(self, query_id: str) -> Call[None]:
        """Ask to end the query, if it runs, and to forget its result."""
        return Call(Request("DELETE", _path(query_id), purpose=Purpose.CANCEL), _read_deleted)

    def release(self, query_id: str) -> Call[None]:
        """Ask to forget the result."""
        return self.cancel(query_id)

    def _get(self, query_id: str, wait: float) -> Request:
        milliseconds = f"{max(wait, SHORTEST_WAIT_SECONDS) * 1000:.0f}ms"
        params = {"wait_for_completion_timeout": milliseconds} | self._rendering
        return Request("GET", _path(query_id), params=params, wait=wait)

    @property
    def _rendering(self) -> dict[str, str]:
        return {"drop_null_columns": "true"} if self.drop_null_columns else {}

    def _read_snapshot(self, response: Response) -> Snapshot:
        if response.status >= 400:
            return _ended_badly(response)
        answer = read_answer(response)
        rows = row_count(answer, columnar=self.columnar) if answer.has_table else None
        if answer.is_running:
            return Snapshot(Phase.RUNNING, "running", rows=rows or None, told=tuple(progress_of(answer)))
        state = "ended, with a partial result" if answer.is_partial else "ended"
        warnings = warnings_of(response, answer, rows or 0)
        return Snapshot(Phase.SUCCEEDED, state, rows=rows, partial=answer.is_partial, warnings=warnings)

    def _read_page(self, response: Response) -> Page:
        if response.status >= 400:
            ended = _ended_badly(response)
            if ended.phase is Phase.GONE:
                raise QueryGoneError(f"The query had succeeded, but its result is gone. {_WHOSE}. {_READ_AGAIN}")
            raise QueryFailedError(f"The query was seen as ended, but its result is a failure: {ended.error}.")
        answer = read_table(response)
        if answer.is_running:
            raise QueryGoneError("The query was seen as ended, but now it runs. Let the task retry: it looks again.")
        return self._page_of(response, answer)

    def _page_of(self, response: Response, answer: Answer) -> Page:
        rows = rows_of(answer, columnar=self.columnar)
        columns = answer.columns or ()
        types = zip(column_names(columns), (column.type for column in columns), strict=True)
        return Page(
            rows,
            total=len(rows),
            partial=answer.is_partial,
            warnings=warnings_of(response, answer, len(rows)),
            types=column_types(types),
        )


_READ_AGAIN = "Clear the task, or let it retry, to submit anew."


def _submit(query: EsqlQuery, keep_alive: timedelta, choices: dict[str, str]) -> Call[Submitted | None]:
    request = Request("POST", PATH, query.body(keep_alive=keep_alive), choices, idempotent=False, wait=1.0)
    return Call(request, _read_submitted, is_outcome)


def _choices(query: EsqlQuery, *, with_partial: bool) -> dict[str, str]:
    dropping = {"drop_null_columns": "true"} if query.drop_null_columns else {}
    return dropping | ({_PARTIAL: str(query.allow_partial_results).lower()} if with_partial else {})


def _read_submitted(response: Response) -> Submitted | None:
    """Return the query's id; None where the server does not know the choice about partial results."""
    if _knows_no_choice(response):
        return None
    if response.status >= 400:
        raise _not_started(response)
    answer = read_answer(response)
    if not answer.id:
        raise MalformedResponseError(
            "Elasticsearch ran the query but sent no id, although it was asked to keep the result."
        )
    if not fits_a_path(answer.id):
        raise MalformedResponseError(
            "Elasticsearch names the query by what can be no id: no path leads to it.", about=ascii(answer.id)
        )
    return Submitted(id=answer.id)


def _knows_no_choice(response: Response) -> bool:
    cause = cause_of(response) if response.status == 400 else None
    return cause is not None and "unrecognized parameter" in cause.reason and _PARTIAL in cause.reason


def _not_started(response: Response) -> RequestError:
    """Return why there is no query: an error in Elasticsearch's own words leaves none behind, whatever its status."""
    error = refusal(response)
    if not isinstance(error, RefusedError) or not error.heals or cause_of(response) is None:
        return error
    told = type(error)(error.status, f"{error.message} Nothing runs. A retry submits anew.")
    told.nothing_done = True
    return told


def _ended_badly(response: Response) -> Snapshot:
    match meaning_of(response):
        case Meaning.ABSENT:
            return Snapshot(Phase.GONE, "HTTP 404", error=_WHOSE)
        case Meaning.FAILED:
            return Snapshot(Phase.FAILED, f"failed, HTTP {response.status}", error=str(cause_of(response)))
        case Meaning.CANCELED:
            return Snapshot(Phase.CANCELED, "cancelled", error=str(cause_of(response)))
        case _:
            raise refusal(response)


def _read_deleted(response: Response) -> None:
    if response.status != 404 and not 200 <= response.status < 300:
        raise refusal(response)


def _path(query_id: str) -> str:
    return f"{PATH}/{id_in_path(query_id)}"
