"""Every wait of a hook has an end: looks, pages, cancels over real sockets, with a server that drips or never comes to an end."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.vocabulary import Page
from airflow_provider_veza.exceptions import EndlessPagesError, NoAnswerError, ResultsDeadlineError
from airflow_provider_veza.hooks import bound
from airflow_provider_veza.hooks.bound import BoundQuery
from airflow_provider_veza.hooks.of_service import hook_of
from support.cut_short import cut_short
from transport.servers import HttpServer, Reply, Visit, answer

SOON = 0.2
MEANWHILE = 60.0
"""Far longer than any bound here, on a busy machine too; without the bounds each test would last for ever."""

IN_AN_HOUR = Deadline.after(datetime.now(UTC), timedelta(hours=1))


class EndlessServer(HttpServer):
    """Gives the same reply to every request."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.replies = _Always(reply)  # type: ignore[assignment]


class _Always:
    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    def pop(self, _index: int) -> Reply:
        return self._reply


def drip(visit: Visit) -> None:
    """Send a byte of a header now and then, for ever."""
    visit.connection.sendall(b"HTTP/1.1 200 OK\r\nx-elastic-product: Elasticsearch\r\nx: ")
    while not visit.closing.wait(0.02):
        visit.connection.sendall(b"a")


@pytest.fixture
def start() -> Iterator[Callable[[Reply], EndlessServer]]:
    with ExitStack() as stack:
        yield lambda reply: stack.enter_context(EndlessServer(reply))


@pytest.fixture(params=["veza_nodes", "veza_result", "esql"])
def query(
    request: pytest.FixtureRequest, define_connection: Callable[..., None], start: Callable[[Reply], EndlessServer]
) -> Callable[..., BoundQuery]:
    """Return a query of each service, bound to a server that drips."""

    def bind(deadline: Deadline | None = None, **extra: Any) -> BoundQuery:
        return _bound(request.param, define_connection, start(drip), deadline, extra)

    return bind


def _bound(
    service: str,
    define_connection: Callable[..., None],
    server: HttpServer,
    deadline: Deadline | None,
    extra: dict[str, Any],
) -> BoundQuery:
    conn_type = "elasticsearch" if service == "esql" else "veza"
    extra = extra if service == "esql" else {"rate_limit": 100_000} | extra
    fields = {"schema": "http"} if service == "esql" else {}
    define_connection("bounded", conn_type=conn_type, host=server.url, password="key", extra=extra, **fields)
    hook = hook_of(service, "bounded")
    handle = QueryHandle(service, "q1", hook.tenant, "bounded", datetime.now(UTC), IN_AN_HOUR)
    query = hook.query(handle)
    return query if deadline is None else query.until(deadline)


async def _alook(query: BoundQuery) -> Any:
    async with query.hook.connected():
        return await query.alook()


async def _acancel(query: BoundQuery) -> Any:
    async with query.hook.connected():
        return await query.acancel()


async def _apages(query: BoundQuery) -> list[Page]:
    async with query.hook.connected():
        return [page async for page in query.apages()]


async def _ahead(query: BoundQuery) -> list[Page]:
    async with query.reading_ahead() as ahead:
        return [page async for page in ahead.pages]


LOOKS = {"look": BoundQuery.look, "alook": lambda query: asyncio.run(_alook(query))}
CANCELS = {
    "cancel": BoundQuery.cancel,
    "cancel_now": BoundQuery.cancel_now,
    "acancel": lambda query: asyncio.run(_acancel(query)),
}
READS = {
    "pages": lambda query: list(query.pages()),
    "apages": lambda query: asyncio.run(_apages(query)),
    "reading ahead": lambda query: asyncio.run(_ahead(query)),
}


TIME_IS_OVER = "the time that was left for it is over"


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Let a look or the reading of rows begin at this moment, however long this machine takes to come to it."""
    now = datetime.now(UTC)
    monkeypatch.setattr(bound, "utc_now", lambda: now)
    return now


@pytest.mark.parametrize("touch", LOOKS.values(), ids=LOOKS)
def test_a_look_at_a_server_that_drips_ends(query: Callable[..., BoundQuery], touch: Callable[..., Any]) -> None:
    error = cut_short(lambda seconds: touch(query(look_timeout=seconds)))

    assert isinstance(error, NoAnswerError)
    assert "`look_timeout`" in str(error)


def test_a_glance_at_a_server_that_drips_ends_when_its_own_time_is_over(query: Callable[..., BoundQuery]) -> None:
    error = cut_short(lambda seconds: query().glance(seconds, 1_000_000))

    assert isinstance(error, NoAnswerError)
    assert TIME_IS_OVER in str(error)


@pytest.mark.parametrize("touch", LOOKS.values(), ids=LOOKS)
@pytest.mark.parametrize("left", [-100.0, 0.0, 1.0], ids=["passed", "now", "soon"])
def test_no_look_outlasts_the_deadline_but_the_last_one_for_a_moment(
    query: Callable[..., BoundQuery],
    touch: Callable[..., Any],
    left: float,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def look(a_moment: float) -> None:
        monkeypatch.setattr(bound, "LAST_LOOK_SECONDS", a_moment)
        touch(query(Deadline.after(now, timedelta(seconds=left * a_moment))))

    error = cut_short(look)

    assert isinstance(error, NoAnswerError)
    assert TIME_IS_OVER in str(error)


@pytest.mark.parametrize("touch", CANCELS.values(), ids=CANCELS)
def test_a_cancel_ends_with_the_look_before_it(query: Callable[..., BoundQuery], touch: Callable[..., Any]) -> None:
    error = cut_short(lambda seconds: touch(query(cancel_timeout=seconds)))

    assert isinstance(error, NoAnswerError)
    assert TIME_IS_OVER in str(error)


def test_a_process_that_is_being_killed_has_less_than_two_seconds_for_a_cancel() -> None:
    assert bound.KILL_SECONDS < 2.0


def test_a_process_that_is_being_killed_cancels_in_its_own_time(
    query: Callable[..., BoundQuery], monkeypatch: pytest.MonkeyPatch
) -> None:
    def cancel(seconds: float) -> None:
        monkeypatch.setattr(bound, "KILL_SECONDS", seconds)
        query(cancel_timeout=MEANWHILE).cancel_now()

    assert TIME_IS_OVER in str(cut_short(cancel))


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_a_page_that_drips_ends(query: Callable[..., BoundQuery], read: Callable[..., Any]) -> None:
    error = cut_short(lambda seconds: read(query(page_timeout=seconds, page_size=1)))

    assert isinstance(error, NoAnswerError)
    assert "`page_timeout`" in str(error)


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_the_deadline_holds_while_a_page_drips(
    query: Callable[..., BoundQuery], read: Callable[..., Any], now: datetime
) -> None:
    began = time.monotonic()

    with pytest.raises(ResultsDeadlineError) as raised:
        read(query(Deadline.after(now, timedelta(seconds=SOON)), page_timeout=MEANWHILE))
    assert not raised.value.heals
    assert time.monotonic() - began < MEANWHILE


# Pages without end


def endless(rows: list[Any]) -> Reply:
    numbers = itertools.count()

    def reply(visit: Visit) -> None:
        token = f"t{next(numbers)}"
        answer(
            200, json.dumps({"status": "DONE", "values": rows, "has_more": True, "next_page_token": token}).encode()
        )(visit)

    return reply


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_pages_without_rows_end(
    define_connection: Callable[..., None], start: Callable[[Reply], EndlessServer], read: Callable[..., Any]
) -> None:
    server = start(endless([]))

    with pytest.raises(EndlessPagesError, match="100 pages one after the other"):
        read(_bound("veza_nodes", define_connection, server, None, {}))
    assert len(server.seen) == 100


@pytest.mark.parametrize(
    ("seconds", "page_timeout"), [(SOON, MEANWHILE), (-1.0, SOON)], ids=["it comes meanwhile", "it has passed before"]
)
@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_the_deadline_ends_pages_with_rows(
    define_connection: Callable[..., None],
    start: Callable[[Reply], EndlessServer],
    read: Callable[..., Any],
    now: datetime,
    seconds: float,
    page_timeout: float,
) -> None:
    deadline, server = Deadline.after(now, timedelta(seconds=seconds)), start(endless([{"id": "a"}]))
    query = _bound("veza_nodes", define_connection, server, deadline, {"page_timeout": page_timeout})

    with pytest.raises(ResultsDeadlineError, match="came while the rows were read"):
        read(query)
