"""EsqlHook against an Elasticsearch double over real sockets, sync and async: the whole life of a query, and its traps."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.retry import RetryPolicy
from airflow_provider_veza.async_query.vocabulary import Phase, Snapshot
from airflow_provider_veza.exceptions import (
    BadRequestError,
    ConfigurationError,
    ForeignTenantError,
    HandleError,
    QueryGoneError,
    TooManyRequestsError,
    UnauthorizedError,
)
from airflow_provider_veza.hooks.esql import EsqlHook
from airflow_provider_veza.hooks.of_service import hook_of
from airflow_provider_veza.services.esql_query import EsqlQuery
from esql_double.cluster import API_KEY, OTHER_API_KEY
from esql_double.server import Double, running_double
from hooks.tenant_site import in_an_hour

CONN_ID = "elasticsearch_default"
COLUMNS = [{"name": "user", "type": "keyword"}, {"name": "requests", "type": "long"}]
VALUES = [["amara", 17], ["kiran", None]]
ROWS = [{"user": "amara", "requests": 17}, {"user": "kiran", "requests": None}]
TABLE = {"columns": COLUMNS, "values": VALUES}
QUERY = EsqlQuery("FROM logs | STATS requests = COUNT(*) BY user")

Connect = Callable[..., EsqlHook]


@pytest.fixture
def double() -> Iterator[Double]:
    with running_double() as running:
        running.configure(longest_submit_wait=0.05)
        yield running


@pytest.fixture
def connect(double: Double, define_connection: Callable[..., None]) -> Connect:
    def one(api_key: str = API_KEY, **extra: Any) -> EsqlHook:
        define_connection(CONN_ID, conn_type="elasticsearch", host=double.url, extra={"api_key": api_key} | extra)
        return EsqlHook()

    return one


@pytest.fixture
def hook(connect: Connect) -> Iterator[EsqlHook]:
    one = connect()
    yield one
    one.close()


def submit(hook: EsqlHook, query: EsqlQuery = QUERY) -> QueryHandle:
    return hook.submit(query, deadline=in_an_hour())


def rows(hook: EsqlHook, handle: QueryHandle) -> list[Any]:
    return [dict(row) for page in hook.pages(handle) for row in page.rows]


# Lifecycle


def test_a_query_runs_ends_delivers_its_rows_and_leaves_nothing(double: Double, hook: EsqlHook) -> None:
    double.script(duration=None, **TABLE)
    handle = submit(hook)
    assert hook.look(handle).phase is Phase.RUNNING
    double.end(handle.id)
    snapshot = hook.look(handle, wait=30)
    assert (snapshot.phase, snapshot.rows) == (Phase.SUCCEEDED, 2)
    assert rows(hook, handle) == ROWS
    hook.release(handle)
    assert (double.running, double.stored) == ([], [])


def test_the_async_twin_does_the_same(double: Double, hook: EsqlHook) -> None:
    double.script(duration=None, **TABLE)

    async def live() -> None:
        async with hook.connected():
            handle = await hook.asubmit(QUERY, deadline=in_an_hour())
            assert (await hook.alook(handle)).phase is Phase.RUNNING
            double.end(handle.id)
            assert (await hook.alook(handle, 30)).phase is Phase.SUCCEEDED
            assert [dict(row) async for page in hook.apages(handle) for row in page.rows] == ROWS
            await hook.acancel(handle)

    asyncio.run(live())
    assert (double.running, double.stored) == ([], [])


def test_a_query_that_ends_within_the_first_second_is_seen_as_ended_at_once(double: Double, hook: EsqlHook) -> None:
    double.script(duration=0.0, **TABLE)
    handle = submit(hook)
    assert hook.look(handle).phase is Phase.SUCCEEDED
    assert rows(hook, handle) == ROWS


@pytest.mark.parametrize(
    "query", [EsqlQuery("x", columnar=True), EsqlQuery("x", drop_null_columns=True)], ids=["columnar", "drop"]
)
def test_the_handle_remembers_how_answers_are_to_be_read(double: Double, connect: Connect, query: EsqlQuery) -> None:
    double.script(
        columns=[*COLUMNS, {"name": "none", "type": "long"}], values=[["a", 1, None], ["b", 2, None], ["c", 3, None]]
    )
    handle = QueryHandle.from_json(submit(connect(), query).to_json())
    kept = {} if query.drop_null_columns else {"none": None}
    assert rows(connect(), handle) == [{"user": u, "requests": n} | kept for u, n in (("a", 1), ("b", 2), ("c", 3))]


def test_elasticsearch_keeps_a_result_until_an_hour_after_the_deadline(double: Double, hook: EsqlHook) -> None:
    submit(hook)
    [body] = double.submits
    assert body["keep_on_completion"] is True
    assert 7190 <= int(body["keep_alive"].removesuffix("s")) <= 7200


@pytest.mark.parametrize("get_default", ["now", "block"])
@pytest.mark.parametrize("running_body", ["full", "bare"])
def test_a_look_returns_at_once_whatever_the_servers_default_is(
    double: Double, hook: EsqlHook, get_default: str, running_body: str
) -> None:
    double.configure(get_default=get_default, running_body=running_body)
    double.script(duration=None)
    handle, began = submit(hook), time.monotonic()
    assert hook.look(handle).phase is Phase.RUNNING
    assert time.monotonic() - began < 5


def test_a_long_look_ends_with_the_query_and_not_with_its_wait(double: Double, hook: EsqlHook) -> None:
    double.script(duration=0.4, **TABLE)
    handle, began = submit(hook), time.monotonic()
    assert hook.look(handle, wait=30).phase is Phase.SUCCEEDED
    assert time.monotonic() - began < 10


def test_a_stopped_query_keeps_the_rows_it_has(double: Double, hook: EsqlHook) -> None:
    double.script(duration=None, **TABLE)
    handle = submit(hook)
    assert hook.stop(handle).partial
    assert rows(hook, handle) == ROWS[:1]


@pytest.mark.parametrize("ends_first", [False, True], ids=["running", "ended"])
def test_a_cancel_leaves_neither_a_query_nor_a_result(double: Double, hook: EsqlHook, ends_first: bool) -> None:
    double.script(duration=None, **TABLE)
    handle = submit(hook)
    if ends_first:
        double.end(handle.id)
    assert hook.cancel_now(handle).cancelled is not ends_first
    assert (double.running, double.stored) == ([], [])


# How a query ends


@pytest.mark.parametrize("status", [400, 429, 500, 503])
def test_a_stored_failure_is_told_at_the_first_look_whatever_its_status(
    double: Double, hook: EsqlHook, status: int
) -> None:
    double.script(duration=None)
    handle = submit(hook)
    double.end(handle.id, failure={"status": status, "type": "circuit_breaking_exception", "reason": "Data too large"})
    looks = len(double.requests)
    snapshot = hook.look(handle)
    assert (snapshot.phase, snapshot.error) == (Phase.FAILED, "circuit_breaking_exception: Data too large")
    assert len(double.requests) == looks + 1


def test_a_wrong_query_is_refused_and_a_failed_one_is_told_and_neither_runs_twice(
    double: Double, hook: EsqlHook
) -> None:
    double.script(failure={"status": 400, "type": "verification_exception", "reason": "Unknown column [logn]"})
    with pytest.raises(BadRequestError, match="Unknown column"):
        submit(hook)
    double.script(failure={"status": 429, "type": "circuit_breaking_exception", "reason": "Data too large"})
    with pytest.raises(TooManyRequestsError, match="Nothing runs"):
        submit(hook)
    assert len(double.submits) == 2


def test_a_rejected_submit_is_sent_again_since_it_did_not_run(double: Double, hook: EsqlHook) -> None:
    double.refuse_next(429, "es_rejected_execution_exception", "queue full")
    submit(hook)
    assert len(double.submits) == 1


@pytest.mark.parametrize(("act", "words"), [(Double.cancel, "by user request"), (Double.expire, "keep_alive expired")])
def test_a_query_that_others_end_is_cancelled(
    double: Double, hook: EsqlHook, act: Callable[[Double, str], None], words: str
) -> None:
    double.script(duration=None)
    handle = submit(hook)
    act(double, handle.id)
    snapshot = until_ended(hook, handle)
    assert snapshot.phase in (Phase.CANCELED, Phase.GONE)
    assert words in snapshot.error or snapshot.phase is Phase.GONE


def until_ended(hook: EsqlHook, handle: QueryHandle) -> Snapshot:
    while not (snapshot := hook.look(handle, wait=5)).phase.is_terminal:
        pass
    return snapshot


@pytest.mark.parametrize("race", ["unknown_id", "no_index", "no_shard"])
def test_a_result_that_is_still_being_stored_is_waited_for(
    double: Double, hook: EsqlHook, race: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = RetryPolicy.delay

    def after_a_while(self: RetryPolicy, **given: Any) -> float | None:
        return None if at_once(self, **given) is None else 0.3

    monkeypatch.setattr(RetryPolicy, "delay", after_a_while)
    double.script(duration=0.0, race_seconds=0.0, **TABLE)
    handle = submit(hook)
    double.script(duration=0.2, race_seconds=0.5, race=race, **TABLE)
    racing = submit(hook)
    time.sleep(0.3)
    assert rows(hook, racing) == rows(hook, handle) == ROWS


def test_another_key_finds_nothing_and_the_message_says_why(double: Double, hook: EsqlHook, connect: Connect) -> None:
    double.script(duration=0.0, **TABLE)
    handle = submit(hook)
    other = connect(OTHER_API_KEY)
    snapshot = other.look(handle)
    assert snapshot.phase is Phase.GONE
    assert "rotated" in snapshot.error
    with pytest.raises(QueryGoneError, match="rotated"):
        list(other.pages(handle))


def test_a_key_that_is_no_longer_taken_is_named(double: Double, hook: EsqlHook) -> None:
    handle = submit(hook)
    double.take_keys()
    with pytest.raises(UnauthorizedError, match="api_key"):
        hook.look(handle)


# Versions


@pytest.mark.parametrize("version", ["8.15.3", "8.17.10", "8.19.3", "9.0.8", "9.1.4", "9.5.0"])
def test_servers_of_all_versions_are_understood(double: Double, hook: EsqlHook, version: str) -> None:
    double.configure(version=version)
    double.script(duration=0.0, **TABLE)
    assert rows(hook, submit(hook)) == ROWS


def test_a_server_before_8_18_cannot_stop(double: Double, hook: EsqlHook) -> None:
    double.configure(version="8.17.10")
    double.script(duration=None)
    with pytest.raises(BadRequestError, match="no handler found"):
        hook.stop(submit(hook))


def test_the_official_client_itself_is_at_hand(double: Double, hook: EsqlHook) -> None:
    with hook.get_conn() as client:
        assert client.info()["version"]["number"] == "9.1.4"


# Handles


def test_a_trigger_finds_the_hook_by_the_handle(connect: Connect) -> None:
    hook = hook_of(submit(connect()).service, CONN_ID)
    assert type(hook) is EsqlHook


def test_a_handle_of_another_cluster_is_refused_without_a_request(double: Double, hook: EsqlHook) -> None:
    foreign = QueryHandle("esql", "x", "https://other.example:9200", CONN_ID, datetime.now(UTC), in_an_hour())
    with pytest.raises(ForeignTenantError):
        hook.look(foreign)
    assert double.requests == []


def test_a_handle_of_veza_is_refused(double: Double, hook: EsqlHook) -> None:
    with pytest.raises(HandleError, match="veza_nodes"):
        hook.look(QueryHandle("veza_nodes", "x", double.url, CONN_ID, datetime.now(UTC), in_an_hour()))


def test_without_the_client_library_the_extra_is_named(hook: EsqlHook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "elasticsearch", None)
    with pytest.raises(ConfigurationError, match=r"airflow-provider-veza\[elasticsearch\]"):
        submit(hook)


def test_a_misspelt_extra_is_named_in_the_log(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    hook = connect(api_kye="x")
    # Airflow 3 would write to structlog, which caplog does not see.
    hook._log = logging.getLogger("hook")
    submit(hook)
    assert [record.getMessage() for record in caplog.records if record.name == "hook"] == [
        f"Connection {CONN_ID}: the ES|QL hook does not read the extra api_kye; is it misspelt?"
    ]
