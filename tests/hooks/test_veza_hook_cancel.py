"""Cancels of VezaHook over real sockets: whose query it may be, what is said of it, and how long it may take."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.service import Cancellation
from airflow_provider_veza.async_query.vocabulary import Phase
from airflow_provider_veza.exceptions import (
    ForeignTenantError,
    HandleError,
    NoAnswerError,
    ServerError,
)
from airflow_provider_veza.hooks.bound import BoundQuery
from airflow_provider_veza.hooks.veza import VezaHook
from hooks.tenant_site import Site, foreign_handle, in_an_hour, query, rows
from veza_emulator.tenant.faults import FaultKind

CREATE, GET = "query_spec:nodes_async_create", "query_spec:nodes_async_get"


# Whose handle


@pytest.mark.parametrize(
    "touch",
    [VezaHook.look, VezaHook.cancel, VezaHook.cancel_now, rows],
    ids=["look", "cancel", "cancel_now", "pages"],
)
def test_a_handle_of_another_tenant_is_refused_without_a_request(
    site: Site, touch: Callable[[VezaHook, QueryHandle], Any]
) -> None:
    with pytest.raises(ForeignTenantError, match=r"was not touched.*https://other\.vezacloud\.com"):
        touch(site.connect(), foreign_handle())
    assert site.seen == []


def test_a_handle_of_another_service_is_refused_without_a_request(site: Site) -> None:
    handle = replace(foreign_handle(), service="esql", tenant=site.demo.url)

    with pytest.raises(HandleError, match="'esql', which a veza connection does not have"):
        site.connect().look(handle)
    assert site.seen == []


# Cancel


@pytest.mark.parametrize("cancel", [VezaHook.cancel, VezaHook.cancel_now], ids=["cancel", "cancel_now"])
def test_a_running_query_is_cancelled(site: Site, cancel: Callable[[VezaHook, QueryHandle], Cancellation]) -> None:
    hook = site.connect()
    handle = hook.submit(query(), deadline=in_an_hour())

    assert cancel(hook, handle) == Cancellation(True, Phase.RUNNING)
    assert site.states == ["CANCELED"]
    assert hook.look(handle).phase is Phase.GONE


@pytest.mark.parametrize("cancel", [VezaHook.cancel, VezaHook.cancel_now], ids=["cancel", "cancel_now"])
def test_a_query_that_has_ended_is_looked_at_and_not_cancelled(
    site: Site, cancel: Callable[[VezaHook, QueryHandle], Cancellation]
) -> None:
    hook = site.connect()
    handle = hook.submit(query(), deadline=in_an_hour())
    site.let_queries_end()

    result = cancel(hook, handle)

    assert result == Cancellation(False, Phase.SUCCEEDED, "the query had already ended (state DONE)")
    assert site.seen == [f"{CREATE} 200", f"{GET} 200"]


def test_a_cancelled_query_is_unknown_and_stays_so_if_it_is_cancelled_again(site: Site) -> None:
    hook = site.connect()
    handle = hook.submit(query(), deadline=in_an_hour())
    hook.cancel(handle)

    again = hook.cancel(handle)

    assert (again.cancelled, again.phase) == (False, Phase.GONE)
    assert "does not know it (state UNKNOWN)" in again.reason


def _cancelled_on_a_loop(query: BoundQuery, is_cancelled: Callable[[], bool]) -> Cancellation:
    async def answer() -> bool:
        return is_cancelled()

    async def cancel() -> Cancellation:
        async with query.hook.connected():
            return await query.acancel(answer)

    return asyncio.run(cancel())


@pytest.mark.parametrize(
    "cancel",
    [BoundQuery.cancel, BoundQuery.cancel_now, _cancelled_on_a_loop],
    ids=["cancel", "cancel_now", "acancel"],
)
@pytest.mark.parametrize("is_known", [True, False], ids=["known of", "not known of"])
def test_somebody_elses_cancel_is_asked_for_once_the_service_does_not_know_the_query(
    site: Site, cancel: Callable[[BoundQuery, Callable[[], bool]], Cancellation], is_known: bool
) -> None:
    asked: list[str] = []

    def is_cancelled() -> bool:
        asked.extend(site.seen)
        return is_known

    bound = site.connect().query(site.connect().submit(query(), deadline=in_an_hour()))
    assert (cancel(bound, is_cancelled).cancelled, asked) == (True, [])
    before = len(site.seen)

    again = cancel(bound, is_cancelled)

    assert (again.cancelled, len(asked)) == (False, before + 1)
    assert len(site.seen) == before + (1 if is_known else 2)


def test_a_task_of_the_result_family_is_said_to_run_on(site: Site) -> None:
    hook = site.connect()
    handle = hook.submit(query(result_kind="result"), deadline=in_an_hour())

    result = hook.cancel(handle)

    assert result == Cancellation(False, Phase.RUNNING, "veza_result documents no cancel; the query runs on to its end")
    assert site.states == ["PENDING"]


def test_an_attached_cached_result_is_not_even_looked_at(site: Site) -> None:
    hook = site.connect()
    handle = replace(hook.submit(query(), deadline=in_an_hour()), owned=False)

    result = hook.cancel(handle)

    assert (result.cancelled, result.phase) == (False, None)
    assert site.seen == [f"{CREATE} 200"]


def test_a_cancel_in_a_hurry_repeats_nothing(site: Site) -> None:
    hook = site.connect()
    handle = hook.submit(query(), deadline=in_an_hour())
    site.spoil(FaultKind.STATUS, GET, status=503)

    with pytest.raises(ServerError):
        hook.cancel_now(handle)
    assert site.seen == [f"{CREATE} 200", f"{GET} 503"]


def test_a_cancel_in_a_hurry_does_not_wait_for_its_turn(site: Site) -> None:
    hook = site.connect(rate_limit=0.05)
    handle = hook.submit(query(), deadline=in_an_hour())

    start = time.monotonic()
    assert hook.cancel_now(handle).cancelled
    assert time.monotonic() - start < 15


def test_a_cancel_in_a_hurry_ends_soon_against_a_tenant_that_does_not_answer(
    define_connection: Callable[..., None],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        tenant = f"http://127.0.0.1:{silent.getsockname()[1]}"
        define_connection("silent", host=tenant, password="k1-personal-api-key")

        start = time.monotonic()
        with pytest.raises(NoAnswerError):
            VezaHook(veza_conn_id="silent").cancel_now(replace(foreign_handle(), tenant=tenant))
        assert time.monotonic() - start < 30
