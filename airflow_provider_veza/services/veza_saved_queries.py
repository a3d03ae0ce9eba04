"""Saved queries of Veza's Query Builder on the wire: list, definition, result, rows, and the asynchronous run; sans-I/O.

Sources: docs.veza.com, Query Builder (GetAssessmentQuery and its result and nodes, CreateAssessmentQueryNodesAsync), and
Veza's SDK oaaclient 1.2.0 (list and definition). The path of the asynchronous run is inferred from its siblings, and so
is that its query is polled and cancelled like one of ``query_spec:nodes_async_create``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from airflow_provider_veza.async_query.identity import Fingerprint
from airflow_provider_veza.async_query.json_value import words_of
from airflow_provider_veza.async_query.message import Call, Purpose, Request, Response
from airflow_provider_veza.async_query.vocabulary import LONGEST_WORDS, Page, Submitted
from airflow_provider_veza.exceptions import ArgumentError, MalformedResponseError
from airflow_provider_veza.services.id_in_path import id_in_path
from airflow_provider_veza.services.veza_errors import json_object
from airflow_provider_veza.services.veza_submitted import read_submitted
from airflow_provider_veza.services.veza_sync import Result, read_page, read_result
from airflow_provider_veza.shown import shortened

LIST_PATH = "/api/v1/assessments/queries"
INFERRED_CREATE_PATH = LIST_PATH + "/{id}:nodes_async_create"
ID_IN_PATH = "{id}"
_LIST_FIELDS = frozenset({"values", "next_page_token", "has_more"})
DEFAULT_OWNER_FIELDS = ("created_by", "creator", "owner", "owner_email", "created_by_email")
"""Inferred: no document and no public client shows which field names whose a saved query is."""


@dataclass(frozen=True)
class SavedNodesQuery:
    """A run of a saved query for nodes or paths.

    Its definition is the tenant's: whoever edits it there changes the query of a retry, and the fingerprint does not show it.

    :param fetch_cached_results: sent as it is; None leaves it to the tenant. That true allows and false forbids a cached
        result is inferred from the name.
    """

    saved_query_id: str
    fetch_cached_results: bool | None = None
    service: ClassVar[str] = "veza_nodes"

    def body(self) -> dict[str, Any]:
        """Return the create body."""
        return {} if self.fetch_cached_results is None else {"fetch_cached_results": self.fetch_cached_results}

    def fingerprint(self, tenant: str) -> Fingerprint:
        """Return what decides whether two submits are of the same query."""
        return Fingerprint.of(
            service=self.service, saved_query_id=self.saved_query_id, cache=self.body(), tenant=tenant
        )


@dataclass(frozen=True)
class VezaSavedQueriesService:
    """``queries`` and ``queries/{id}…``.

    :param page_size: saved queries, or rows, a page.
    :param create_path: of the asynchronous run, with ``{id}``; inferred, see the module.
    :param owner_fields: of a listed query, which may say whose it is; the first that does counts. Inferred.
    """

    page_size: int = 100
    create_path: str = INFERRED_CREATE_PATH
    owner_fields: tuple[str, ...] = DEFAULT_OWNER_FIELDS

    def queries(
        self, name: str | None = None, page_token: str | None = None, *, include_inactive: bool = True
    ) -> Call[Page]:
        """Ask for a page of saved queries.

        :param name: only those of exactly this name.
        :param include_inactive: whether inactive ones are among them.
        :raises ArgumentError: when the name holds a double quote, for which Veza documents no escape.
        """
        params = self._page_params(page_token)
        if include_inactive:
            params["include_inactive_queries"] = "true"
        if name is not None:
            params["filter"] = _name_filter(name)
        return Call(Request("GET", LIST_PATH, params=params, purpose=Purpose.PAGE), self._reads_page(page_token))

    def definition(self, saved_query_id: str) -> Call[Mapping[str, Any]]:
        """Ask for a saved query's definition."""
        return Call(Request("GET", _path(saved_query_id)), _read_definition)

    def result(self, saved_query_id: str) -> Call[Result]:
        """Ask for a saved query's result, now."""
        return Call(Request("GET", _path(saved_query_id, ":result"), purpose=Purpose.PAGE), read_result)

    def nodes(self, saved_query_id: str, page_token: str | None = None) -> Call[Page]:
        """Ask for a page of a saved query's rows, now."""
        request = Request(
            "GET", _path(saved_query_id, ":nodes"), params=self._page_params(page_token), purpose=Purpose.PAGE
        )
        return Call(request, self._reads_page(page_token))

    def submit(self, query: SavedNodesQuery) -> Call[Submitted]:
        """Ask Veza to run a saved query; the answer is that of the nodes family."""
        path = self.create_path.replace(ID_IN_PATH, id_in_path(query.saved_query_id, ArgumentError))
        fresh = query.fetch_cached_results is False
        return Call(
            Request("POST", path, query.body(), idempotent=False),
            lambda response: read_submitted(response, owned=True, may_be_stale=fresh),
        )

    def owner_field(self, query: Mapping[str, Any]) -> str | None:
        """Return which field of a listed query says whose it is; None where none does."""
        return next((name for name in self.owner_fields if _owner(query.get(name))), None)

    def owner_of(self, query: Mapping[str, Any]) -> str:
        """Return whose a listed query is, as the tenant names them.

        :raises MalformedResponseError: where the tenant does not say, which is never "nobody's".
        """
        name = self.owner_field(query)
        if name is None:
            raise MalformedResponseError(
                f"The tenant does not say whose a saved query is: none of {', '.join(self.owner_fields)} is among its fields "
                f"{', '.join(sorted(map(ascii, query)))}. If another field says so, set saved_query_owner_field in the "
                "connection's extra; else filter by name_pattern or labels instead of created_by. Nothing was listed."
            )
        return _owner(query[name])

    def _reads_page(self, page_token: str | None) -> Callable[[Response], Page]:
        return partial(read_page, is_first=page_token is None, page_size=self.page_size)

    def _page_params(self, page_token: str | None) -> dict[str, str]:
        size = {"page_size": str(self.page_size)}
        return size if page_token is None else {**size, "page_token": page_token}


def list_one() -> Call[None]:
    """Ask for at most one saved query. It needs the rights that running a query needs, and no others."""
    return Call(Request("GET", LIST_PATH, params={"page_size": "1"}), _read_list)


def _owner(value: Any) -> str:
    """Return whom a field names, as text or in an object (inferred); empty where it names nobody."""
    if isinstance(value, Mapping):
        value = value.get("email") or value.get("name") or value.get("id")
    return words_of(value) if value else ""


def _path(saved_query_id: str, verb: str = "") -> str:
    return f"{LIST_PATH}/{id_in_path(saved_query_id, ArgumentError)}{verb}"


def _name_filter(name: str) -> str:
    if '"' in name:
        raise ArgumentError(f"Veza documents no way to filter for a name with a double quote: {name!r}.")
    return f'name eq "{name}"'


def _read_list(response: Response) -> None:
    answer = json_object(response)
    if answer and answer.keys().isdisjoint(_LIST_FIELDS):
        names = shortened(ascii(sorted(answer)), LONGEST_WORDS)
        raise MalformedResponseError(
            f"The answer is no list of saved queries (fields: {names}), so another server than Veza may have given it: check the "
            "connection's host and port."
        )


def _read_definition(response: Response) -> Mapping[str, Any]:
    """Return the definition, without the ``value`` that Veza wraps single objects in."""
    answer = json_object(response)
    wrapped = answer.get("value", answer)
    if isinstance(wrapped, dict) and wrapped:
        return wrapped
    raise MalformedResponseError(f"Veza's answer holds no saved query (fields: {sorted(map(ascii, answer))}).")
