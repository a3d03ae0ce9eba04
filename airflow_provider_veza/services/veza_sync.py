"""The synchronous twins of Veza's Query Builder on the wire: rows in pages, and a result; sans-I/O.

Source: docs.veza.com, Query Builder: GetAssessmentQuerySpecNodes and GetAssessmentQuerySpecResult. They answer within the
tenant's timeout for synchronous requests, which is not documented; what takes longer belongs to the asynchronous twins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from airflow_provider_veza.async_query.json_value import words_of
from airflow_provider_veza.async_query.message import Call, Purpose, Request, Response
from airflow_provider_veza.async_query.vocabulary import Page
from airflow_provider_veza.exceptions import MalformedResponseError
from airflow_provider_veza.services.veza_counts import number_value_of
from airflow_provider_veza.services.veza_rows import DEFAULT_ROWS_FIELDS, answer_with_rows, page_of

NODES_PATH = "/api/v1/assessments/query_spec:nodes"
RESULT_PATH = "/api/v1/assessments/query_spec:result"


@dataclass(frozen=True)
class Result:
    """The value of a query: a number, a time or nodes.

    :param type: what Veza calls the type of the value, in upper case, such as ``NUMBER``; it is documented in either case.
    :param number: a count; Veza sends it as text.
    :param timestamp: as Veza wrote it (RFC 3339).
    :param nodes: a page of rows where the spec has ``include_nodes``; its token asks for the next one.
    """

    type: str
    number: int | None = None
    timestamp: str | None = None
    nodes: Page = field(default_factory=Page)


@dataclass(frozen=True)
class VezaSyncService:
    """``query_spec:nodes`` and ``query_spec:result``: both only read, so they may be sent twice.

    :param page_size: rows a page.
    :param rows_fields: of an answer, where its rows are; inferred.
    """

    page_size: int = 100
    rows_fields: tuple[str, ...] = DEFAULT_ROWS_FIELDS

    def nodes(self, spec: Mapping[str, Any], page_token: str | None = None) -> Call[Page]:
        """Ask for a page of rows. Page size and token stand in the query string: in the body Veza ignores them."""
        request = Request("POST", NODES_PATH, spec, params=self.page_params(page_token), purpose=Purpose.PAGE)
        return Call(request, partial(read_page, rows_fields=self.rows_fields))

    def result(self, spec: Mapping[str, Any], page_token: str | None = None) -> Call[Result]:
        """Ask for the result; here page size and token stand in the body, as documented."""
        request = Request("POST", RESULT_PATH, {**spec, **self.page_params(page_token)}, purpose=Purpose.PAGE)
        return Call(request, partial(read_result, rows_fields=self.rows_fields))

    def page_params(self, page_token: str | None) -> dict[str, str]:
        """Return what asks for one page."""
        size = {"page_size": str(self.page_size)}
        return size if page_token is None else {**size, "page_token": page_token}


def read_page(response: Response, rows_fields: tuple[str, ...] = DEFAULT_ROWS_FIELDS) -> Page:
    """Read an answer that is a page of rows."""
    return page_of(answer_with_rows(response, rows_fields), rows_fields)


def read_result(response: Response, rows_fields: tuple[str, ...] = DEFAULT_ROWS_FIELDS) -> Result:
    """Read an answer that is a result.

    :raises MalformedResponseError: when it is none.
    """
    answer = answer_with_rows(response, rows_fields)
    nodes = answer.get("nodes_value")
    if isinstance(nodes, list):
        nodes = {rows_fields[0]: nodes}
    if not isinstance(nodes or {}, dict) or not answer.keys() & {"result_type", "number_value", "nodes_value"}:
        raise MalformedResponseError(f"Veza's answer holds no result (fields: {sorted(answer)}).")
    timestamp = answer.get("timestamp_value") or None
    return Result(
        type=words_of(answer.get("result_type") or "").upper(),
        number=number_value_of(answer.get("number_value")),
        timestamp=None if timestamp is None else words_of(timestamp),
        nodes=page_of(nodes, rows_fields) if nodes else Page(),
    )
