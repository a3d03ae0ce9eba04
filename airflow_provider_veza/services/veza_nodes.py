"""The nodes family of Veza's Query Builder on the wire: create, look, page and cancel; sans-I/O.

The modes to create in are in :mod:`.veza_cache`.

Sources: docs.veza.com, Query Builder: CreateQuerySpecNodesAsync and CancelQuerySpecNodesAsync are documented. The page of
GetQuerySpecNodesAsync could not be obtained: its path, method and body are inferred from its siblings and from the web
UI's private twin, so path and method are settings, and the doctor of a real tenant can contradict them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, ClassVar

from airflow_provider_veza.async_query.identity import Fingerprint
from airflow_provider_veza.async_query.layout import RowLayout
from airflow_provider_veza.async_query.message import Call, Purpose, Request, Response
from airflow_provider_veza.async_query.vocabulary import Page, Phase, Snapshot, Submitted, Traits
from airflow_provider_veza.exceptions import MalformedResponseError, QueryGoneError
from airflow_provider_veza.services.veza_cache import CachedResultIfAvailable, CacheMode
from airflow_provider_veza.services.veza_errors import absence, accepted, json_object, reason_in
from airflow_provider_veza.services.veza_layout import LAYOUT
from airflow_provider_veza.services.veza_rows import (
    DEFAULT_ROWS_FIELDS,
    answer_with_rows,
    page_of,
    row_count_of,
    warnings_of,
)
from airflow_provider_veza.services.veza_submitted import read_submitted

CREATE_PATH = "/api/v1/assessments/query_spec:nodes_async_create"
CANCEL_PATH = "/api/v1/assessments/query_spec:nodes_async_cancel"
INFERRED_GET_PATH = "/api/v1/assessments/query_spec:nodes_async_get"
INFERRED_GET_METHOD = "POST"
MAX_PAGE_SIZE = 100
LOOK_PAGE_SIZE = 1

_DONE = "DONE"
# Inferred, but for DONE and UNKNOWN: no name of a failed or cancelled state is documented. Taken as running, such a query would
# be waited for until its deadline, so the plain words for an end are taken at their word.
_PHASES: Mapping[str, Phase] = {
    _DONE: Phase.SUCCEEDED,
    **dict.fromkeys(("UNKNOWN", "0"), Phase.GONE),
    **dict.fromkeys(("FAILED", "ERROR"), Phase.FAILED),
    **dict.fromkeys(("CANCELED", "CANCELLED"), Phase.CANCELED),
    **dict.fromkeys(("PENDING", "QUEUED", "IN_PROGRESS", "RUNNING"), Phase.RUNNING),
}


@dataclass(frozen=True)
class NodesQuery:
    """A query for nodes or paths: a checked spec, and how to use the cache."""

    spec: Mapping[str, Any]
    cache: CacheMode = field(default_factory=CachedResultIfAvailable)
    service: ClassVar[str] = "veza_nodes"

    def fingerprint(self, tenant: str) -> Fingerprint:
        """Return what decides whether two submits are of the same query."""
        return Fingerprint.of(service=self.service, query_spec=self.spec, cache=self.cache.body({}), tenant=tenant)


@dataclass(frozen=True)
class VezaNodesService:
    """``query_spec:nodes_async_*``.

    :param page_size: rows a page; 100 is the documented maximum.
    :param get_path: inferred, see the module.
    :param get_method: ``POST`` (inferred) or ``GET`` with the same fields as query parameters.
    :param rows_fields: of an answer, where its rows are; inferred.
    """

    page_size: int = MAX_PAGE_SIZE
    get_path: str = INFERRED_GET_PATH
    get_method: str = INFERRED_GET_METHOD
    rows_fields: tuple[str, ...] = DEFAULT_ROWS_FIELDS
    name: ClassVar[str] = NodesQuery.service
    traits: ClassVar[Traits] = Traits(can_cancel=True, absent_grace_seconds=5.0)
    layout: ClassVar[RowLayout] = LAYOUT

    def submit(self, query: NodesQuery) -> Call[Submitted]:
        """Ask Veza to run the query, or to attach to a cached result."""
        request = Request("POST", CREATE_PATH, query.cache.body(query.spec), idempotent=query.cache.idempotent)
        owned, may_be_stale = not query.cache.attaches, query.cache.may_be_stale
        return Call(request, lambda response: read_submitted(response, owned=owned, may_be_stale=may_be_stale))

    def look(self, query_id: str, _wait: float = 0.0, /) -> Call[Snapshot]:
        """Ask how the query stands; asks for one row at most, so that waiting stays cheap."""
        return Call(self._get(query_id, LOOK_PAGE_SIZE, None), _read_snapshot)

    def page(self, query_id: str, page_token: str | None, page_size: int | None = None, /) -> Call[Page]:
        """Ask for a page of rows."""
        size = page_size or self.page_size
        read = partial(_read_page, rows_fields=self.rows_fields, is_first=page_token is None, page_size=size)
        request = self._get(query_id, size, page_token)
        return Call(replace(request, purpose=Purpose.PAGE), read)

    def cancel(self, query_id: str) -> Call[None]:
        """Ask to cancel; afterwards a look shows UNKNOWN."""
        return Call(Request("POST", CANCEL_PATH, {"query_result_id": query_id}, purpose=Purpose.CANCEL), _read_canceled)

    def release(self, query_id: str) -> Call[None]:
        """Refuse: Veza keeps results by its own rules, see ``traits.keeps_result``."""
        raise NotImplementedError(
            f"Veza documents no deletion of a result; that of {query_id} stays as long as Veza keeps it."
        )

    def _get(self, query_id: str, page_size: int, page_token: str | None) -> Request:
        fields: dict[str, Any] = {"query_result_id": query_id, "page_size": page_size}
        if page_token is not None:
            fields["page_token"] = page_token
        if self.get_method == "GET":
            return Request("GET", self.get_path, params={name: str(value) for name, value in fields.items()})
        return Request(self.get_method, self.get_path, fields)


def _read_snapshot(response: Response) -> Snapshot:
    if gone := absence(response):
        return gone
    answer = json_object(response)
    state = _state(answer)
    warnings = warnings_of(answer)
    if state not in _PHASES:
        warnings += (f"Veza reports status {state!r}, which is not documented; it is taken as running.",)
    return Snapshot(_phase(state), state, rows=row_count_of(answer), error=_error(answer), warnings=warnings)


def _read_page(response: Response, rows_fields: tuple[str, ...], *, is_first: bool, page_size: int) -> Page:
    if gone := absence(response):
        raise QueryGoneError(f"The query was gone while its rows were read: {gone.error} {_READ_AGAIN}")
    answer = answer_with_rows(response, rows_fields)
    state = _state(answer)
    if _phase(state) is Phase.SUCCEEDED:
        return page_of(answer, rows_fields, is_first=is_first, page_size=page_size)
    advice = _LOOK_AGAIN if _phase(state) is Phase.RUNNING else _READ_AGAIN
    shown = ": ".join(part for part in (state, _error(answer)) if part)
    raise QueryGoneError(f"The query was {_DONE}, but while its rows were read Veza reports {shown}. {advice}")


def _read_canceled(response: Response) -> None:
    if absence(response) is None:
        accepted(response)


_READ_AGAIN = (
    "Its result was cancelled or has expired; rows read so far are not delivered. "
    "Clear the task, or let it retry, to submit anew."
)
_LOOK_AGAIN = (
    "What was seen first was an older result, or this is a passing state; rows read so far are not delivered. "
    "Let the task retry: it looks again, and waits if the query still runs."
)


def _state(answer: Mapping[str, Any]) -> str:
    status = answer.get("status")
    if isinstance(status, bool) or not isinstance(status, (str, int)):
        raise MalformedResponseError(
            f"Veza's answer about the query has no status (fields: {sorted(answer)}). If your tenant has another path for it, "
            "set nodes_get_path and nodes_get_method in the connection's extra."
        )
    return str(status).upper()


def _phase(state: str) -> Phase:
    return _PHASES.get(state, Phase.RUNNING)


def _error(answer: Mapping[str, Any]) -> str:
    return reason_in(answer, "error_reason", "error_message", "error")
