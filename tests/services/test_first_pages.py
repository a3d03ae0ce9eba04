"""A first page that may not be all there is, read by every call of Veza's that reads pages; a new one gets a row."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from airflow_provider_veza.async_query.message import Call, Response
from airflow_provider_veza.async_query.vocabulary import Page
from airflow_provider_veza.exceptions import MalformedResponseError
from airflow_provider_veza.services.veza_nodes import VezaNodesService
from airflow_provider_veza.services.veza_saved_queries import VezaSavedQueriesService
from airflow_provider_veza.services.veza_sync import VezaSyncService

ROWS = [{"id": "a"}, {"id": "b"}]
NODES = VezaNodesService(page_size=len(ROWS))
SAVED = VezaSavedQueriesService(page_size=len(ROWS))
SYNC = VezaSyncService(page_size=len(ROWS))

Ask = Callable[[str | None], Call[Any]]
PAGES: Mapping[str, tuple[Ask, Callable[[Mapping[str, Any]], Mapping[str, Any]], Callable[[Any], Page]]] = {
    "nodes": (lambda token: NODES.page("q", token), lambda page: {"status": "DONE", **page}, lambda page: page),
    "nodes at once": (lambda token: SYNC.nodes({}, token), dict, lambda page: page),
    "a result at once": (
        lambda token: SYNC.result({}, token),
        lambda page: {"nodes_value": page},
        lambda read: read.nodes,
    ),
    "saved queries": (lambda token: SAVED.queries(page_token=token), dict, lambda page: page),
    "rows of a saved query": (lambda token: SAVED.nodes("q", token), dict, lambda page: page),
}
"""How to ask for a page, what stands around it in the answer, and where it is in what is read."""


def read(kind: str, page: Mapping[str, Any], token: str | None = None) -> Page:
    ask, around, page_in = PAGES[kind]
    return page_in(ask(token).read(Response(200, {}, json.dumps(around(page)).encode())))


@pytest.mark.parametrize("kind", PAGES)
def test_a_full_first_page_that_says_nothing_of_another_is_refused_with_its_fields(kind: str) -> None:
    with pytest.raises(
        MalformedResponseError, match=r"a full page, and says nothing of another page \(fields: .*values"
    ):
        read(kind, {"values": ROWS, "hasMore": True, "nextPageToken": "t"})


@pytest.mark.parametrize("kind", PAGES)
def test_fewer_rows_than_are_counted_are_refused_where_nothing_is_said_of_another_page(kind: str) -> None:
    with pytest.raises(MalformedResponseError, match="counts 547 rows, but holds 1 "):
        read(kind, {"values": ROWS[:1], "progress_status": {"row_count": 547}})


@pytest.mark.parametrize("kind", PAGES)
def test_a_token_is_followed_where_nothing_else_is_said(kind: str) -> None:
    assert read(kind, {"values": ROWS, "next_page_token": "t"}).next_page_token == "t"


@pytest.mark.parametrize("kind", PAGES)
@pytest.mark.parametrize(
    ("page", "token"),
    [({"values": ROWS[:1]}, None), ({"values": ROWS}, "t"), ({"values": ROWS, "has_more": False}, None)],
    ids=["not full", "a later page", "no more"],
)
def test_what_may_be_all_there_is_is_read(kind: str, page: Mapping[str, Any], token: str | None) -> None:
    read_page = read(kind, page, token)
    assert (len(read_page.rows), read_page.next_page_token) == (len(page["values"]), None)
