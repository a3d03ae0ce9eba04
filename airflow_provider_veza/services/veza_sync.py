"""The synchronous twins of Veza's Query Builder on the wire: rows in pages, and a result; sans-I/O.

Source: docs.veza.com, Query Builder: GetAssessmentQuerySpecNodes and GetAssessmentQuerySpecResult. They answer within the
tenant's timeout for synchronous requests, which is not documented; what takes longer belongs to the asynchronous twins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from airflow_provider_veza.async_query.json_value import words_of
from airflow_provider_veza.async_query.message import Call, Purpose, Request, Response
from airflow_provider_veza.async_query.vocabulary import Page
from airflow_provider_veza.services.veza_counts import number_value_of
from airflow_provider_veza.services.veza_rows import DEFAULT_ROWS_FIELDS, answer_with_rows, not_understood, page_of

T = TypeVar("T")

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
        return Call(request, self._reads(read_page, page_token))

    def result(self, spec: Mapping[str, Any], page_token: str | None = None) -> Call[Result]:
        """Ask for the result; here page size and token stand in the body, as documented."""
        request = Request("POST", RESULT_PATH, {**spec, **self.page_params(page_token)}, purpose=Purpose.PAGE)
        return Call(request, self._reads(read_result, page_token))

    def _reads(self, read: Callable[..., T], page_token: str | None) -> Callable[[Response], T]:
        is_first = page_token is None
        return partial(read, rows_fields=self.rows_fields, is_first=is_first, page_size=self.page_size)

    def page_params(self, page_token: str | None) -> dict[str, str]:
        """Return what asks for one page."""
        size = {"page_size": str(self.page_size)}
        return size if page_token is None else {**size, "page_token": page_token}


def read_page(
    response: Response,
    rows_fields: tuple[str, ...] = DEFAULT_ROWS_FIELDS,
    *,
    is_first: bool,
    page_size: int | None = None,
) -> Page:
    """Read an answer that is a page of rows; the arguments are those of :func:`~.veza_rows.page_of`."""
    return page_of(answer_with_rows(response, rows_fields), rows_fields, is_first=is_first, page_size=page_size)


def read_result(
    response: Response,
    rows_fields: tuple[str, ...] = DEFAULT_ROWS_FIELDS,
    *,
    is_first: bool = True,
    page_size: int | None = None,
) -> Result:
    """Read an answer that is a result.

    :raises MalformedResponseError: when it is none: no number, no time, and nothing that may hold rows.
    """
    answer = answer_with_rows(response, rows_fields)
    nodes = answer.get("nodes_value")
    if isinstance(nodes, list):
        nodes, page_size = {rows_fields[0]: nodes}, None  # A bare list has no place to say that there are more.
    number, timestamp = number_value_of(answer.get("number_value")), answer.get("timestamp_value") or None
    if not isinstance(nodes or {}, dict) or (number is None and timestamp is None and not nodes):
        raise not_understood(answer, "holds no result: no number, no time and no rows")
    return Result(
        type=words_of(answer.get("result_type") or "").upper(),
        number=number,
        timestamp=None if timestamp is None else words_of(timestamp),
        nodes=page_of(nodes, rows_fields, is_first=is_first, page_size=page_size) if nodes else Page(),
    )
