"""What a test holds of a served tenant: seeding, steering, breaking and judging it, in Python and without Airflow's help."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from airflow_provider_veza.emulator.veza_emulator import VezaEmulator, emulator_of
from airflow_provider_veza.hooks.veza import VezaHook

USERS = {"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}}
ACCESS = {**USERS, "relates_to_exp": {"specs": [{"node_types": {"nodes": [{"node_type": "S3Bucket"}]}}]}}
ADA, PAYROLL = {"id": "ada", "type": "OktaUser"}, {"id": "payroll", "type": "S3Bucket"}


@pytest.fixture
def emulator() -> Iterator[VezaEmulator]:
    with emulator_of(size=200) as served:
        yield served


def call(emulator: VezaEmulator, name: str, body: object) -> requests.Response:
    headers = {"Authorization": f"Bearer {emulator.api_key}"}
    return requests.post(f"{emulator.url}/api/v1/assessments/{name}", json=body, headers=headers, timeout=10)


def create(emulator: VezaEmulator, spec: object) -> str:
    answer = call(emulator, "query_spec:nodes_async_create", {"immediate_run": {"request": {"body": spec}}})
    return str(answer.json()["query_result_id"])


def look(emulator: VezaEmulator, query_id: str) -> dict[str, Any]:
    return dict(call(emulator, "query_spec:nodes_async_get", {"query_result_id": query_id}).json())


def test_a_query_ends_at_once_so_that_no_test_waits(emulator: VezaEmulator) -> None:
    assert look(emulator, create(emulator, USERS))["status"] == "DONE"


def test_the_connection_uri_is_one_that_the_hook_takes(emulator: VezaEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ANY_NAME", emulator.connection_uri)
    assert VezaHook(veza_conn_id="any_name").test_connection()[0]


def test_a_key_of_any_characters_passes_through_the_connection_uri(monkeypatch: pytest.MonkeyPatch) -> None:
    with emulator_of(size=100, api_key="k1/+=@:?#%&") as emulator:
        monkeypatch.setenv("AIRFLOW_CONN_ANY_NAME", emulator.connection_uri)
        assert VezaHook(veza_conn_id="any_name").test_connection()[0]


def test_a_seeded_tenant_holds_the_seed_and_nothing_else(emulator: VezaEmulator) -> None:
    emulator.seed(nodes=[ADA, PAYROLL], edges=[{"from": "ada", "to": "payroll", "permissions": ["s3:GetObject"]}])
    create(emulator, ACCESS)
    assert [row["id"] for row in look(emulator, emulator.queries()[0].id)["values"]] == ["ada"]
    assert [node.id for node in emulator.tenant.graph.nodes] == ["ada", "payroll"]


def test_a_wrong_seed_is_refused_with_its_place(emulator: VezaEmulator) -> None:
    with pytest.raises(ValueError, match=r"edges\[0\].to.*'payroll'"):
        emulator.seed(nodes=[ADA], edges=[{"from": "ada", "to": "payroll"}])


def test_queries_are_told_with_state_node_types_rows_and_spec(emulator: VezaEmulator) -> None:
    emulator.behave(node_type="S3Bucket", outcome="fail")
    create(emulator, ACCESS)
    create(emulator, {"source_node_types": {"nodes": [{"node_type": "S3Bucket"}]}})
    asked = emulator.queries()
    assert [(query.state, query.node_types) for query in asked] == [
        ("SUCCEEDED", ("OktaUser", "S3Bucket")),
        ("FAILED", ("S3Bucket",)),
    ]
    assert (asked[0].spec, asked[0].rows > 0, asked[1].rows) == (ACCESS, True, 0)


def test_a_running_query_is_an_orphan_and_is_named_with_its_node_types(emulator: VezaEmulator) -> None:
    create(emulator, USERS)
    emulator.behave(duration_seconds=None)
    running = [create(emulator, ACCESS), create(emulator, USERS)]
    with pytest.raises(AssertionError) as failure:
        emulator.assert_no_orphans()
    assert str(failure.value).splitlines() == [
        "2 of 3 queries still run at the tenant:",
        f"- nodes query {running[0]} for OktaUser, S3Bucket: IN_PROGRESS",
        f"- nodes query {running[1]} for OktaUser: IN_PROGRESS",
    ]


def test_a_cancelled_query_is_no_orphan(emulator: VezaEmulator) -> None:
    emulator.behave(duration_seconds=None)
    call(emulator, "query_spec:nodes_async_cancel", {"query_result_id": create(emulator, USERS)})
    emulator.assert_no_orphans()


def test_a_query_at_the_pace_of_ticks_moves_when_it_is_told_to(emulator: VezaEmulator) -> None:
    emulator.behave(pace="tick")
    create(emulator, USERS)
    states = [emulator.queries()[0].state]
    for _ in range(2):
        emulator.tick()
        states.append(emulator.queries()[0].state)
    assert states == ["PENDING", "IN_PROGRESS", "SUCCEEDED"]


def test_a_result_expires_when_the_time_is_moved(emulator: VezaEmulator) -> None:
    query_id = create(emulator, USERS)
    emulator.advance(timedelta(hours=25))
    assert look(emulator, query_id)["status"] == "UNKNOWN"


def test_an_injected_fault_meets_the_next_matching_requests(emulator: VezaEmulator) -> None:
    emulator.inject("status", status=429, headers={"Retry-After": "1"}, times=2, match={"path_suffix": "_get"})
    query = {"query_result_id": create(emulator, USERS)}
    assert [call(emulator, "query_spec:nodes_async_get", query).status_code for _ in range(3)] == [429, 429, 200]


def test_a_switch_is_set_until_it_is_set_again(emulator: VezaEmulator) -> None:
    emulator.vary(lost_query="not_found")
    emulator.vary(running_status="RUNNING")
    assert call(emulator, "query_spec:nodes_async_get", {"query_result_id": "lost"}).status_code == 404


@pytest.mark.parametrize(
    ("misspelt", "field"),
    [
        (lambda emulator: emulator.inject("explode"), "kind"),
        (lambda emulator: emulator.inject("status", tmies=2), "tmies"),
        (lambda emulator: emulator.inject("status", match={"suffix": "x"}), "match.suffix"),
        (lambda emulator: emulator.behave(duration=3), "duration"),
        (lambda emulator: emulator.vary(lost_query="vanished"), "lost_query"),
    ],
)
def test_what_is_misspelt_is_refused_by_its_name(emulator: VezaEmulator, misspelt: Any, field: str) -> None:
    with pytest.raises(ValueError, match=f"^{field}: "):
        misspelt(emulator)
    assert (emulator.tenant.faults.pending(), emulator.tenant.variants) == ([], emulator.tenant.settings.variants)
