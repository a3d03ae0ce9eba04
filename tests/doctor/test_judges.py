"""Tenants that no variant of the emulator plays, and which assumption falls on each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from airflow_provider_veza.async_query.message import Request, Response
from airflow_provider_veza.doctor.assumptions import Finding
from airflow_provider_veza.doctor.examination import Plan
from airflow_provider_veza.doctor.verdicts import Verdict
from airflow_provider_veza.exceptions import NoAnswerError
from doctor.altered import Alteration, Send, answered, edited, instead, refused, sent_otherwise, unaltered, without
from doctor.examined import PLAN, contradictions, findings_of, save_a_query, settings_of, tenant_with, visited
from veza_emulator.http.server import running_tenant
from veza_emulator.variants import UnknownNodeType

CREATE, LOOK, CANCEL = "nodes_async_create", "query_spec:nodes_async_get", "query_spec:nodes_async_cancel"
TASK_CREATE = "query_spec:result_async_create"
NO_EXTRA = (None, None)
NUMBERS = {"UNKNOWN": 0, "IN_PROGRESS": 2, "DONE": 3}


def findings(alteration: Alteration, plan: Plan = PLAN, **settings: Any) -> dict[str, Finding]:
    tenant = tenant_with()
    with running_tenant(tenant) as running:
        save_a_query(running)
        veza = settings_of(running, **settings)
        return findings_of(visited(running, veza, plan, alteration), veza)


def creates(mode: str) -> Any:
    return lambda request: mode in (request.body or {})


def larger_pages(request: Request) -> Request:
    body = request.body or {}
    return replace(request, body={**body, "page_size": 5}) if body.get("page_size") in (1, 2) else request


def always_anew(request: Request) -> Request:
    cached = (request.body or {}).get("cached_result_if_available")
    return replace(request, body={"immediate_run": {"request": cached["request"]}}) if cached else request


def served_in_preview(request: Request, send: Send) -> Response:
    if not request.path.endswith(f":{CREATE}") or request.path.endswith(f"query_spec:{CREATE}"):
        return send(request)
    there = request.path.replace("/preview/", "/v1/")
    return refused(404) if there == request.path else send(replace(request, path=there))


def refused_second_page(request: Request, send: Send) -> Response:
    return refused(400) if "page_token" in (request.body or {}) else send(request)


def one_row_attached(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "values": body["values"][:1]} if len(body.get("values", ())) > 1 else body


def numbered(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "status": NUMBERS[body["status"]]}


def in_task(**fields: Any) -> Any:
    return lambda body: {"task": {**body["task"], **fields}}


def errors_without_an_id(request: Request, send: Send) -> Response:
    response = send(request)
    return (
        answered({"code": "InvalidArgument", "message": "No"}, response.status) if response.status >= 400 else response
    )


@pytest.mark.parametrize(
    ("alteration", "expected"),
    [
        pytest.param(
            instead("/queries", refused(403)), {"list_needs_query_rights", "saved_list"}, id="the list is forbidden"
        ),
        pytest.param(errors_without_an_id, {"error_body"}, id="errors lack keys"),
        pytest.param(
            instead(f"query_spec:{CREATE}", refused(500), only=lambda request: request.body == {}),
            {"wrong_request_is_refused"},
            id="a wrong request is a server's error",
        ),
        pytest.param(
            instead(f"query_spec:{CREATE}", answered({"query_result_id": "q"}), only=lambda r: r.body == {}),
            {"wrong_request_is_refused"},
            id="a wrong request is accepted",
        ),
        pytest.param(instead(f"query_spec:{CREATE}", refused(404)), {"nodes_create"}, id="no nodes_async_create"),
        pytest.param(edited(LOOK, numbered), {"status_names"}, id="states are numbers"),
        pytest.param(
            instead(LOOK, refused(400), only=lambda request: request.body["query_result_id"] == PLAN.lost_id),
            {"lost_query"},
            id="a lost query is a wrong request",
        ),
        pytest.param(instead(CANCEL, refused(403)), {"cancel_ends_the_query"}, id="the cancel is forbidden"),
        pytest.param(instead(CANCEL, answered({})), {"cancel_ends_the_query"}, id="the cancel has no effect"),
        pytest.param(
            edited(LOOK, lambda body: {**body, "values": [without("id")(row) for row in body["values"]]}),
            {"rows_shape"},
            id="rows lack ids",
        ),
        pytest.param(sent_otherwise(larger_pages), {"page_size"}, id="pages are larger than asked for"),
        pytest.param(refused_second_page, {"page_token"}, id="the second page is refused"),
        pytest.param(edited(CREATE, without("cache_id")), {"cache_ids"}, id="no cache_id"),
        pytest.param(
            edited(CREATE, without("last_completed_cache_id")), {"cache_ids"}, id="no last_completed_cache_id"
        ),
        pytest.param(sent_otherwise(always_anew), {"cached_result"}, id="the cache is not used"),
        pytest.param(
            instead(CREATE, refused(404), only=creates("cached_result_context")),
            {"cached_context"},
            id="attaching is refused",
        ),
        pytest.param(instead("query_spec:nodes", refused(404)), {"sync_nodes"}, id="no synchronous nodes"),
        pytest.param(instead("query_spec:result", refused(404)), {"sync_result"}, id="no synchronous result"),
        pytest.param(
            edited("query_spec:result", without("number_value")), {"sync_result"}, id="a result without number"
        ),
        pytest.param(
            edited("query_spec:result", lambda body: {**body, "number_value": "7"}), {"sync_result"}, id="another count"
        ),
        pytest.param(instead(TASK_CREATE, refused(404)), {"task_create"}, id="no result_async_create"),
        pytest.param(served_in_preview, {"saved_run"}, id="saved queries are run elsewhere"),
        pytest.param(
            instead(f":{CREATE}", refused(400), only=lambda r: "/queries/" in r.path), {"saved_run"}, id="not run"
        ),
    ],
)
def test_each_tenant_contradicts_what_it_should_and_nothing_else(alteration: Alteration, expected: set[str]) -> None:
    assert set(contradictions(findings(alteration))) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"state": "ASLEEP"}, "task_states"),
        ({"state": "COMPLETE", "status": "SUCCEEDED", "result": "six"}, "task_result"),
        ({"state": "COMPLETE", "status": "SUCCEEDED", "result": {"nodes_value": {"values": [7]}}}, "task_result"),
    ],
)
def test_a_task_that_is_otherwise_contradicts_what_it_should(fields: Mapping[str, Any], expected: str) -> None:
    def alteration(request: Request, send: Send) -> Response:
        suffix = request.path if "/async_tasks/" in request.path else "no such path"
        return edited(suffix, in_task(**fields))(request, send)

    assert set(contradictions(findings(alteration, replace(PLAN, patience=3)))) == {expected}


def test_a_saved_query_that_is_run_elsewhere_names_the_path_to_set() -> None:
    there = "/api/preview/assessments/queries/{id}:nodes_async_create"

    assert contradictions(findings(served_in_preview)) == {"saved_run": ("saved_query_create_path", there)}


def test_an_older_result_that_is_shown_for_seconds_advises_a_stale_grace_of_twice_as_long() -> None:
    """Any look within three seconds of the submit of a second run shows the result of the first."""
    tenant, first, submitted_at = tenant_with(), list[str](), dict[str, float]()

    def outdated(request: Request, send: Send) -> Response:
        response, now = send(request), tenant.clock.now().timestamp()
        body = json.loads(response.body or b"{}")
        if "query_result_id" in body:
            submitted_at[body["query_result_id"]] = now
        query_id = (request.body or {}).get("query_result_id", "")
        if request.path.endswith(LOOK) and body["status"] == "DONE" and not first:
            first.append(query_id)
        is_second = first and query_id in submitted_at and query_id != first[0]
        if (
            request.path.endswith(LOOK)
            and is_second
            and body["status"] == "IN_PROGRESS"
            and now < submitted_at[query_id] + 3
        ):
            return answered({**body, "status": "DONE"})
        return response

    with running_tenant(tenant) as running:
        tenant.set_behaviour(replace(tenant.behaviours.get(None), duration=timedelta(seconds=8)))
        veza = settings_of(running, stale_grace=timedelta(seconds=1))
        seen = contradictions(findings_of(visited(running, veza, alteration=outdated), veza))

    assert seen == {"final_answer": ("stale_grace", 4)}


def test_a_query_that_was_never_visible_does_not_show_that_runs_are_shared() -> None:
    first: list[str] = []

    def only_the_first_is_visible(request: Request, send: Send) -> Response:
        query_id = (request.body or {}).get("query_result_id")
        if not request.path.endswith(LOOK):
            return send(request)
        first.append(query_id)
        return send(request) if query_id == first[0] else answered({"status": "UNKNOWN"})

    assert findings(only_the_first_is_visible)["own_execution"].verdict is Verdict.NOT_SEEN


def test_a_tenant_that_reads_page_tokens_nowhere_is_helped_by_no_extra() -> None:
    def tokenless(request: Request) -> Request:
        if not request.path.endswith(LOOK):
            return request
        body = without("page_token")(dict(request.body)) if request.body else request.body
        return replace(request, body=body, params=without("page_token")(dict(request.params)))

    seen = contradictions(findings(sent_otherwise(tokenless)))

    assert seen == {"page_token": NO_EXTRA, "pages_end": NO_EXTRA}


def test_slow_answers_advise_a_longer_read_timeout() -> None:
    tenant = tenant_with()
    with running_tenant(tenant) as running:
        veza = settings_of(running)

        def slow(request: Request, send: Send) -> Response:
            tenant.clock.advance(timedelta(seconds=0.4))
            return send(request)

        seen = visited(running, veza, alteration=slow)

    hasty = replace(veza, transport=replace(veza.transport, read_timeout=1.0))
    assert contradictions(findings_of(seen, hasty)) == {"latency": ("read_timeout", 2)}


def test_requests_that_are_refused_as_too_many_advise_half_the_pace() -> None:
    came = iter(range(1_000))

    def every_tenth_refused(request: Request, send: Send) -> Response:
        return refused(429) if next(came) % 10 == 9 else send(request)

    assert contradictions(findings(every_tenth_refused)) == {"rate_limit": ("rate_limit", 50_000.0)}


def rows_elsewhere(body: dict[str, Any]) -> dict[str, Any]:
    return {"result" if name == "values" else name: value for name, value in body.items() if name != "path_values"}


def test_rows_in_another_field_are_found_and_the_extra_that_reads_them_is_advised() -> None:
    assert contradictions(findings(edited(LOOK, rows_elsewhere)))["rows_shape"] == ("rows_field", "result")


def test_blips_contradict_nothing() -> None:
    came = iter(range(1_000))

    def every_seventh_unavailable(request: Request, send: Send) -> Response:
        return refused(503) if request.idempotent and next(came) % 7 == 6 else send(request)

    assert contradictions(findings(every_seventh_unavailable)) == {}


def test_a_connection_that_breaks_once_contradicts_nothing_and_one_that_always_breaks_is_told_as_that_alone() -> None:
    broken: list[Request] = []

    def breaking_once(request: Request, send: Send) -> Response:
        if request.idempotent and request not in broken:
            broken.append(request)
            raise NoAnswerError("the connection broke")
        return send(request)

    def always_breaking(request: Request, send: Send) -> Response:
        if request.path.endswith("query_spec:result"):
            raise NoAnswerError("the connection broke")
        return send(request)

    assert contradictions(findings(breaking_once)) == {}
    assert set(contradictions(findings(always_breaking))) == {"whole_answers"}


def test_an_empty_node_type_leaves_rows_unseen_and_contradicts_nothing() -> None:
    seen = findings(unaltered, replace(PLAN, node_types=("NoSuchType",)))

    assert contradictions(seen) == {}
    assert {seen[name].verdict for name in ("rows_shape", "page_size", "page_token", "sync_nodes")} == {
        Verdict.NOT_SEEN
    }


@pytest.mark.parametrize("unknown", UnknownNodeType)
def test_the_first_node_type_that_has_rows_is_asked_for(unknown: UnknownNodeType) -> None:
    with running_tenant(tenant_with(unknown_node_type=unknown)) as running:
        veza = settings_of(running)
        seen = visited(running, veza, replace(PLAN, node_types=("NoSuchType", "S3Bucket", "OktaUser")))

    assert getattr(seen.outcome, "node_type", None) == "S3Bucket"


def test_a_query_that_does_not_end_is_not_waited_for_any_longer_than_patience_and_is_cancelled() -> None:
    with running_tenant(tenant_with()) as running:
        running.tenant.set_behaviour(replace(running.tenant.behaviours.get(None), duration=None))
        veza = settings_of(running)
        seen = visited(running, veza, replace(PLAN, patience=20))

        assert findings_of(seen, veza)["done"].verdict is Verdict.NOT_SEEN
        assert (seen.left, seen.running_tasks) == ((), 1)
        assert [str(e.family) for e in running.tenant.running()] == ["result"]


def with_owner(name: str) -> Alteration:
    return edited("/queries", lambda body: {**body, "values": [{**query, name: "ada"} for query in body["values"]]})


@pytest.mark.parametrize(
    ("alteration", "verdict", "words"),
    [
        (with_owner("created_by"), Verdict.CONFIRMED, "in created_by"),
        (with_owner("author"), Verdict.NOT_SEEN, "saved_query_owner_field"),
    ],
)
def test_whose_a_saved_query_is_was_seen_only_where_a_field_that_is_looked_into_says_so(
    alteration: Alteration, verdict: Verdict, words: str
) -> None:
    finding = findings(alteration)["saved_owner"]

    assert finding.verdict is verdict
    assert words in "".join(map(str, finding.words))
    assert "ada" not in "".join(map(str, finding.words))
