"""A tenant that means harm: what its switches do on a real socket, and that whoever is not met sees an ordinary tenant."""

from __future__ import annotations

import socket
import time
import zlib
from base64 import b64encode
from itertools import islice
from typing import Any

import pytest
import requests

from tests.varied import CANCEL, LOOK, done, done_task, run, vary
from veza_emulator.http.middleware import harm

TOKEN = "/oauth/token"
GRANT = {"grant_type": "client_credentials"}


def streamed(client: Any, path: str, body: object) -> requests.Response:
    return client.session.post(f"{client.running.url}{path}", json=body, stream=True, timeout=10)


def look(query_id: str) -> tuple[str, dict[str, str]]:
    return f"/api/v1/assessments/{LOOK}", {"query_result_id": query_id}


class TestDrip:
    def test_a_body_comes_byte_by_byte_and_does_not_end(self, client: Any, okta_users: Any) -> None:
        query_id = run(client, okta_users)
        vary(client, drip="body", drip_seconds=0.02)
        start = time.monotonic()
        with streamed(client, *look(query_id)) as answer:
            first = list(islice(answer.iter_content(1), 5))
        assert (answer.status_code, first) == (200, [b" "] * 5)
        assert time.monotonic() - start >= 0.1

    def test_headers_come_byte_by_byte_and_do_not_end(self, client: Any) -> None:
        vary(client, drip="headers", drip_seconds=0.01)
        host, _, port = client.running.url.removeprefix("http://").rpartition(":")
        received = b""
        with socket.create_connection((host, int(port)), timeout=10) as wire:
            wire.sendall(b"GET /api/v1/assessments/async_tasks/t HTTP/1.1\r\nHost: localhost\r\n\r\n")
            while len(received) < 30:
                part = wire.recv(65_536)
                assert len(part) <= 3
                received += part
        assert received.startswith(b"HTTP/1.1 200 OK\r\nX-Drip: aaa")

    def test_a_drip_ends_when_it_is_switched_off(self, client: Any, okta_users: Any) -> None:
        query_id = run(client, okta_users)
        vary(client, drip="body", drip_seconds=0.02)
        with streamed(client, *look(query_id)) as answer:
            bytes_of = answer.iter_content(1)
            next(bytes_of)
            vary(client, drip="none")
            assert set(bytes_of) <= {b" "}

    @pytest.mark.parametrize("part", ["headers", "body"])
    def test_the_request_is_executed_before_its_answer_drips(self, client: Any, okta_users: Any, part: str) -> None:
        query_id = run(client, okta_users)
        vary(client, drip=part, drip_seconds=60, hostile_path=CANCEL)
        cancel = f"{client.running.url}/api/v1/assessments/{CANCEL}"
        with pytest.raises(requests.RequestException, match="timed out"):
            client.session.post(cancel, json={"query_result_id": query_id}, timeout=0.5)
        give_up = time.monotonic() + 30
        while client.look(query_id)["status"] != "UNKNOWN":
            assert time.monotonic() < give_up


class TestEcho:
    KEY = "s3cret/key"

    def echoed(self, client: Any, form: str, **variants: object) -> requests.Response:
        vary(client, echo=form, **variants)
        client.session.headers["Authorization"] = f"Bearer {self.KEY}"
        return client.call("GET", "/api/v1/assessments/async_tasks/t")

    @pytest.mark.parametrize(
        ("form", "quoted"),
        [("plain", KEY), ("url_encoded", "s3cret%2Fkey"), ("basic", b64encode(KEY.encode()).decode())],
    )
    def test_a_refusal_quotes_the_key(self, client: Any, form: str, quoted: str) -> None:
        answer = self.echoed(client, form)
        assert (answer.status_code, answer.json()["message"].split()[-1]) == (400, quoted)

    def test_the_refusal_has_the_status_that_is_set(self, client: Any) -> None:
        assert self.echoed(client, "plain", echo_status=403).status_code == 403

    @pytest.mark.parametrize(("form", "quoted"), [("plain", "secret"), ("basic", "aWQ6c2VjcmV0")])
    def test_the_token_endpoint_quotes_the_clients_secret(self, client: Any, form: str, quoted: str) -> None:
        vary(client, echo=form, hostile_path=TOKEN)
        answer = requests.post(f"{client.running.url}{TOKEN}", GRANT, auth=("id", "secret"), timeout=10)
        assert (answer.status_code, answer.json()["error_description"].split()[-1]) == (400, quoted)


class TestRedirect:
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_request_is_sent_on_with_its_query_and_not_executed(
        self, client: Any, okta_users: Any, status: int
    ) -> None:
        query_id = run(client, okta_users)
        vary(client, redirect_to="http://127.0.0.1:9", redirect_status=status)
        answer = client.call(
            "POST",
            f"/api/v1/assessments/{CANCEL}?page=1",
            json={"query_result_id": query_id},
            allow_redirects=False,
        )
        vary(client, redirect_to="")
        assert (answer.status_code, answer.headers["Location"]) == (
            status,
            f"http://127.0.0.1:9/api/v1/assessments/{CANCEL}?page=1",
        )
        assert client.look(query_id)["status"] == "IN_PROGRESS"


class TestEndlessBody:
    def test_a_body_goes_on_for_as_long_as_it_is_read(self, client: Any, okta_users: Any) -> None:
        query_id = run(client, okta_users)
        vary(client, endless_body="plain")
        with streamed(client, *look(query_id)) as answer:
            assert sum(map(len, islice(answer.iter_content(65_536), 100))) > 1_000_000

    def test_a_compressed_body_becomes_a_thousand_times_larger(self, client: Any, okta_users: Any) -> None:
        query_id = run(client, okta_users)
        vary(client, endless_body="gzip")
        with streamed(client, *look(query_id)) as answer:
            assert answer.headers["Content-Encoding"] == "gzip"
            compressed = answer.raw.read(20_000, decode_content=False)
        assert len(zlib.decompressobj(31).decompress(compressed)) > 200 * len(compressed)

    @pytest.mark.parametrize("body", ["plain", "gzip"])
    def test_a_caller_without_a_bound_is_let_off(
        self, client: Any, okta_users: Any, body: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(harm, "LET_OFF_AFTER_BYTES", 1_000_000)
        query_id = run(client, okta_users)
        vary(client, endless_body=body)
        path, asked = look(query_id)
        assert set(client.call("POST", path, json=asked).content) == {ord(" ")}


class TestRows:
    def test_rows_may_come_under_another_key(self, client: Any, payroll_access: Any) -> None:
        query_id, task_id = done(client, payroll_access), done_task(client, {**payroll_access, "include_nodes": True})
        vary(client, rows_key="result")
        page, task = client.look(query_id), client.task(task_id)["result"]["nodes_value"]
        assert (len(page["result"]), len(task["result"])) == (12, 12)
        assert {"values", "path_values"}.isdisjoint({*page, *task})

    @pytest.mark.parametrize(("marks", "shown"), [("text", {"has_more": "true"}), ("absent", {})])
    def test_a_page_may_not_say_or_say_otherwise_that_more_follow(
        self, client: Any, payroll_access: Any, marks: str, shown: dict[str, str]
    ) -> None:
        query_id = done(client, payroll_access)
        vary(client, page_marks=marks)
        page = client.look(query_id, page_size=5)
        assert {name: page[name] for name in page if name == "has_more"} == shown
        assert ("next_page_token" in page) is bool(shown)

    @pytest.mark.parametrize(("kind", "rows"), [("with_rows", 5), ("without_rows", 0)])
    def test_pages_may_go_on_for_ever_each_with_a_fresh_token(
        self, client: Any, payroll_access: Any, kind: str, rows: int
    ) -> None:
        query_id = done(client, payroll_access)
        vary(client, endless_pages=kind)
        tokens, token = set(), ""
        for _ in range(10):
            page = client.look(query_id, page_size=5, page_token=token)
            assert (page["has_more"], len(page["values"])) == (True, rows)
            token = page["next_page_token"]
            tokens.add(token)
        assert len(tokens) == 10

    @pytest.mark.parametrize(
        ("counts", "shown"),
        [
            ("negative", -5),
            ("underscored", "1_000"),
            ("fraction", 1.9),
            ("boolean", True),
            ("endless_digits", "9" * 5_000),
        ],
    )
    def test_counts_may_be_no_counts(self, client: Any, payroll_access: Any, counts: str, shown: object) -> None:
        query_id, task_id = done(client, payroll_access), done_task(client, payroll_access)
        vary(client, counts=counts)
        assert client.look(query_id)["progress_status"]["row_count"] == shown
        assert client.task(task_id)["result"]["number_value"] == shown


class TestWhoIsMet:
    @pytest.mark.parametrize(
        "harm", [{"drip": "body"}, {"echo": "plain"}, {"redirect_to": "http://127.0.0.1:9"}, {"endless_body": "plain"}]
    )
    def test_other_paths_and_the_admin_api_are_as_always(self, client: Any, okta_users: Any, harm: Any) -> None:
        vary(client, **harm, hostile_path=CANCEL)
        assert client.look(run(client, okta_users))["status"] == "IN_PROGRESS"
        vary(client, hostile_path="")
        assert client.admin("health")["status"] == "ok"
