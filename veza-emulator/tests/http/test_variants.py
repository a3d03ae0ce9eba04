"""Switches for the course of a query that is not known: how it is seen, lost, cancelled and shared."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.varied import CANCEL, LOOK, done, done_task, run, vary
from veza_emulator.http.middleware.variants import id_in
from veza_emulator.variants import ID_IN_PATH


class TestLooks:
    def test_a_query_is_queued_runs_and_fails_under_the_names_that_are_set(self, client: Any, okta_users: Any) -> None:
        vary(client, queued_status="WAITING", running_status="CRUNCHING", failed_status="BROKEN")
        client.admin("behaviour", {"outcome": "fail"})
        query_id = run(client, okta_users)
        said = [client.look(query_id)["status"]]
        for seconds in (1, 2):
            client.advance(seconds)
            said.append(client.look(query_id)["status"])
        assert said == ["WAITING", "CRUNCHING", "BROKEN"]

    @pytest.mark.parametrize(
        ("encoding", "nodes", "task"),
        [
            ("names", "DONE", ("COMPLETE", "SUCCEEDED")),
            ("lower_case", "done", ("complete", "succeeded")),
            ("numbers", "DONE", (3, 1)),
        ],
    )
    def test_states_are_spelt_as_set(
        self, client: Any, okta_users: Any, encoding: str, nodes: object, task: object
    ) -> None:
        query_id, task_id = run(client, okta_users), done_task(client, okta_users)
        vary(client, enum_encoding=encoding)
        shown = client.task(task_id)
        assert (client.look(query_id)["status"], (shown["state"], shown["status"])) == (nodes, task)

    @pytest.mark.parametrize(
        ("variant", "rows"), [("right", {"row_count": 12}), ("text", {"row_count": "12"}), ("wrong", {"row_count": 13})]
    )
    def test_the_row_count_is_as_set(self, client: Any, payroll_access: Any, variant: str, rows: object) -> None:
        query_id = done(client, payroll_access)
        vary(client, row_count=variant)
        assert client.look(query_id)["progress_status"] == rows

    def test_an_absent_row_count_leaves_no_progress(self, client: Any, okta_users: Any) -> None:
        vary(client, row_count="absent")
        assert "progress_status" not in client.look(run(client, okta_users))

    def test_warnings_stand_in_every_look(self, client: Any, okta_users: Any) -> None:
        query_id, task_id = run(client, okta_users), done_task(client, okta_users)
        vary(client, warnings=["the graph is being rebuilt"])
        assert [client.look(query_id)["warnings"], client.task(task_id)["warnings"]] == [
            ["the graph is being rebuilt"]
        ] * 2

    def test_the_first_look_at_a_new_run_shows_what_is_cached_and_the_second_the_run(
        self, client: Any, okta_users: Any
    ) -> None:
        done(client, okta_users)
        vary(client, first_look="cached_result")
        query_id = run(client, okta_users)
        assert [client.look(query_id)["status"] for _ in range(2)] == ["DONE", "IN_PROGRESS"]

    def test_the_first_look_shows_the_run_if_nothing_was_cached_before_it(self, client: Any, okta_users: Any) -> None:
        vary(client, first_look="cached_result")
        query_id = run(client, okta_users)
        assert client.look(query_id)["status"] == "IN_PROGRESS"

    def test_a_fresh_query_may_be_lost_at_the_first_look_and_is_there_at_the_second(
        self, client: Any, okta_users: Any
    ) -> None:
        vary(client, fresh_query="lost")
        query_id = run(client, okta_users)
        task_id = client.create_task(okta_users)["id"]
        assert [client.look(query_id)["status"] for _ in range(2)] == ["UNKNOWN", "IN_PROGRESS"]
        codes = [client.call("GET", f"/api/v1/assessments/async_tasks/{task_id}").status_code for _ in range(2)]
        assert codes == [404, 200]


class TestLookPath:
    PRIVATE = "/api/private/assessments/query_spec:nodes_async_get"

    def test_looks_are_served_at_the_path_that_is_set_and_at_no_other(self, client: Any, okta_users: Any) -> None:
        body = {"query_result_id": run(client, okta_users)}
        vary(client, nodes_get_path=self.PRIVATE)
        assert client.assessments(LOOK, body).status_code == 404
        assert client.call("POST", self.PRIVATE, json=body).json()["status"] == "IN_PROGRESS"

    def test_a_look_at_another_path_needs_a_key_as_well(self, client: Any) -> None:
        vary(client, nodes_get_path=self.PRIVATE)
        refused = client.call("POST", self.PRIVATE, json={}, headers={"Authorization": "Bearer wrong"})
        assert refused.status_code == 401

    @pytest.mark.parametrize(("methods", "statuses"), [("both", (200, 200)), ("POST", (200, 405)), ("GET", (405, 200))])
    def test_looks_come_with_the_method_that_is_set(
        self, client: Any, okta_users: Any, methods: str, statuses: tuple[int, int]
    ) -> None:
        look = {"query_result_id": run(client, okta_users)}
        vary(client, nodes_get_methods=methods)
        posted = client.assessments(LOOK, look)
        got = client.call("GET", f"/api/v1/assessments/{LOOK}", params=look)
        assert (posted.status_code, got.status_code) == statuses


class TestSavedQueryPath:
    def test_a_saved_query_is_run_at_the_path_that_is_set_and_at_no_other(self, client: Any, okta_users: Any) -> None:
        saved = client.assessments("queries", {"name": "people", **okta_users}).json()["value"]["id"]
        usual, other = (
            f"/api/v1/assessments/queries/{saved}:nodes_async_create",
            f"/api/v1/assessments/saved/{saved}:run",
        )
        statuses = [client.call("POST", path, json={}).status_code for path in (usual, other)]
        vary(client, saved_query_create_path="/api/v1/assessments/saved/{id}:run")
        statuses += [client.call("POST", path, json={}).status_code for path in (usual, other)]
        assert statuses == [200, 404, 404, 200]

    @given(st.text(min_size=1).filter(lambda text: "/" not in text))
    def test_whatever_stands_for_the_id_is_found_again(self, query_id: str) -> None:
        template = "/api/saved/{id}:run"
        assert id_in(template.replace(ID_IN_PATH, query_id), template) == query_id

    @pytest.mark.parametrize("path", ["/api/saved/:run", "/api/saved/7", "/api/saved/7/8:run", "/api/7:run", ""])
    def test_a_path_that_has_no_id_in_its_place_is_another_path(self, path: str) -> None:
        assert id_in(path, "/api/saved/{id}:run") is None


class TestLostIds:
    @pytest.mark.parametrize(("variant", "status"), [("status_unknown", 200), ("not_found", 404)])
    def test_a_look_at_a_lost_query(self, client: Any, variant: str, status: int) -> None:
        vary(client, lost_query=variant)
        answer = client.assessments(LOOK, {"query_result_id": "lost"})
        assert answer.status_code == status
        assert answer.json().get("status") == ("UNKNOWN" if status == 200 else None)

    def test_a_cancelled_query_is_unknown_as_documented_also_where_lost_ones_are_not_found(
        self, client: Any, okta_users: Any
    ) -> None:
        vary(client, lost_query="not_found")
        query_id = run(client, okta_users)
        client.assessments(CANCEL, {"query_result_id": query_id})
        assert client.look(query_id)["status"] == "UNKNOWN"

    def test_a_look_at_a_lost_task_may_answer_an_unknown_state(self, client: Any) -> None:
        vary(client, lost_task="unknown_state")
        assert client.task("lost")["state"] == "UNKNOWN_STATE"

    @pytest.mark.parametrize(("variant", "status"), [("not_found", 404), ("invalid_argument", 400)])
    def test_attaching_to_a_lost_result(self, client: Any, variant: str, status: int) -> None:
        vary(client, lost_cache=variant)
        creation = {"cached_result_context": {"cache_id": "lost"}}
        assert client.assessments("query_spec:nodes_async_create", creation).status_code == status


class TestCancel:
    @pytest.mark.parametrize(("variant", "body"), [("nothing", b""), ("empty_object", b"{}")])
    def test_a_cancel_answers_nothing_or_an_empty_object(
        self, client: Any, okta_users: Any, variant: str, body: bytes
    ) -> None:
        vary(client, cancel_body=variant)
        assert client.assessments(CANCEL, {"query_result_id": run(client, okta_users)}).content == body

    @pytest.mark.parametrize(("variant", "status"), [("accepted", 200), ("not_found", 404)])
    def test_a_cancel_of_a_lost_query(self, client: Any, variant: str, status: int) -> None:
        vary(client, lost_cancel=variant)
        assert client.assessments(CANCEL, {"query_result_id": "lost"}).status_code == status

    def test_a_second_cancel_is_no_cancel_of_a_lost_query(self, client: Any, okta_users: Any) -> None:
        vary(client, lost_cancel="not_found")
        cancel = {"query_result_id": run(client, okta_users)}
        assert [client.assessments(CANCEL, cancel).status_code for _ in range(2)] == [200, 200]

    @pytest.mark.parametrize(("variant", "status"), [("discards_result", "UNKNOWN"), ("keeps_result", "DONE")])
    def test_a_cancel_of_a_finished_query(self, client: Any, okta_users: Any, variant: str, status: str) -> None:
        vary(client, cancel_of_finished=variant)
        query_id = done(client, okta_users)
        client.assessments(CANCEL, {"query_result_id": query_id})
        assert client.look(query_id)["status"] == status


class TestEqualSpecs:
    def cancelled_one_of_two(self, client: Any, spec: object) -> tuple[bool, str]:
        first, second = (client.create(spec)["query_result_id"] for _ in range(2))
        client.assessments(CANCEL, {"query_result_id": first})
        return first == second, client.look(second)["status"]

    @pytest.mark.parametrize(
        ("variant", "outcome"),
        [
            ("own_run", (False, "IN_PROGRESS")),
            ("shared_run", (False, "UNKNOWN")),
            ("same_id", (True, "UNKNOWN")),
        ],
    )
    def test_cancelling_one_of_two_ends_the_other_only_where_they_share_a_run(
        self, client: Any, okta_users: Any, variant: str, outcome: tuple[bool, str]
    ) -> None:
        vary(client, equal_specs=variant)
        assert self.cancelled_one_of_two(client, okta_users) == outcome

    @pytest.mark.parametrize("variant", ["shared_run", "same_id"])
    def test_another_spec_and_an_ended_run_are_never_shared(
        self, client: Any, okta_users: Any, payroll_access: Any, variant: str
    ) -> None:
        vary(client, equal_specs=variant)
        client.admin("behaviour", {"pace": "tick"})
        queries = [client.create(okta_users), client.create(payroll_access)]
        client.admin("tick", {})
        client.admin("tick", {})
        queries.append(client.create(okta_users))
        assert len({query["cache_id"] for query in queries}) == 3

    def test_queries_that_share_a_run_end_together_with_the_same_rows(self, client: Any, payroll_access: Any) -> None:
        vary(client, equal_specs="shared_run")
        ids = [run(client, payroll_access) for _ in range(2)]
        client.advance(3)
        first, second = (client.look(query_id) for query_id in ids)
        assert first["status"] == second["status"] == "DONE"
        assert first["values"] == second["values"]
