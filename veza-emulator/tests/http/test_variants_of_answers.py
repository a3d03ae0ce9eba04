"""Switches for the form of answers that is not known: pages, tasks, and what a caller is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.varied import LOOK, done, done_task, vary
from veza_emulator.tenant.rate_limit import RateLimit

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class TestPages:
    def sizes(self, client: Any, query_id: str, size: int) -> list[int]:
        found, token, has_more = [], "", True
        while has_more:
            page = client.look(query_id, page_size=size, page_token=token)
            found.append(len(page["values"]))
            token, has_more = page["next_page_token"], page["has_more"]
        return found

    def test_a_page_holds_the_maximum_that_is_set(self, client: Any, payroll_access: Any) -> None:
        query_id = done(client, payroll_access)
        vary(client, maximum_page_size=5)
        assert self.sizes(client, query_id, 1_000) == [5, 5, 2]

    def test_a_maximum_above_the_documented_one_is_served(self, client: Any, okta_users: Any) -> None:
        vary(client, maximum_page_size=10_000)
        query_id = done(client, okta_users)
        assert self.sizes(client, query_id, 10_000) == [client.look(query_id)["progress_status"]["row_count"]]

    def test_a_size_over_the_maximum_is_clamped_or_refused(self, client: Any, payroll_access: Any) -> None:
        query_id = done(client, payroll_access)
        look = {"query_result_id": query_id, "page_size": 101}
        statuses = [client.assessments(LOOK, look).status_code]
        vary(client, page_size_over_maximum="refused")
        refused = client.assessments(LOOK, look)
        assert [*statuses, refused.status_code] == [200, 400]
        assert refused.json()["details"][0]["field_violations"][0]["field"] == "page_size"

    def test_every_page_after_the_first_may_come_after_an_empty_one(self, client: Any, payroll_access: Any) -> None:
        query_id = done(client, payroll_access)
        vary(client, middle_pages="empty_between")
        assert self.sizes(client, query_id, 5) == [5, 0, 5, 0, 2]

    def test_the_last_page_may_carry_no_token(self, client: Any, payroll_access: Any) -> None:
        query_id = done(client, payroll_access)
        tokens = [bool(client.look(query_id)["next_page_token"])]
        vary(client, last_page_token="absent")
        assert [*tokens, bool(client.look(query_id)["next_page_token"])] == [True, False]

    def test_a_token_in_the_body_may_be_ignored_so_that_the_first_page_comes_again(
        self, client: Any, payroll_access: Any
    ) -> None:
        query_id = done(client, payroll_access)
        vary(client, page_token_place="query_string")
        first = client.look(query_id, page_size=5)
        look = {"query_result_id": query_id, "page_size": 5}
        token = {"page_token": first["next_page_token"]}
        assert client.look(query_id=query_id, page_size=5, **token)["values"] == first["values"]
        second = client.call("POST", f"/api/v1/assessments/{LOOK}", json=look, params=token).json()
        assert second["values"] not in ([], first["values"])


class TestTasks:
    def inside(self, envelope: str, answer: dict[str, Any]) -> dict[str, Any]:
        return answer if envelope == "bare" else answer[envelope]

    def answer(self, client: Any, task_id: str) -> dict[str, Any]:
        return dict(client.call("GET", f"/api/v1/assessments/async_tasks/{task_id}").json())

    @pytest.mark.parametrize("envelope", ["task", "value", "bare"])
    def test_a_task_comes_in_its_envelope_when_it_is_submitted_and_when_it_is_seen(
        self, client: Any, okta_users: Any, envelope: str
    ) -> None:
        vary(client, task_envelope=envelope)
        submitted = self.inside(envelope, client.assessments("query_spec:result_async_create", okta_users).json())
        assert self.inside(envelope, self.answer(client, submitted["id"]))["id"] == submitted["id"]

    @pytest.mark.parametrize(
        ("variant", "keys"),
        [
            ("nodes_value", {"result_type", "number_value", "timestamp_value", "nodes_value"}),
            ("nodes_list", {"result_type", "number_value", "timestamp_value", "nodes_value"}),
            ("rows", {"values", "path_values", "next_page_token", "has_more"}),
            ("any", {"@type", "result_type", "number_value", "timestamp_value", "nodes_value"}),
            ("number", {"result_type", "number_value", "timestamp_value", "nodes_value"}),
        ],
    )
    def test_the_result_has_the_shape_that_is_set_and_the_same_rows(
        self, client: Any, payroll_access: Any, variant: str, keys: set[str]
    ) -> None:
        task_id = done_task(client, {**payroll_access, "include_nodes": True})
        usual = client.task(task_id)["result"]["nodes_value"]["values"]
        vary(client, task_result=variant)
        result = client.task(task_id)["result"]
        assert set(result) == keys
        nodes = result.get("nodes_value", result)
        rows = nodes if isinstance(nodes, list) or nodes is None else nodes["values"]
        assert rows == (None if variant == "number" else usual)

    def test_an_unknown_state_hides_the_result_in_every_envelope(self, client: Any, okta_users: Any) -> None:
        task_id = done_task(client, okta_users)
        for envelope in ("task", "value", "bare"):
            vary(client, task_envelope=envelope)
            client.admin("faults", {"kind": "unknown_status"})
            task = self.inside(envelope, self.answer(client, task_id))
            assert (task["state"], task["result"]) == ("RECALCULATING", None)


class TestCallers:
    QUERIES = "/api/v1/assessments/queries"

    def test_an_api_key_may_be_refused_where_oauth2_is_required(self, client: Any) -> None:
        vary(client, api_keys="refused")
        form = {
            "grant_type": "client_credentials",
            "client_id": "emulator-client",
            "client_secret": "emulator-secret",
        }
        token = client.call("POST", "/oauth/token", data=form).json()["access_token"]
        with_token = client.call("GET", self.QUERIES, headers={"Authorization": f"Bearer {token}"})
        assert (client.call("GET", self.QUERIES).status_code, with_token.status_code) == (401, 200)

    def test_more_requests_in_a_second_than_the_limit_are_refused_until_the_next(self, client: Any) -> None:
        vary(client, rate_limit=2)
        statuses = [client.call("GET", self.QUERIES).status_code for _ in range(3)]
        client.advance(1)
        assert [*statuses, client.call("GET", self.QUERIES).status_code] == [200, 200, 429, 200]

    def test_the_limit_does_not_count_the_admin_endpoints(self, client: Any) -> None:
        vary(client, rate_limit=1)
        for _ in range(3):
            client.admin("health")
        assert client.call("GET", self.QUERIES).status_code == 200

    def test_a_refused_request_is_told_what_is_left_as_well(self, client: Any) -> None:
        vary(client, rate_limit=2, rate_limit_headers="present")
        refused = client.call("GET", self.QUERIES, headers={"Authorization": "Bearer wrong"})
        assert (refused.status_code, refused.headers["X-RateLimit-Remaining"]) == (401, "1")

    @pytest.mark.parametrize(
        ("variant", "told"), [("absent", [None] * 3), ("present", [("2", "1"), ("2", "0"), ("2", "0")])]
    )
    def test_headers_may_tell_what_is_left_of_the_limit(self, client: Any, variant: str, told: list[Any]) -> None:
        vary(client, rate_limit=2, rate_limit_headers=variant)
        answers = [client.call("GET", self.QUERIES) for _ in range(3)]
        headers = [
            (answer.headers.get("X-RateLimit-Limit"), answer.headers.get("X-RateLimit-Remaining")) for answer in answers
        ]
        assert [pair if pair[0] else None for pair in headers] == told
        assert answers[2].headers.get("Retry-After") == ("1" if variant == "present" else None)


@given(st.lists(st.integers(0, 3_000), max_size=60), st.integers(1, 5))
def test_no_second_takes_more_requests_than_the_limit(milliseconds: list[int], limit: int) -> None:
    rate = RateLimit()
    moments = [NOON + timedelta(milliseconds=moment) for moment in sorted(milliseconds)]
    taken = [moment.second for moment in moments if not rate.take(moment, limit).is_used_up]
    assert all(taken.count(second) == min(limit, [m.second for m in moments].count(second)) for second in range(4))
