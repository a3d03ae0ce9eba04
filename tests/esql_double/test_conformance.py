"""The double behaves as Elasticsearch's own tests say, judged through the official client; each case names its source.

Sources: 1 clients-tests ``esql/20_async.yml``; 3 ``RestEsqlTestCase``; 4 ``AsyncEsqlQueryActionIT``; 5 ``EsqlAsyncSecurityIT``.
What they assert is restated, none of their text is here. Every JSON answer is checked against the specification on its way out.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest
from elasticsearch import (
    ApiError,
    AsyncElasticsearch,
    AuthenticationException,
    BadRequestError,
    Elasticsearch,
    NotFoundError,
)

from esql_double.cluster import OTHER_API_KEY
from esql_double.server import Double, running_double

TABLE: dict[str, Any] = {
    "columns": [{"name": "user", "type": "keyword"}, {"name": "n", "type": "long"}],
    "values": [["amara", 17], ["kiran", None]],
}
KEPT = {"query": "FROM x", "keep_on_completion": True}
HEADERS = {"accept": "application/json", "content-type": "application/json"}
SOON = "10ms"
FORTY_MINUTES = 40 * 60


@pytest.fixture
def double() -> Iterator[Double]:
    with running_double() as running:
        yield running


def client_of(double: Double, api_key: str | None = None) -> Elasticsearch:
    client = Elasticsearch(double.url, api_key=api_key or double.api_key)
    return client.options(max_retries=0, request_timeout=30)


@pytest.fixture
def client(double: Double) -> Iterator[Elasticsearch]:
    with client_of(double) as client:
        yield client


def submit(client: Elasticsearch, **body: Any) -> Any:
    return client.perform_request("POST", "/_query/async", headers=HEADERS, body=KEPT | body)


def running(double: Double, client: Elasticsearch, **script: Any) -> str:
    double.script(**{"duration": None} | TABLE | script)
    return str(submit(client, wait_for_completion_timeout=SOON)["id"])


def get(client: Elasticsearch, query_id: str, wait: str | None = None, **params: Any) -> Any:
    return client.esql.async_query_get(id=query_id, wait_for_completion_timeout=wait, **params)


# Source 1


def test_a_kept_result_is_found_by_id_again_stopped_and_deleted(double: Double, client: Elasticsearch) -> None:
    double.script(**TABLE)
    first = client.esql.async_query(**KEPT)
    again = get(client, first["id"])
    assert (again["id"], again["columns"]) == (first["id"], first["columns"])
    assert client.esql.async_query_stop(id=first["id"])["id"] == first["id"]
    assert client.esql.async_query_delete(id=first["id"])["acknowledged"] is True


# Source 3


def test_without_keeping_a_result_that_is_there_at_once_has_no_id(double: Double, client: Elasticsearch) -> None:
    double.script(**TABLE)
    answer = submit(client, keep_on_completion=False)
    assert "id" not in answer.body
    assert answer["is_running"] is False
    assert "x-elasticsearch-async-id" not in answer.meta.headers
    assert answer.meta.headers["x-elasticsearch-async-is-running"] == "?0"


def test_headers_say_what_the_body_says_and_a_running_query_has_no_columns(
    double: Double, client: Elasticsearch
) -> None:
    query_id = running(double, client)
    answer = get(client, query_id)
    assert (answer["columns"], answer["values"], answer["is_running"]) == ([], [], True)
    assert answer.meta.headers["x-elasticsearch-async-id"] == query_id
    assert answer.meta.headers["x-elasticsearch-async-is-running"] == "?1"


def test_a_second_delete_finds_nothing_and_names_the_id(double: Double, client: Elasticsearch) -> None:
    query_id = running(double, client)
    client.esql.async_query_delete(id=query_id)
    with pytest.raises(NotFoundError) as missing:
        client.esql.async_query_delete(id=query_id)
    assert missing.value.body["error"]["reason"] == query_id


@pytest.mark.parametrize(("form", "body"), [("csv", "\r\n"), ("tsv", "\n"), ("txt", "")])
def test_texts_carry_the_state_in_headers_only(double: Double, client: Elasticsearch, form: str, body: str) -> None:
    query_id = running(double, client)
    path = f"/_query/async/{query_id}?format={form}"
    answer = client.perform_request("GET", path, headers={"accept": f"text/{form}"})
    assert (answer.body, answer.meta.headers["x-elasticsearch-async-is-running"]) == (body, "?1")


# Read in the server's sources


def test_a_final_get_carries_the_id_only_where_the_result_was_to_be_kept(double: Double, client: Elasticsearch) -> None:
    for keeps in (False, True):
        double.script(duration=None, **TABLE)
        query_id = submit(client, keep_on_completion=keeps, wait_for_completion_timeout=SOON)["id"]
        assert get(client, query_id)["id"] == query_id
        double.end(query_id)
        assert ("id" in get(client, query_id).body) is keeps


def test_a_query_that_outlasted_its_wait_stays_stored_though_it_was_not_to_be_kept(
    double: Double, client: Elasticsearch
) -> None:
    double.script(duration=None, **TABLE)
    query_id = submit(client, keep_on_completion=False, wait_for_completion_timeout=SOON)["id"]
    double.end(query_id)
    for _ in range(2):
        assert get(client, query_id)["values"] == TABLE["values"]
    assert double.stored == [query_id]


@pytest.mark.parametrize(
    ("path", "body", "accept"),
    [
        ("", {"query": " "}, "application/json"),
        ("", {}, "application/json"),
        ("", b"{", "application/json"),
        ("", b"[]", "application/json"),
        ("?delimiter=%3B", KEPT, "application/json"),
        ("?delimiter=%3B&format=tsv", KEPT, "application/json"),
        ("", KEPT, "application/vnd.elasticsearch+json; compatible-with=7"),
    ],
    ids=["an empty query", "none", "broken JSON", "no object", "a delimiter of JSON", "of tsv", "as for version 7"],
)
def test_what_is_wrong_is_a_400(double: Double, client: Elasticsearch, path: str, body: Any, accept: str) -> None:
    headers = {**HEADERS, "accept": accept}
    with pytest.raises(BadRequestError):
        client.perform_request("POST", f"/_query/async{path}", headers=headers, body=body)
    assert double.submits == []


def test_a_delimiter_goes_with_csv(double: Double, client: Elasticsearch) -> None:
    double.script(**TABLE)
    path = "/_query/async?format=csv&delimiter=%3B"
    client.perform_request("POST", path, headers={**HEADERS, "accept": "text/csv"}, body=KEPT)


# Source 4


def test_a_short_wait_shows_a_running_query_with_the_same_id(double: Double, client: Elasticsearch) -> None:
    query_id = running(double, client)
    answer = get(client, query_id, SOON)
    assert (answer["id"], answer["is_running"]) == (query_id, True)


def test_a_long_wait_ends_with_the_query_and_the_result_is_stored(double: Double, client: Elasticsearch) -> None:
    query_id, began = running(double, client, duration=0.3), time.monotonic()
    assert get(client, query_id, "60s")["values"] == TABLE["values"]
    assert time.monotonic() - began < 20
    assert get(client, query_id)["values"] == TABLE["values"]


def test_the_default_of_a_get_is_now_or_as_documented(double: Double, client: Elasticsearch) -> None:
    query_id = running(double, client)
    assert get(client, query_id)["is_running"] is True
    double.configure(get_default="block")
    query_id = running(double, client, duration=0.3)
    assert get(client, query_id)["is_running"] is False


@pytest.mark.parametrize("wait", ["0", "-1"])
def test_no_positive_wait_means_at_once(double: Double, client: Elasticsearch, wait: str) -> None:
    double.configure(get_default="block")
    assert get(client, running(double, client), wait)["is_running"] is True


def test_a_delete_ends_a_running_query_and_the_id_is_unknown_then(double: Double, client: Elasticsearch) -> None:
    query_id = running(double, client)
    assert client.esql.async_query_delete(id=query_id)["acknowledged"] is True
    assert double.running == []
    with pytest.raises(NotFoundError) as missing:
        get(client, query_id)
    assert missing.value.body["error"] == {
        "root_cause": [{"type": "resource_not_found_exception", "reason": query_id}],
        "type": "resource_not_found_exception",
        "reason": query_id,
    }


def test_a_cancelled_task_is_a_400_with_its_reason(double: Double, client: Elasticsearch) -> None:
    query_id = running(double, client)
    double.cancel(query_id)
    with pytest.raises(BadRequestError, match="task_cancelled_exception") as cancelled:
        get(client, query_id)
    assert cancelled.value.body["error"]["reason"] == "by user request"


def test_a_passed_keep_alive_ends_a_running_query(double: Double, client: Elasticsearch) -> None:
    double.script(duration=None)
    query_id = submit(client, wait_for_completion_timeout="0", keep_alive="100ms")["id"]
    with pytest.raises((BadRequestError, NotFoundError)):
        get(client, query_id, "20s")
    assert double.running == []


def test_keep_alive_on_a_get_moves_the_expiry_both_ways(double: Double, client: Elasticsearch) -> None:
    double.script(**TABLE)
    query_id = submit(client, keep_alive="20m")["id"]
    get(client, query_id, keep_alive="1h")
    double.skip(FORTY_MINUTES)
    get(client, query_id, keep_alive="30m")
    double.skip(FORTY_MINUTES)
    with pytest.raises(NotFoundError):
        get(client, query_id)


def test_a_stop_ends_a_running_query_with_a_partial_result(double: Double, client: Elasticsearch) -> None:
    answer = client.esql.async_query_stop(id=running(double, client))
    assert (answer["is_running"], answer["is_partial"], answer["values"]) == (False, True, TABLE["values"][:1])


@pytest.mark.parametrize("status", [400, 429, 503])
def test_a_failure_is_answered_at_every_look_with_its_own_status(
    double: Double, client: Elasticsearch, status: int
) -> None:
    query_id = running(double, client)
    double.end(query_id, failure={"status": status, "type": "some_exception", "reason": None})
    for _ in range(2):
        with pytest.raises(ApiError) as failed:
            get(client, query_id)
        assert (failed.value.status_code, failed.value.body["error"]["type"]) == (status, "some_exception")


# Source 5


def test_others_find_nothing_and_may_end_nothing(double: Double, client: Elasticsearch) -> None:
    query_id = running(double, client)
    with client_of(double, OTHER_API_KEY) as other:
        for call in (other.esql.async_query_get, other.esql.async_query_delete, other.esql.async_query_stop):
            with pytest.raises(NotFoundError):
                call(id=query_id)
    assert double.running == [query_id]


def test_who_is_nobody_is_refused(double: Double) -> None:
    with client_of(double, "bm9ib2R5") as nobody, pytest.raises(AuthenticationException):
        submit(nobody)


@pytest.mark.parametrize(
    ("race", "status", "words"),
    [
        ("unknown_id", 404, ""),
        ("no_index", 404, "no such index [.async-search]"),
        ("no_shard", 503, "No shard available for [get [.async-search"),
    ],
)
def test_for_a_moment_after_the_end_the_result_may_be_unreadable(
    double: Double, client: Elasticsearch, race: str, status: int, words: str
) -> None:
    query_id = running(double, client, race=race, race_seconds=60)
    double.end(query_id)
    with pytest.raises(ApiError) as racing:
        get(client, query_id)
    assert racing.value.status_code == status
    assert words in racing.value.body["error"]["reason"]
    double.skip(60)
    assert get(client, query_id)["values"] == TABLE["values"]


# Ids, parameters, versions


def test_what_is_no_id_is_400_but_404_to_a_delete(double: Double, client: Elasticsearch) -> None:
    for call in (client.esql.async_query_get, client.esql.async_query_stop):
        with pytest.raises(BadRequestError) as refused:
            call(id="no-id")
        assert refused.value.body["error"]["reason"] == "invalid id: [no-id]"
    with pytest.raises(NotFoundError):
        client.esql.async_query_delete(id="no-id")


def test_unknown_parameters_and_fields_are_refused(double: Double, client: Elasticsearch) -> None:
    with pytest.raises(BadRequestError) as refused:
        client.perform_request("POST", "/_query/async?keep_alive=1h", headers=HEADERS, body=KEPT)
    assert "contains unrecognized parameter: [keep_alive]" in refused.value.body["error"]["reason"]
    with pytest.raises(BadRequestError, match="x_content_parse_exception"):
        submit(client, page_size=10)


@pytest.mark.parametrize(
    ("version", "takes_it"), [("8.18.0", False), ("8.19.0", True), ("9.0.3", False), ("9.1.0", True)]
)
def test_the_choice_about_partial_results_came_with_8_19_and_9_1(double: Double, version: str, takes_it: bool) -> None:
    double.configure(version=version)
    headers = dict.fromkeys(HEADERS, "application/vnd.elasticsearch+json; compatible-with=8")
    with client_of(double) as client:
        path = "/_query/async?allow_partial_results=false"
        if takes_it:
            client.perform_request("POST", path, headers=headers, body=KEPT)
        else:
            with pytest.raises(BadRequestError):
                client.perform_request("POST", path, headers=headers, body=KEPT)


def test_a_server_of_8_refuses_the_media_type_of_9(double: Double, client: Elasticsearch) -> None:
    double.configure(version="8.19.3")
    headers = dict.fromkeys(HEADERS, "application/vnd.elasticsearch+json; compatible-with=9")
    with pytest.raises(BadRequestError, match="media_type_header_exception"):
        client.perform_request("POST", "/_query/async", headers=headers, body=KEPT)


def test_columns_of_nulls_can_be_left_out_of_a_get(double: Double, client: Elasticsearch) -> None:
    double.script(columns=TABLE["columns"], values=[["amara", None]])
    query_id = submit(client)["id"]
    answer = get(client, query_id, drop_null_columns=True)
    assert [column["name"] for column in answer["columns"]] == ["user"]
    assert (answer["values"], len(answer["all_columns"])) == ([["amara"]], 2)


def test_the_async_client_sees_the_same(double: Double) -> None:
    double.script(duration=0.2, **TABLE)

    async def live() -> Any:
        async with AsyncElasticsearch(double.url, api_key=double.api_key) as client:
            first = await client.perform_request(
                "POST", "/_query/async", headers=HEADERS, body=KEPT | {"wait_for_completion_timeout": SOON}
            )
            return await client.esql.async_query_get(id=first["id"], wait_for_completion_timeout="30s")

    assert asyncio.run(live())["values"] == TABLE["values"]
