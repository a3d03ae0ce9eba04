"""The cheapest proof of query rights: a list of at most one saved query."""

from __future__ import annotations

import pytest

from airflow_provider_veza.async_query.message import Request
from airflow_provider_veza.exceptions import ForbiddenError, MalformedResponseError
from airflow_provider_veza.services.veza_saved_queries import list_one
from services.answers import answer, gateway_page


def test_one_saved_query_is_asked_for_by_a_request_that_may_be_repeated() -> None:
    assert list_one().request == Request("GET", "/api/v1/assessments/queries", params={"page_size": "1"})


def test_any_list_is_proof_enough() -> None:
    assert list_one().read(answer({"values": [], "next_page_token": "", "has_more": False})) is None


def test_a_key_without_query_rights_is_told_which_it_needs() -> None:
    with pytest.raises(ForbiddenError, match="Admin, Operator or Viewer"):
        list_one().read(answer({"code": "PermissionDenied", "message": "Permission Denied"}, 403))


def test_a_page_of_something_else_is_no_proof() -> None:
    with pytest.raises(MalformedResponseError):
        list_one().read(gateway_page(200))
