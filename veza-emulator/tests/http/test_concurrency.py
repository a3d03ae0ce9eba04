"""Many callers at once, in real threads over real sockets: nobody gets a server error, waits for ever, or sees a mixture."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from veza_emulator.tenant.settings import TenantSettings

CALLERS = 8
ROUNDS = 5
CREATE = "/api/v1/assessments/query_spec:nodes_async_create"
CANCEL = "/api/v1/assessments/query_spec:nodes_async_cancel"
LOOK = "/api/v1/assessments/query_spec:nodes_async_get"
QUERIES = "/api/v1/assessments/queries"

Call = Callable[[requests.Session], requests.Response]


@pytest.fixture
def settings() -> TenantSettings:
    return TenantSettings(size=200)


@pytest.fixture
def send(client: Any) -> Callable[..., Call]:
    def call(method: str, path: str, body: Any = None) -> Call:
        return lambda session: session.request(method, f"{client.running.url}{path}", json=body, timeout=10)

    return call


def all_at_once(client: Any, calls: list[Call]) -> list[requests.Response]:
    """Make each call in a thread of its own, none before all are ready; return the answers in the order of the calls."""
    ready = threading.Barrier(len(calls))

    def make(call: Call) -> requests.Response:
        with requests.Session() as session:
            session.headers.update(client.session.headers)
            ready.wait(timeout=10)
            return call(session)

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(make, calls))


@pytest.mark.parametrize("seconds", [0, 3], ids=["while it runs", "when it is done"])
def test_a_query_cancelled_while_others_look_is_seen_whole_or_not_at_all(
    client: Any, okta_users: Any, send: Any, seconds: float
) -> None:
    for _ in range(ROUNDS):
        body = {"query_result_id": client.create(okta_users)["query_result_id"]}
        client.advance(seconds)
        whole = client.look(body["query_result_id"])
        answers = all_at_once(client, [send("POST", LOOK, body)] * CALLERS + [send("POST", CANCEL, body)] * CALLERS)
        assert {answer.status_code for answer in answers} == {200}
        for look in answers[:CALLERS]:
            assert look.json() == whole or (look.json()["status"], look.json()["values"]) == ("UNKNOWN", [])
        assert client.look(body["query_result_id"])["status"] == "UNKNOWN"


def test_a_name_that_many_save_at_once_is_saved_once(client: Any, okta_users: Any, send: Any) -> None:
    for number in range(ROUNDS):
        save = send("POST", QUERIES, {"name": f"query {number}", **okta_users})
        statuses = sorted(answer.status_code for answer in all_at_once(client, [save] * CALLERS))
        assert statuses == [200] + [400] * (CALLERS - 1)
    assert len(client.answer("GET", QUERIES)["values"]) == ROUNDS


def test_a_saved_query_deleted_while_it_is_run_is_answered_or_not_found(
    client: Any, okta_users: Any, send: Any
) -> None:
    for number in range(ROUNDS):
        saved = client.answer("POST", QUERIES, json={"name": f"query {number}", **okta_users})["value"]
        path = f"{QUERIES}/{saved['id']}"
        run, delete = send("GET", f"{path}:nodes"), send("DELETE", path)
        statuses = [answer.status_code for answer in all_at_once(client, [run] * CALLERS + [delete] * CALLERS)]
        assert set(statuses[:CALLERS]) <= {200, 404}
        assert sorted(statuses[CALLERS:]) == [200] + [404] * (CALLERS - 1)


def test_many_submits_at_once_each_get_a_run_of_their_own(client: Any, okta_users: Any, send: Any) -> None:
    create = send("POST", CREATE, {"immediate_run": {"request": {"body": okta_users}}})
    ids = {answer.json()["query_result_id"] for answer in all_at_once(client, [create] * CALLERS)}
    assert ids == {query["id"] for query in client.admin("queries")["queries"]}
    assert len(ids) == CALLERS
