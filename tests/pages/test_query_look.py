"""A look at a query for the page: what it shows over real sockets, how little it asks, and how it ends when it shows nothing."""

from __future__ import annotations

import inspect
import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from airflow_provider_veza import exceptions
from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.vocabulary import Phase
from airflow_provider_veza.exceptions import AsyncQueryError
from airflow_provider_veza.hooks.esql import EsqlHook
from airflow_provider_veza.hooks.veza import VezaHook
from airflow_provider_veza.pages import query_look
from airflow_provider_veza.pages.bounded_look import BoundedLooks
from airflow_provider_veza.pages.its_query import QueryLook, Subject
from airflow_provider_veza.pages.look_book import LookBook
from airflow_provider_veza.pages.query_look import QueryLooks, look_at
from airflow_provider_veza.pages.why_unseen import BUSY, LATE, UNDER_WAY, why_unseen
from airflow_provider_veza.services.esql_query import EsqlQuery
from airflow_provider_veza.services.veza_nodes import NodesQuery
from airflow_provider_veza.services.veza_result import ResultQuery
from esql_double.server import Double
from pages import waits
from support.at_once import let_nobody_pause
from support.served_cluster import ACTIVITY, cluster
from support.served_tenant import PAYROLL_ACCESS, running
from transport.servers import HttpServer, Visit, answer
from veza_emulator.http.server import RunningTenant

__all__ = ["cluster", "running"]

IN_AN_HOUR = Deadline.after(datetime.now(UTC), timedelta(hours=1))
PATIENCE = 300.0
"""Seconds; for a loaded machine. No look here waits for it, but where a test says so."""


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a loaded machine take its time."""
    monkeypatch.setattr(query_look, "LOOK_SECONDS", 60.0)
    let_nobody_pause(monkeypatch)


def subject(handle: QueryHandle) -> Subject:
    return Subject(handle, handle.conn_id)


@pytest.fixture(params=[NodesQuery, ResultQuery])
def veza(request: pytest.FixtureRequest, running: RunningTenant) -> Subject:
    """Return a query of each family of Veza's, which runs."""
    with_settings = VezaHook()
    handle = subject(with_settings.submit(request.param(PAYROLL_ACCESS), deadline=IN_AN_HOUR))
    with_settings.close()
    return handle


def requests_since(running: RunningTenant, before: int) -> list[str]:
    return [f"{entry.method} {entry.path}" for entry in running.tenant.journal.entries()[before:]]


def test_a_query_of_veza_that_runs_is_seen_by_one_request_and_so_is_its_end(
    veza: Subject, running: RunningTenant
) -> None:
    before = len(running.tenant.journal.entries())
    look = look_at(veza)
    assert look.snapshot is not None, look.why_not
    assert (look.snapshot.phase, look.why_not) == (Phase.RUNNING, "")
    assert len(requests_since(running, before)) == 1

    running.tenant.finish(veza.handle.id)
    after = look_at(veza)
    assert after.snapshot is not None
    assert after.snapshot.phase is Phase.SUCCEEDED
    assert not [path for path in requests_since(running, before) if "cancel" in path or "create" in path]


@pytest.fixture
def esql(cluster: Double) -> Subject:
    """Return a query of ES|QL that runs."""
    hook = EsqlHook()
    handle = hook.submit(EsqlQuery("FROM logs-*"), deadline=IN_AN_HOUR)
    hook.close()
    return subject(handle)


def test_a_query_of_esql_is_seen_without_waiting_at_the_server_and_its_result_stays(
    esql: Subject, cluster: Double
) -> None:
    began = time.monotonic()
    look = look_at(esql)
    assert look.snapshot is not None, look.why_not
    assert look.snapshot.phase is Phase.RUNNING
    assert look.traits is not None
    assert time.monotonic() - began < look.traits.long_poll_seconds

    cluster.end(esql.handle.id, **ACTIVITY)
    after = look_at(esql)
    assert after.snapshot is not None
    assert (after.snapshot.phase, after.snapshot.rows) == (Phase.SUCCEEDED, 2)
    hook = EsqlHook()
    assert [len(page.rows) for page in hook.pages(esql.handle)] == [2]
    hook.close()


def test_a_result_that_comes_with_the_look_is_not_read_beyond_its_bound(
    esql: Subject, cluster: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query_look, "MOST_BYTES", 50_000)
    columns = [{"name": "login", "type": "keyword"}]
    cluster.end(esql.handle.id, columns=columns, values=[["x" * 100_000]])

    look = look_at(esql)
    assert look.snapshot is None
    assert "has most likely ended" in look.why_not


class _Always:
    def __init__(self, reply: Callable[[Visit], object]) -> None:
        self._reply = reply

    def pop(self, _index: int) -> Callable[[Visit], object]:
        return self._reply


def at(define_connection: Callable[..., None], url: str, conn_id: str = "veza_default") -> Subject:
    define_connection(conn_id, conn_type="veza", host=url, password="key", extra={"rate_limit": 100_000})
    handle = QueryHandle("veza_nodes", "q1", url, conn_id, datetime.now(UTC), IN_AN_HOUR)
    return subject(handle)


@pytest.mark.parametrize(
    ("status", "says"),
    [(401, "refuses the credentials of connection 'veza_default'"), (500, "ServerError"), (429, "pause")],
)
def test_a_refusal_is_told_in_our_own_words_and_the_request_is_not_repeated(
    status: int, says: str, define_connection: Callable[..., None]
) -> None:
    with HttpServer() as server:
        server.replies = _Always(answer(status, {"message": "internal-host-17 says no"}))  # type: ignore[assignment]
        look = look_at(at(define_connection, server.url))

    assert says in look.why_not
    assert "internal-host-17" not in look.why_not
    assert len(server.seen) == 1


def test_a_connection_that_this_process_does_not_find_is_told_with_what_to_do() -> None:
    look = look_at(Subject(waits.HANDLE, "only_on_workers"))
    assert look.why_not.startswith("The API server cannot use connection 'only_on_workers'")
    assert "secrets backend" in look.why_not


def test_a_connection_that_leads_elsewhere_by_now_is_asked_nothing(
    running: RunningTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = len(running.tenant.journal.entries())
    assert "another tenant" in look_at(subject(waits.HANDLE)).why_not
    assert requests_since(running, before) == []


ERRORS = [kind for _, kind in inspect.getmembers(exceptions, inspect.isclass) if issubclass(kind, AsyncQueryError)]
ADVICE = ("load the page", "Load the page", "see the task", "not affected", "check", "Let it", "about to")


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_of_the_tree_has_sentences_that_say_what_to_do(kind: type[AsyncQueryError]) -> None:
    text = why_unseen(kind.__new__(kind), "{conn}")
    assert text.endswith(".")
    assert "{kind}" not in text
    assert [advice for advice in ADVICE if advice in text]


def seen(phase: Phase = Phase.RUNNING) -> QueryLook:
    return QueryLook(waits.START, None, None, phase.value)


TARGET = subject(waits.HANDLE)


def test_of_many_pages_at_once_one_looks_and_the_others_do_not_wait_for_it() -> None:
    begun, go_on = threading.Event(), threading.Event()
    looked: list[Subject] = []

    def look(of: Subject) -> QueryLook:
        looked.append(of)
        begun.set()
        go_on.wait(PATIENCE)
        return seen()

    looks = QueryLooks(patience=PATIENCE, look=look)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(looks.at, TARGET)
        assert begun.wait(PATIENCE)
        assert [looks.at(TARGET).why_not for _ in range(5)] == [UNDER_WAY] * 5
        go_on.set()
        assert first.result() == seen()
    assert [looks.at(TARGET) for _ in range(5)] == [seen()] * 5
    assert looked == [TARGET]


class ObservedBook(LookBook[QueryLook]):
    """Tells when what was seen has been noted, which is after its look has ended."""

    def __init__(self) -> None:
        super().__init__()
        self.noted = threading.Event()

    def keep(self, query: Hashable, seen: QueryLook) -> QueryLook:
        super().keep(query, seen)
        self.noted.set()
        return seen


def test_what_comes_too_late_for_its_page_is_shown_by_the_next_one() -> None:
    book, go_on = ObservedBook(), threading.Event()

    def look(_: Subject) -> QueryLook:
        go_on.wait(PATIENCE)
        return seen()

    looks = QueryLooks(book, patience=0.01, look=look)
    assert looks.at(TARGET).why_not == LATE
    go_on.set()
    assert book.noted.wait(PATIENCE)
    assert looks.at(TARGET) == seen()


def test_no_more_looks_are_under_way_than_may_be_and_who_is_refused_may_ask_again() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def look(of: Subject) -> QueryLook:
        if of == TARGET:
            begun.set()
            go_on.wait(PATIENCE)
        return seen()

    looks, other = QueryLooks(bounded=BoundedLooks(1), patience=PATIENCE, look=look), subject(waits.OF_ANOTHER)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(looks.at, TARGET)
        assert begun.wait(PATIENCE)
        assert looks.at(other).why_not == BUSY
        go_on.set()
        first.result()
    assert looks.at(other) == seen()
