"""The nodes family on the wire: what is sent in each mode, and what each answer means."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_veza.async_query.message import Purpose, Request, Response
from airflow_provider_veza.async_query.vocabulary import Page, Phase, Submitted
from airflow_provider_veza.exceptions import (
    BadRequestError,
    ForbiddenError,
    MalformedResponseError,
    NotFoundError,
    QueryGoneError,
    ServerError,
    UnauthorizedError,
)
from airflow_provider_veza.services.veza_cache import (
    CachedResultContext,
    CachedResultIfAvailable,
    CacheMode,
    ImmediateRun,
)
from airflow_provider_veza.services.veza_nodes import (
    NodesQuery,
    VezaNodesService,
)
from services.answers import AMARA, QUERY_ID, answer, gateway_page, sample, sample_text

SERVICE = VezaNodesService()
SPEC = sample("req_nodes_async_create_immediate_run.json")["immediate_run"]["request"]["body"]
MODES = [CachedResultIfAvailable(), ImmediateRun(), CachedResultContext("<cache-id-from-previous-response>")]
STALENESS = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=3650))


def nodes_answer(status: Any, **fields: Any) -> Response:
    return answer(
        {"status": status, "values": [], "path_values": [], "next_page_token": "", "has_more": False} | fields
    )


# Submit


@pytest.mark.parametrize(
    ("cache", "name"),
    [
        (CachedResultIfAvailable(), "req_nodes_async_create_cached_result_if_available.json"),
        (ImmediateRun(), "req_nodes_async_create_immediate_run.json"),
        (CachedResultContext("<cache-id-from-previous-response>"), "req_nodes_async_create_cached_result_context.json"),
    ],
)
def test_each_mode_sends_exactly_the_documented_body(cache: CacheMode, name: str) -> None:
    request = SERVICE.submit(NodesQuery(SPEC, cache)).request

    assert json.dumps(request.body, indent=2) == sample_text(name).rstrip()
    assert (request.method, request.path) == ("POST", "/api/v1/assessments/query_spec:nodes_async_create")


@given(cache=st.builds(CachedResultIfAvailable, STALENESS) | st.sampled_from(MODES))
def test_exactly_one_mode_is_set_and_never_the_deprecated_request(cache: CacheMode) -> None:
    assert list(cache.body(SPEC)) in (["cached_result_if_available"], ["immediate_run"], ["cached_result_context"])


@pytest.mark.parametrize(
    ("staleness", "duration"),
    [
        (timedelta(days=1), "86400s"),
        (timedelta(seconds=100), "100s"),
        (timedelta(0), "0s"),
        (timedelta(milliseconds=500), "0.5s"),
        (timedelta(microseconds=1), "0.000001s"),
        (timedelta(days=3_650_000), "315360000000s"),
    ],
)
def test_max_staleness_is_sent_as_a_protobuf_duration(staleness: timedelta, duration: str) -> None:
    assert CachedResultIfAvailable(staleness).body({})["cached_result_if_available"]["max_staleness"] == duration


@given(staleness=STALENESS)
def test_every_staleness_survives_the_wire(staleness: timedelta) -> None:
    text = CachedResultIfAvailable(staleness).body({})["cached_result_if_available"]["max_staleness"]

    assert re.fullmatch(r"[0-9]+(\.[0-9]{1,9})?s", text)
    assert timedelta(seconds=float(text[:-1])) == staleness


@pytest.mark.parametrize(("cache", "idempotent"), list(zip(MODES, [False, False, True], strict=True)))
def test_only_an_attachment_to_a_cached_result_may_be_sent_twice(cache: CacheMode, idempotent: bool) -> None:
    assert SERVICE.submit(NodesQuery(SPEC, cache)).request.idempotent is idempotent


@pytest.mark.parametrize(
    ("cache", "fields", "submitted"),
    [
        (CachedResultIfAvailable(), {"cache_id": "c1"}, Submitted(QUERY_ID, "c1")),
        (
            CachedResultIfAvailable(),
            {"cache_id": "c2", "last_completed_cache_id": "c1"},
            Submitted(QUERY_ID, "c2", "c1"),
        ),
        (ImmediateRun(), {"cache_id": "c2"}, Submitted(QUERY_ID, "c2", may_be_stale=True)),
        (CachedResultContext("c1"), {"cache_id": "c1"}, Submitted(QUERY_ID, "c1", owned=False)),
        (ImmediateRun(), {"cache_id": "", "last_completed_cache_id": ""}, Submitted(QUERY_ID, may_be_stale=True)),
    ],
    ids=["new", "new beside an older result", "immediate", "attached", "empty cache ids"],
)
def test_a_submit_is_read_with_its_cache_ids_its_ownership_and_its_freshness(
    cache: CacheMode, fields: dict[str, str], submitted: Submitted
) -> None:
    call = SERVICE.submit(NodesQuery(SPEC, cache))

    assert call.read(answer({"query_result_id": QUERY_ID, **fields})) == submitted


@pytest.mark.parametrize("query_id", [None, "", 7, {"id": QUERY_ID}])
def test_an_acceptance_without_an_id_is_malformed(query_id: Any) -> None:
    with pytest.raises(MalformedResponseError, match=r"no query_result_id \(fields: \['query_result_id'\]\)"):
        SERVICE.submit(NodesQuery(SPEC)).read(answer({"query_result_id": query_id}))


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (answer(sample("error_400_invalid_argument.json"), 400), BadRequestError),
        (answer(sample("error_404_not_found.json"), 404), NotFoundError),
        (gateway_page(502), ServerError),
        (gateway_page(200), MalformedResponseError),
    ],
)
def test_a_refused_submit_is_an_error(response: Response, error: type[Exception]) -> None:
    with pytest.raises(error):
        SERVICE.submit(NodesQuery(SPEC)).read(response)


def test_the_fingerprint_tells_specs_cache_modes_and_tenants_apart_and_nothing_else() -> None:
    asked = NodesQuery(SPEC, CachedResultIfAvailable()).fingerprint("https://a.vezacloud.com")
    again = NodesQuery(dict(reversed(SPEC.items())), CachedResultIfAvailable()).fingerprint("https://a.vezacloud.com")

    assert again == asked
    others = {
        "query_spec": NodesQuery({**SPEC, "include_nodes": True}).fingerprint("https://a.vezacloud.com"),
        "cache": NodesQuery(SPEC, ImmediateRun()).fingerprint("https://a.vezacloud.com"),
        "tenant": NodesQuery(SPEC).fingerprint("https://b.vezacloud.com"),
    }
    assert {name: other.differences(asked) for name, other in others.items()} == {name: (name,) for name in others}


# Look


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        ("DONE", Phase.SUCCEEDED),
        ("done", Phase.SUCCEEDED),
        ("UNKNOWN", Phase.GONE),
        ("unknown", Phase.GONE),
        (0, Phase.GONE),
        ("0", Phase.GONE),
        ("PENDING", Phase.RUNNING),
        ("QUEUED", Phase.RUNNING),
        ("IN_PROGRESS", Phase.RUNNING),
        ("RUNNING", Phase.RUNNING),
        ("FAILED", Phase.FAILED),
        ("ERROR", Phase.FAILED),
        ("CANCELED", Phase.CANCELED),
        ("CANCELLED", Phase.CANCELED),
        ("RECALCULATING", Phase.RUNNING),
        ("COMPLETE", Phase.RUNNING),
        (7, Phase.RUNNING),
        ("", Phase.RUNNING),
    ],
)
def test_a_status_is_read_as_a_phase(status: Any, phase: Phase) -> None:
    snapshot = SERVICE.look(QUERY_ID).read(nodes_answer(status))

    assert (snapshot.phase, snapshot.state) == (phase, str(status).upper())


@pytest.mark.parametrize("status", ["RECALCULATING", "COMPLETE", 7])
def test_a_status_that_is_not_documented_is_warned_of(status: Any) -> None:
    snapshot = SERVICE.look(QUERY_ID).read(nodes_answer(status))

    assert snapshot.warnings == (f"Veza reports status '{status}', which is not documented; it is taken as running.",)


@pytest.mark.parametrize("status", ["DONE", "UNKNOWN", "IN_PROGRESS", "FAILED", "CANCELED"])
def test_a_status_with_a_plain_meaning_is_not_warned_of(status: str) -> None:
    assert SERVICE.look(QUERY_ID).read(nodes_answer(status)).warnings == ()


def test_a_404_is_a_query_that_is_gone_and_not_a_failed_request() -> None:
    snapshot = SERVICE.look(QUERY_ID).read(answer(sample("error_404_not_found.json"), 404))

    assert (snapshot.phase, snapshot.state) == (Phase.GONE, "HTTP 404")
    assert "request_id: 1de5e43499c90f2036cdfe92ed76f58e" in snapshot.error


@pytest.mark.parametrize("fields", [{}, {"status": None}, {"status": True}, {"status": ["DONE"]}, {"status": {}}])
def test_an_answer_without_a_status_points_to_the_settings_of_the_inferred_endpoint(fields: dict[str, Any]) -> None:
    with pytest.raises(MalformedResponseError, match="set nodes_get_path and nodes_get_method"):
        SERVICE.look(QUERY_ID).read(answer({"values": [], **fields}))


@pytest.mark.parametrize(
    ("progress", "rows"),
    [
        ({"row_count": 12}, 12),
        ({"row_count": "12"}, 12),
        ({"row_count": 0}, 0),
        ({"row_count": -1}, None),
        ({"row_count": "many"}, None),
        ({"row_count": "²"}, None),
        ({"row_count": True}, None),
        ({"row_count": None}, None),
        ({}, None),
        ("12 rows", None),
        (None, None),
    ],
)
def test_progress_is_told_where_it_is_a_number_of_rows(progress: Any, rows: int | None) -> None:
    assert SERVICE.look(QUERY_ID).read(nodes_answer("IN_PROGRESS", progress_status=progress)).rows == rows


@pytest.mark.parametrize(
    ("warnings", "told"),
    [
        (["some sources are stale", {"code": 3}], ("some sources are stale", "{'code': 3}")),
        ([], ()),
        (None, ()),
        ("some sources are stale", ()),
        (7, ()),
    ],
)
def test_only_a_list_of_warnings_is_passed_on(warnings: Any, told: tuple[str, ...]) -> None:
    assert SERVICE.look(QUERY_ID).read(nodes_answer("DONE", warnings=warnings)).warnings == told


def test_a_failed_query_tells_its_reason() -> None:
    failed = SERVICE.look(QUERY_ID).read(nodes_answer("FAILED", error_reason="The query ran out of memory"))

    assert (failed.phase, failed.error) == (Phase.FAILED, "The query ran out of memory")


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (answer({"code": "Unauthenticated"}, 401), UnauthorizedError),
        (answer({"code": "PermissionDenied"}, 403), ForbiddenError),
        (answer(sample("error_500like_internal.json"), 500), ServerError),
        (gateway_page(502), ServerError),
        (gateway_page(200), MalformedResponseError),
    ],
)
def test_a_look_that_failed_says_nothing_about_the_query(response: Response, error: type[Exception]) -> None:
    with pytest.raises(error):
        SERVICE.look(QUERY_ID).read(response)


# The requests of look, page and cancel


def test_a_look_asks_for_one_row_since_waiting_should_be_cheap() -> None:
    assert SERVICE.look(QUERY_ID).request == Request(
        "POST", "/api/v1/assessments/query_spec:nodes_async_get", {"query_result_id": QUERY_ID, "page_size": 1}
    )


@pytest.mark.parametrize(
    ("token", "fields"),
    [(None, {}), ("eyJGaXJzdCI6e30=", {"page_token": "eyJGaXJzdCI6e30="}), ("", {"page_token": ""})],
)
def test_a_page_is_asked_for_by_size_and_token(token: str | None, fields: dict[str, str]) -> None:
    request = VezaNodesService(page_size=25).page(QUERY_ID, token).request

    assert request.body == {"query_result_id": QUERY_ID, "page_size": 25, **fields}


def test_path_and_method_of_the_inferred_endpoint_are_settings_and_get_sends_the_fields_as_parameters() -> None:
    service = VezaNodesService(get_path="/api/v2/nodes:get", get_method="GET")

    assert service.page(QUERY_ID, "t").request == Request(
        "GET",
        "/api/v2/nodes:get",
        params={"query_result_id": QUERY_ID, "page_size": "100", "page_token": "t"},
        purpose=Purpose.PAGE,
    )


def test_a_cancel_sends_exactly_the_documented_body_and_may_be_repeated() -> None:
    request = SERVICE.cancel("<query-result-id>").request

    assert json.dumps(request.body, indent=2) == sample_text("req_nodes_async_cancel.json").rstrip()
    assert (request.method, request.path) == ("POST", "/api/v1/assessments/query_spec:nodes_async_cancel")
    assert request.idempotent


# Page


def test_a_page_of_a_query_that_is_done_is_read() -> None:
    page = SERVICE.page(QUERY_ID, None).read(nodes_answer("DONE", values=[AMARA], has_more=True, next_page_token="t"))

    assert page == Page((AMARA,), "t")


@pytest.mark.parametrize("status", ["UNKNOWN", 0, "RECALCULATING", "FAILED"])
def test_a_query_that_is_no_longer_done_delivers_no_page_even_if_rows_come_with_it(status: Any) -> None:
    with pytest.raises(QueryGoneError, match=f"Veza reports {status}.*rows read so far are not delivered"):
        SERVICE.page(QUERY_ID, "t").read(nodes_answer(status, values=[AMARA]))


def test_a_query_that_runs_again_is_not_said_to_be_lost() -> None:
    with pytest.raises(QueryGoneError, match="reports IN_PROGRESS.*older result.*waits if the query still runs"):
        SERVICE.page(QUERY_ID, None).read(nodes_answer("IN_PROGRESS"))


def test_a_404_in_the_middle_of_the_pages_is_a_query_that_is_gone() -> None:
    with pytest.raises(QueryGoneError, match=r"1de5e43499c90f2036cdfe92ed76f58e.*let it retry, to submit anew"):
        SERVICE.page(QUERY_ID, "t").read(answer(sample("error_404_not_found.json"), 404))


# Cancel


@pytest.mark.parametrize(
    "response",
    [answer(b""), answer({}), answer(sample("error_404_not_found.json"), 404), gateway_page(404)],
    ids=["empty body", "empty object", "unknown query", "unknown query, said by a gateway"],
)
def test_a_cancel_is_accepted_with_no_body_with_an_empty_object_and_where_there_is_nothing_to_cancel(
    response: Response,
) -> None:
    assert SERVICE.cancel(QUERY_ID).read(response) is None


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (gateway_page(200), MalformedResponseError),
        (gateway_page(503), ServerError),
        (answer({"code": "PermissionDenied"}, 403), ForbiddenError),
    ],
)
def test_a_cancel_that_was_not_accepted_is_an_error(response: Response, error: type[Exception]) -> None:
    with pytest.raises(error):
        SERVICE.cancel(QUERY_ID).read(response)
