"""Saved queries on the wire: the list, one definition, result and rows, and the asynchronous run with its inferred path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_veza.async_query.message import Purpose, Request
from airflow_provider_veza.async_query.vocabulary import Submitted
from airflow_provider_veza.exceptions import ArgumentError, ForbiddenError, MalformedResponseError, NotFoundError
from airflow_provider_veza.services.veza_saved_queries import (
    SavedNodesQuery,
    VezaSavedQueriesService,
    list_one,
)
from airflow_provider_veza.services.veza_sync import Result
from services.answers import AMARA, QUERY_ID, answer, gateway_page, sample

SAVED_ID = "8a4c1d3e-5d3f-4c1b-9d5f-3f1f0a7c2b11"
DEFINITION = {"id": SAVED_ID, "name": "Dormant users", "query_type": "SOURCE_TO_DESTINATION"}
QUERIES = "/api/v1/assessments/queries"
SAVED = VezaSavedQueriesService(page_size=50)
TENANT = "https://acme.vezacloud.com"


# The cheapest proof of query rights


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


@pytest.mark.parametrize("body", [{"status": "ok"}, {"token": "x", "user": "y"}])
def test_an_answer_that_is_no_list_confirms_no_connection(body: dict[str, str]) -> None:
    with pytest.raises(
        MalformedResponseError, match=r"no list of saved queries \(fields: .*check the connection's host"
    ):
        list_one().read(answer(body))


def test_a_tenant_without_saved_queries_may_leave_the_list_out() -> None:
    assert list_one().read(answer({})) is None


# List and definition


def test_the_list_is_asked_for_in_pages_with_inactive_queries() -> None:
    params = {"include_inactive_queries": "true", "page_size": "50"}

    assert SAVED.queries().request == Request("GET", QUERIES, params=params, purpose=Purpose.PAGE)
    assert SAVED.queries(page_token="t1").request == Request(
        "GET", QUERIES, params={**params, "page_token": "t1"}, purpose=Purpose.PAGE
    )


def test_a_name_becomes_the_documented_filter() -> None:
    assert SAVED.queries("Dormant users").request.params["filter"] == 'name eq "Dormant users"'


def test_a_name_that_the_filter_cannot_hold_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(ArgumentError, match="double quote"):
        SAVED.queries('the "best" users')


def test_a_page_of_the_list_is_the_definitions_as_sent() -> None:
    page = SAVED.queries().read(answer({"values": [{"id": SAVED_ID}], "next_page_token": "t1", "has_more": True}))

    assert (list(page.rows), page.next_page_token) == ([{"id": SAVED_ID}], "t1")


@pytest.mark.parametrize("body", [DEFINITION, {"value": DEFINITION}], ids=["bare", "in value"])
def test_a_definition_is_read_bare_and_in_vezas_usual_wrapper(body: Mapping[str, Any]) -> None:
    assert SAVED.definition(SAVED_ID).read(answer(body)) == DEFINITION


@pytest.mark.parametrize("body", [{}, {"value": None}, {"value": {}}, {"value": [DEFINITION]}, {"value": "a"}], ids=str)
def test_what_holds_no_definition_is_no_definition(body: Mapping[str, Any]) -> None:
    with pytest.raises(MalformedResponseError, match=r"holds no saved query \(fields: "):
        SAVED.definition(SAVED_ID).read(answer(body))


def test_a_saved_query_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFoundError):
        SAVED.definition(SAVED_ID).read(answer(sample("error_404_not_found.json"), 404))


@pytest.mark.parametrize("dots", ["", ".", ".."])
def test_dots_alone_are_no_id_since_they_would_lead_up_the_path(dots: str) -> None:
    with pytest.raises(ArgumentError, match="can be no id"):
        SAVED.definition(dots)
    with pytest.raises(ArgumentError, match="can be no id"):
        SAVED.submit(SavedNodesQuery(dots))


@given(saved_query_id=st.text(min_size=1).filter(lambda text: text.strip(".")))
def test_an_id_never_leaves_its_part_of_the_path(saved_query_id: str) -> None:
    calls = (
        SAVED.definition(saved_query_id).request,
        SAVED.result(saved_query_id).request,
        SAVED.nodes(saved_query_id).request,
        SAVED.submit(SavedNodesQuery(saved_query_id)).request,
    )
    for request, verb in zip(calls, ("", ":result", ":nodes", ":nodes_async_create"), strict=True):
        part = request.path.removeprefix(f"{QUERIES}/").removesuffix(verb)
        assert not set(part) & set("/?#: ")


# Result and rows, at once


def test_rows_are_asked_for_with_page_size_and_token_in_the_query_string() -> None:
    path = f"{QUERIES}/{SAVED_ID}:nodes"

    assert SAVED.nodes(SAVED_ID, "t1").request == Request(
        "GET", path, params={"page_size": "50", "page_token": "t1"}, purpose=Purpose.PAGE
    )
    assert list(SAVED.nodes(SAVED_ID).read(answer({"values": [AMARA], "has_more": False})).rows) == [AMARA]


def test_the_documented_result_is_a_number() -> None:
    call = SAVED.result(SAVED_ID)

    assert call.request == Request("GET", f"{QUERIES}/{SAVED_ID}:result", purpose=Purpose.PAGE)
    assert call.read(answer(sample("resp_saved_query_result_docs.json"))) == Result("NUMBER", number=6)


# The asynchronous run


@pytest.mark.parametrize(
    ("fetch_cached_results", "body"),
    [(None, {}), (True, {"fetch_cached_results": True}), (False, {"fetch_cached_results": False})],
)
def test_a_run_says_of_the_cache_only_what_its_author_said(
    fetch_cached_results: bool | None, body: dict[str, bool]
) -> None:
    request = SAVED.submit(SavedNodesQuery(SAVED_ID, fetch_cached_results)).request

    assert request == Request("POST", f"{QUERIES}/{SAVED_ID}:nodes_async_create", body, idempotent=False)


def test_the_inferred_path_can_be_another_one() -> None:
    service = VezaSavedQueriesService(create_path="/api/private/assessments/queries/{id}/run")

    assert service.submit(SavedNodesQuery("a/b")).request.path == "/api/private/assessments/queries/a%2Fb/run"


@pytest.mark.parametrize(("fetch_cached_results", "may_be_stale"), [(None, False), (True, False), (False, True)])
def test_only_a_run_that_forbids_the_cache_may_show_an_older_result_first(
    fetch_cached_results: bool | None, may_be_stale: bool
) -> None:
    submitted = SAVED.submit(SavedNodesQuery(SAVED_ID, fetch_cached_results)).read(
        answer({"query_result_id": QUERY_ID, "cache_id": "c1", "last_completed_cache_id": ""})
    )

    assert submitted == Submitted(QUERY_ID, cache_id="c1", owned=True, may_be_stale=may_be_stale)


@pytest.mark.parametrize("body", [{}, {"query_result_id": ""}, {"query_result_id": 7}, {"task": {"id": "t"}}])
def test_an_answer_that_names_no_query_is_not_taken_for_one(body: object) -> None:
    with pytest.raises(MalformedResponseError, match="no query_result_id"):
        SAVED.submit(SavedNodesQuery(SAVED_ID)).read(answer(body))


def test_the_fingerprint_tells_saved_queries_tenants_and_cache_choices_apart() -> None:
    digests = {
        query.fingerprint(tenant).digest
        for query in (
            SavedNodesQuery("a"),
            SavedNodesQuery("b"),
            SavedNodesQuery("a", True),
            SavedNodesQuery("a", False),
        )
        for tenant in (TENANT, "https://other.vezacloud.com")
    }

    assert len(digests) == 8
    assert SavedNodesQuery("a").fingerprint(TENANT).differences(SavedNodesQuery("b").fingerprint(TENANT)) == (
        "saved_query_id",
    )


# Whose it is


@pytest.mark.parametrize(
    ("query", "field", "owner"),
    [
        ({"created_by": "ada@acme.example"}, "created_by", "ada@acme.example"),
        ({"created_by": "", "owner": {"id": "u1", "email": "ada@acme.example"}}, "owner", "ada@acme.example"),
        ({"creator": {"id": 7}}, "creator", "7"),
    ],
)
def test_the_first_field_that_names_somebody_says_whose_a_query_is(query: Any, field: str, owner: str) -> None:
    assert (SAVED.owner_field(query), SAVED.owner_of(query)) == (field, owner)


def test_a_tenant_may_say_whose_a_query_is_in_a_field_of_its_own() -> None:
    elsewhere = VezaSavedQueriesService(owner_fields=("author",))

    assert elsewhere.owner_of({"created_by": "somebody", "author": "ada"}) == "ada"


@pytest.mark.parametrize("query", [{}, {"created_by": None}, {"owner": {}}, {"owner": []}])
def test_nobody_is_no_owner_and_the_error_names_the_extra(query: Any) -> None:
    assert SAVED.owner_field(query) is None
    with pytest.raises(MalformedResponseError, match=r"does not say whose.*saved_query_owner_field"):
        SAVED.owner_of(query)
