"""VezaHook against a tenant over real sockets: the lifecycle of both families, refusals, and faults."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from airflow_provider_veza.async_query.service import Cancellation
from airflow_provider_veza.async_query.vocabulary import Phase, Snapshot
from airflow_provider_veza.exceptions import (
    BadRequestError,
    ConnectionSettingsError,
    ForbiddenError,
    MalformedResponseError,
    NoAnswerError,
    NotFoundError,
    QueryGoneError,
    RepeatedPageTokenError,
    ServerError,
    UnauthorizedError,
)
from airflow_provider_veza.hooks.bound import BoundQuery
from airflow_provider_veza.hooks.veza import VezaHook
from hooks.tenant_site import OKTA_USERS, PAYROLL_ACCESS, Site, foreign_handle, in_an_hour, query, rows
from veza_emulator.tenant.behaviours import Behaviour, Outcome
from veza_emulator.tenant.faults import FaultKind

CREATE, GET = "query_spec:nodes_async_create", "query_spec:nodes_async_get"


# Lifecycle


def test_a_nodes_query_is_submitted_runs_succeeds_and_delivers_its_rows(site: Site) -> None:
    hook = site.connect()

    handle = hook.submit(query(), deadline=in_an_hour())
    running = hook.look(handle)
    site.let_queries_end()
    ended = hook.look(handle)

    assert running.phase is Phase.RUNNING
    assert (ended.phase, ended.rows) == (Phase.SUCCEEDED, 12)
    assert {row["destination"]["id"] for row in rows(hook, handle)} == {"arn:aws:s3:::acme-payroll-exports"}
    assert len(rows(hook, handle)) == 12


def test_the_handle_tells_where_the_query_runs_and_holds_no_credential(site: Site) -> None:
    hook, deadline = site.connect("veza_acme"), in_an_hour()

    handle = hook.submit(query(), deadline=deadline)

    execution = site.demo.tenant.executions()[0]
    assert (handle.service, handle.id, handle.cache_id) == ("veza_nodes", execution.id, execution.cache_id)
    assert (handle.tenant, handle.conn_id, handle.deadline) == (site.demo.url, "veza_acme", deadline)
    assert handle.fingerprint == query().fingerprint(site.demo.url).digest
    assert abs(handle.submitted_at - datetime.now(UTC)) < timedelta(seconds=60)
    assert site.demo.api_key not in str(handle.to_json())


def test_a_result_query_delivers_its_rows_once_it_is_complete(site: Site) -> None:
    hook = site.connect()

    handle = hook.submit(query({**PAYROLL_ACCESS, "include_nodes": True}, result_kind="result"), deadline=in_an_hour())
    running = hook.look(handle)
    site.let_queries_end()

    assert running.phase is Phase.RUNNING
    assert hook.look(handle).state == "COMPLETE/SUCCEEDED"
    assert len(rows(hook, handle)) == 12


def test_a_result_query_without_nodes_delivers_a_count(site: Site) -> None:
    hook = site.connect()
    handle = hook.submit(query(result_kind="result"), deadline=in_an_hour())
    site.let_queries_end()

    assert [page.count for page in hook.pages(handle)] == [12]


def test_rows_come_over_several_pages_each_once(site: Site) -> None:
    hook = site.connect(page_size=5)
    handle = hook.submit(query(), deadline=in_an_hour())
    site.let_queries_end()

    pages = list(hook.pages(handle))

    assert [len(page.rows) for page in pages] == [5, 5, 2]
    assert len({row["source"]["id"] for page in pages for row in page.rows}) == 12


def test_the_rows_do_not_depend_on_the_page_size(site: Site) -> None:
    small = site.connect("small", page_size=7)
    handle = small.submit(query(OKTA_USERS), deadline=in_an_hour())
    site.let_queries_end()

    assert rows(small, handle) == rows(site.connect("large", page_size=100), handle)


def test_the_inferred_endpoint_may_be_asked_by_get(site: Site) -> None:
    hook = site.connect(nodes_get_method="GET", page_size=5)
    handle = hook.submit(query(), deadline=in_an_hour())
    site.let_queries_end()

    assert len(rows(hook, handle)) == 12
    assert [entry.method for entry in site.demo.tenant.journal.entries()] == ["POST", "GET", "GET", "GET"]


def test_a_cached_result_is_shown_at_once_and_the_handle_names_it(site: Site) -> None:
    hook = site.connect()
    first = hook.submit(query(), deadline=in_an_hour())
    site.let_queries_end()

    again = hook.submit(query(), deadline=in_an_hour())
    attached = hook.submit(
        query({}, cache_mode="cached_result_context", cache_id=first.cache_id), deadline=in_an_hour()
    )

    assert again.last_completed_cache_id == attached.last_completed_cache_id == first.cache_id
    assert hook.look(again).phase is hook.look(attached).phase is Phase.SUCCEEDED
    assert (again.owned, attached.owned) == (True, False)


@pytest.mark.parametrize(("cache_mode", "is_guarded"), [("immediate_run", True), ("cached_result_if_available", False)])
def test_only_an_immediate_run_may_show_an_older_result_for_a_grace(
    site: Site, cache_mode: str, is_guarded: bool
) -> None:
    handle = site.connect(stale_grace=7).submit(query(cache_mode=cache_mode), deadline=in_an_hour())

    expected = handle.submitted_at + timedelta(seconds=7) if is_guarded else None
    assert handle.stale_until == expected


def test_an_older_result_is_no_success_to_whoever_looks(site: Site) -> None:
    handle = site.connect(stale_grace=60).submit(query(cache_mode="immediate_run"), deadline=in_an_hour())
    site.spoil(FaultKind.STALE_ANSWER, GET, times=2)

    async def looked_at() -> Snapshot:
        async with VezaHook().connected() as hook:
            return await hook.query(handle).alook()

    for seen in (VezaHook().look(handle), asyncio.run(looked_at())):
        assert (seen.phase, seen.state) == (Phase.RUNNING, "DONE (it may still show an older result)")
        assert (seen.rows, seen.settles_at) == (None, handle.stale_until)


def cancelled(query: BoundQuery) -> Cancellation:
    return query.cancel()


def cancelled_in_a_kill(query: BoundQuery) -> Cancellation:
    return query.cancel_now()


def cancelled_by_a_trigger(query: BoundQuery) -> Cancellation:
    async def over_its_client() -> Cancellation:
        async with query.hook.connected():
            return await query.acancel()

    return asyncio.run(over_its_client())


@pytest.mark.parametrize("by", [cancelled, cancelled_in_a_kill, cancelled_by_a_trigger])
def test_a_query_behind_an_older_result_is_cancelled(site: Site, by: Callable[[BoundQuery], Cancellation]) -> None:
    hook = site.connect(stale_grace=60)
    handle = hook.submit(query(cache_mode="immediate_run"), deadline=in_an_hour())
    site.spoil(FaultKind.STALE_ANSWER, GET)

    assert by(hook.query(handle)) == Cancellation(True, Phase.RUNNING)
    assert site.states == ["CANCELED"]


@pytest.mark.parametrize("result_kind", ["nodes", "result"])
def test_a_query_that_failed_is_a_snapshot_with_its_reason_and_no_exception(site: Site, result_kind: str) -> None:
    site.demo.tenant.set_behaviour(Behaviour(timedelta(seconds=1), outcome=Outcome.FAIL, error_reason="Out of memory"))
    hook = site.connect()
    handle = hook.submit(query(result_kind=result_kind), deadline=in_an_hour())
    site.let_queries_end()

    snapshot = hook.look(handle)

    assert snapshot.phase is Phase.FAILED
    assert snapshot.error == ("Out of memory" if result_kind == "result" else "")


@pytest.mark.parametrize("result_kind", ["nodes", "result"])
def test_a_query_that_the_tenant_has_forgotten_is_gone(site: Site, result_kind: str) -> None:
    hook = site.connect()
    handle = hook.submit(query(result_kind=result_kind), deadline=in_an_hour())
    site.demo.tenant.clock.advance(timedelta(hours=25))

    assert hook.look(handle).phase is Phase.GONE
    with pytest.raises(QueryGoneError, match="submit anew"):
        rows(hook, handle)


def test_a_result_that_vanishes_between_two_pages_is_an_error_and_not_a_short_result(site: Site) -> None:
    hook = site.connect(page_size=5)
    handle = hook.submit(query(), deadline=in_an_hour())
    site.let_queries_end()
    pages = hook.pages(handle)
    next(pages)
    site.demo.tenant.clock.advance(timedelta(hours=25))

    with pytest.raises(QueryGoneError, match="rows read so far are not delivered"):
        next(pages)


def test_a_page_token_that_repeats_ends_in_an_error_and_not_in_repeated_rows(site: Site) -> None:
    hook = site.connect(page_size=5)
    handle = hook.submit(query(), deadline=in_an_hour())
    site.let_queries_end()
    site.spoil(FaultKind.REPEAT_PAGE_TOKEN, GET)

    with pytest.raises(RepeatedPageTokenError, match="Page 2 points to a page that was read before"):
        rows(hook, handle)
    assert len(rows(hook, handle)) == 12


# Refusals


@pytest.mark.parametrize(
    ("key", "error", "advice"),
    [
        ("wrong-key-of-acme", UnauthorizedError, "Check that the API key in the connection's password is complete"),
        ("no-query-rights", ForbiddenError, "needs the role Admin, Operator or Viewer"),
    ],
)
def test_a_key_that_opens_nothing_fails_at_once_with_exactly_one_request(
    site: Site, key: str, error: type[Exception], advice: str
) -> None:
    with pytest.raises(error, match=advice) as refused:
        site.connect(password=key).submit(query(), deadline=in_an_hour())

    assert len(site.seen) == 1
    assert site.states == []
    assert key not in str(refused.value)


def test_an_unknown_cache_id_is_refused_by_name(site: Site) -> None:
    attach = query({}, cache_mode="cached_result_context", cache_id="no-such-entry")

    with pytest.raises(NotFoundError, match="cached_result no-such-entry"):
        site.connect().submit(attach, deadline=in_an_hour())


def test_a_spec_that_only_the_tenant_can_refuse_names_the_field(site: Site) -> None:
    spec = {"source_node_types": {"nodes": [{"node_type": "OktaUser", "integration_types": ["OKTA"]}]}}

    with pytest.raises(
        BadRequestError, match=r"source_node_types\.nodes\[0\]\.integration_types.*request_id: [0-9a-f]{32}"
    ):
        site.connect().submit(query(spec), deadline=in_an_hour())
    assert site.states == []


def test_a_connection_that_is_not_defined_is_named_with_the_type_to_create() -> None:
    with pytest.raises(
        ConnectionSettingsError, match="'nowhere' is not defined: create it with connection type 'veza'"
    ):
        VezaHook(veza_conn_id="nowhere").look(foreign_handle())


def test_extras_that_nothing_reads_are_warned_of_once_a_hook(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    hook = site.connect(pagesize=50)
    # Airflow 3 would write to structlog, which caplog does not see.
    hook._log = logging.getLogger("hook")
    hook.submit(query(), deadline=in_an_hour())
    hook.get_conn()

    assert [record.getMessage() for record in caplog.records if record.name == "hook"] == [
        "Connection veza_default: nothing reads the extra pagesize; is it misspelt?"
    ]


# Faults


def test_a_look_survives_a_burst_of_503(site: Site) -> None:
    hook = site.connect()
    handle = hook.submit(query(), deadline=in_an_hour())
    site.spoil(FaultKind.STATUS, GET, status=503, times=2, headers={"Retry-After": "0"})

    assert hook.look(handle).phase is Phase.RUNNING
    assert site.seen == [f"{CREATE} 200", f"{GET} 503", f"{GET} 503", f"{GET} 200"]


def test_a_submit_that_may_have_been_accepted_is_not_sent_again(site: Site) -> None:
    site.spoil(FaultKind.RESET_AFTER_ACCEPT, CREATE)

    with pytest.raises(NoAnswerError, match="may have been acted on"):
        site.connect().submit(query(), deadline=in_an_hour())
    assert site.seen == [f"{CREATE} None"]
    assert len(site.states) == 1


def test_a_submit_is_not_sent_again_after_a_503_either(site: Site) -> None:
    site.spoil(FaultKind.STATUS, CREATE, status=503)

    with pytest.raises(ServerError):
        site.connect().submit(query(), deadline=in_an_hour())
    assert site.seen == [f"{CREATE} 503"]


@pytest.mark.parametrize(
    ("kind", "status"), [(FaultKind.HTML, 200), (FaultKind.TRUNCATED_JSON, 200)], ids=["gateway page", "truncated"]
)
def test_an_answer_that_is_no_json_is_a_named_error_and_the_query_goes_on(
    site: Site, kind: FaultKind, status: int
) -> None:
    hook = site.connect()
    handle = hook.submit(query(), deadline=in_an_hour())
    site.spoil(kind, GET, status=status)

    with pytest.raises(MalformedResponseError, match="instead of a JSON object"):
        hook.look(handle)
    assert hook.look(handle).phase is Phase.RUNNING


def test_a_status_that_nobody_has_heard_of_is_running_with_a_warning(site: Site) -> None:
    hook = site.connect()
    handle = hook.submit(query(), deadline=in_an_hour())
    site.spoil(FaultKind.UNKNOWN_STATUS, GET)

    snapshot = hook.look(handle)

    assert (snapshot.phase, snapshot.state) == (Phase.RUNNING, "RECALCULATING")
    assert "not documented" in snapshot.warnings[0]
