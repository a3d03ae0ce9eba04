"""VezaHook's synchronous twins and saved queries, against a tenant over real sockets."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from airflow_provider_veza.async_query.vocabulary import Phase
from airflow_provider_veza.exceptions import (
    BadRequestError,
    NotFoundError,
    QuerySpecError,
    RepeatedPageTokenError,
)
from airflow_provider_veza.hooks.veza import VezaHook
from hooks.tenant_site import OKTA_USERS, PAYROLL_ACCESS, Site, in_an_hour, query, rows
from veza_emulator.tenant.faults import FaultKind


def save(hook: VezaHook, name: str, **definition: Any) -> str:
    """Save a query in the tenant and return its id."""
    answer = hook.get_conn().post(f"{hook.tenant}/api/v1/assessments/queries", json={"name": name, **definition})
    answer.raise_for_status()
    return str(next(hook.saved_queries(name))["id"])


# The synchronous twins


def test_the_rows_of_the_synchronous_twin_are_those_of_the_asynchronous_one(site: Site) -> None:
    hook = site.connect(page_size=7)
    handle = hook.submit(query(OKTA_USERS), deadline=in_an_hour())
    site.let_queries_end()

    at_once = [row for page in hook.nodes(OKTA_USERS) for row in page.rows]

    assert at_once == rows(hook, handle) != []


def test_rows_come_over_several_pages_each_once(site: Site) -> None:
    pages = list(site.connect(page_size=5).nodes(PAYROLL_ACCESS))

    assert [len(page.rows) for page in pages] == [5, 5, 2]
    assert len({row["source"]["id"] for page in pages for row in page.rows}) == 12


def test_no_query_runs_after_it(site: Site) -> None:
    list(site.connect().nodes(OKTA_USERS))

    assert site.states == []


def test_a_result_is_a_number(site: Site) -> None:
    read = site.connect().result(PAYROLL_ACCESS)

    assert (read.type, read.number, len(read.nodes.rows)) == ("NUMBER", 12, 0)


def test_the_nodes_of_a_result_come_in_pages(site: Site) -> None:
    hook, spec = site.connect(page_size=10), {**PAYROLL_ACCESS, "include_nodes": True}

    first = hook.result(spec)
    second = hook.result(spec, first.nodes.next_page_token)

    assert [first.number, len(first.nodes.rows), len(second.nodes.rows)] == [12, 10, 2]
    assert second.nodes.next_page_token is None


@pytest.mark.parametrize("ask", [VezaHook.nodes, VezaHook.result], ids=["nodes", "result"])
def test_a_wrong_spec_is_refused_before_anything_is_sent(site: Site, ask: Any) -> None:
    with pytest.raises(QuerySpecError):
        ask(site.connect(), {"source_node_types": "OktaUser"})
    assert site.seen == []


def test_what_is_odd_about_a_spec_is_logged(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    hook = site.connect()
    # Airflow 3 would write to structlog, which caplog does not see.
    hook._log = logging.getLogger("hook")

    list(hook.nodes({**OKTA_USERS, "query_typ": "SOURCE_TO_DESTINATION"}))

    assert "Unknown field query_typ (did you mean query_type?)" in caplog.text


def test_a_blip_is_repeated_since_the_twins_only_read(site: Site) -> None:
    hook = site.connect()
    site.spoil(FaultKind.STATUS, "query_spec:nodes", status=503)
    site.spoil(FaultKind.STATUS, "query_spec:result", status=503)

    assert len(list(hook.nodes(PAYROLL_ACCESS))) == 1
    assert hook.result(PAYROLL_ACCESS).number == 12


def test_a_page_that_leads_back_is_an_error(site: Site) -> None:
    hook = site.connect(page_size=5)
    pages = hook.nodes(PAYROLL_ACCESS)
    first = next(pages)
    # A tenant that sends the first page again and again.
    hook.run = lambda call: first  # type: ignore[method-assign]

    with pytest.raises(RepeatedPageTokenError):
        list(pages)


# Saved queries


def test_saved_queries_are_listed_over_pages_and_found_by_name(site: Site) -> None:
    hook = site.connect(page_size=1)
    names = ["Dormant users", "Payroll access"]
    for name in names:
        save(hook, name, **OKTA_USERS)

    assert sorted(str(saved["name"]) for saved in hook.saved_queries()) == names
    assert [saved["name"] for saved in hook.saved_queries("Payroll access")] == ["Payroll access"]
    assert list(hook.saved_queries("Nobody's query")) == []


def test_a_definition_is_what_was_saved(site: Site) -> None:
    hook = site.connect()
    saved_query_id = save(hook, "Payroll access", **PAYROLL_ACCESS)

    definition = hook.saved_query(saved_query_id)

    assert (definition["id"], definition["name"]) == (saved_query_id, "Payroll access")
    assert definition["source_node_types"] == OKTA_USERS["source_node_types"]


def test_a_saved_query_answers_the_rows_and_the_number_of_its_spec(site: Site) -> None:
    hook = site.connect(page_size=5)
    saved_query_id = save(hook, "Payroll access", **PAYROLL_ACCESS)

    pages = list(hook.saved_query_nodes(saved_query_id))

    assert [len(page.rows) for page in pages] == [5, 5, 2]
    assert [row for page in pages for row in page.rows] == [r for page in hook.nodes(PAYROLL_ACCESS) for r in page.rows]
    assert hook.saved_query_result(saved_query_id).number == 12


def test_a_saved_query_runs_asynchronously_and_is_looked_at_and_read_like_any_nodes_query(site: Site) -> None:
    hook = site.connect()
    saved_query_id = save(hook, "Payroll access", **PAYROLL_ACCESS)

    handle = hook.submit(query_of(saved_query_id), deadline=in_an_hour())
    running = hook.look(handle)
    site.let_queries_end()

    assert (handle.service, running.phase, hook.look(handle).phase) == ("veza_nodes", Phase.RUNNING, Phase.SUCCEEDED)
    assert rows(hook, handle) == [row for page in hook.nodes(PAYROLL_ACCESS) for row in page.rows]


def test_a_run_of_a_saved_query_is_cancelled_like_any_nodes_query(site: Site) -> None:
    hook = site.connect()
    handle = hook.submit(query_of(save(hook, "Users", **OKTA_USERS)), deadline=in_an_hour())

    assert hook.cancel(handle).cancelled
    assert site.states == ["CANCELED"]


@pytest.mark.parametrize(("cache_mode", "runs_again"), [("cached_result_if_available", False), ("immediate_run", True)])
def test_a_cached_result_of_a_saved_query_is_taken_or_not_as_asked(
    site: Site, cache_mode: str, runs_again: bool
) -> None:
    hook = site.connect()
    saved_query_id = save(hook, "Users", **OKTA_USERS)
    hook.submit(query_of(saved_query_id, cache_mode="immediate_run"), deadline=in_an_hour())
    site.let_queries_end()

    again = hook.submit(query_of(saved_query_id, cache_mode=cache_mode), deadline=in_an_hour())

    assert (hook.look(again).phase is Phase.RUNNING) is runs_again
    assert (again.stale_until is not None) is runs_again


@pytest.mark.parametrize(
    "ask",
    [
        lambda hook: hook.saved_query("nothing"),
        lambda hook: hook.saved_query_result("nothing"),
        lambda hook: list(hook.saved_query_nodes("nothing")),
        lambda hook: hook.submit(query_of("nothing"), deadline=in_an_hour()),
    ],
    ids=["definition", "result", "nodes", "run"],
)
def test_a_saved_query_that_is_not_there_is_not_found(site: Site, ask: Any) -> None:
    with pytest.raises(NotFoundError):
        ask(site.connect())


def test_where_the_inferred_path_is_not_served_the_submit_is_refused(site: Site) -> None:
    hook = site.connect(saved_query_create_path="/api/v1/assessments/queries/{id}:run")

    with pytest.raises((NotFoundError, BadRequestError)):
        hook.submit(query_of("8a4c1d3e"), deadline=in_an_hour())
    assert site.states == []


def query_of(saved_query_id: str, **arguments: Any) -> Any:
    from airflow_provider_veza.services.veza_query import check_query

    return check_query(saved_query_id=saved_query_id, **arguments).query
