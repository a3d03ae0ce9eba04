"""VezaListSavedQueriesOperator: which of the tenant's saved queries it lists, and what tasks are then mapped over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_veza.exceptions import ArgumentError, EmptyResultError
from airflow_provider_veza.operators.query import VezaQueryOperator
from airflow_provider_veza.operators.saved_queries import SAVED_QUERIES_KEY, VezaListSavedQueriesOperator
from support.served_tenant import AT_ONCE, PAYROLL_ACCESS, connect
from support.task_run import TaskRun
from veza_emulator.http.server import RunningTenant

Save = Callable[..., str]


@pytest.fixture
def save(running: RunningTenant) -> Save:
    """Save a query and return its id."""

    def saved(name: str, labels: list[str] | None = None) -> str:
        answer = requests.post(
            f"{running.url}/api/v1/assessments/queries",
            json={"name": name, "labels": labels or [], **PAYROLL_ACCESS},
            headers={"Authorization": f"Bearer {running.api_key}"},
            timeout=30,
        )
        answer.raise_for_status()
        return str(answer.json()["value"]["id"])

    return saved


def listing(**arguments: Any) -> TaskRun:
    return TaskRun(lambda: VezaListSavedQueriesOperator(task_id="list", **arguments))


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({}, ["Dormant (all)", "SOX admins", "sox: payroll"]),
        ({"name_pattern": "SOX*"}, ["SOX admins", "sox: payroll"]),
        ({"name_pattern": "sox ????ns"}, ["SOX admins"]),
        ({"labels": ["SOX"]}, ["SOX admins", "sox: payroll"]),
        ({"labels": ["SOX", "payroll"]}, ["sox: payroll"]),
        ({"labels": ["SOX"], "name_pattern": "*admins"}, ["SOX admins"]),
    ],
    ids=str,
)
def test_names_and_labels_say_which_queries_are_listed(save: Save, wanted: dict[str, Any], names: list[str]) -> None:
    saved = {
        save("sox: payroll", ["SOX", "payroll"]): "sox: payroll",
        save("SOX admins", ["SOX"]): "SOX admins",
        save("Dormant (all)"): "Dormant (all)",
    }
    run = listing(**wanted)

    listed = run.execute()

    assert [saved[one["saved_query_id"]] for one in listed] == names
    assert sorted(run.xcom[SAVED_QUERIES_KEY].values()) == sorted(names)


def test_each_listed_query_is_landed_in_a_folder_of_its_own_by_a_mapped_task(
    running: RunningTenant, save: Save, tmp_path: Any
) -> None:
    running.tenant.set_behaviour(AT_ONCE)
    save("SOX: who / what?")
    save("Payroll")

    for one in listing(output_path_pattern=f"{tmp_path}/{{name}}/2026-11-22").execute():
        TaskRun(lambda found=one: VezaQueryOperator(task_id="land", **found)).execute()

    assert sorted(found.parent.parent.name for found in tmp_path.rglob("_manifest.json")) == ["Payroll", "SOX-who-what"]


def test_two_names_that_are_alike_do_not_share_a_folder(save: Save, tmp_path: Any) -> None:
    save("SOX / a")
    save("SOX : a")

    with pytest.raises(AirflowFailException, match="would land in one folder"):
        listing(output_path_pattern=f"{tmp_path}/{{name}}").execute()
    assert len(listing(output_path_pattern=f"{tmp_path}/{{id}}").execute()) == 2


def test_a_folder_that_all_would_share_is_refused_while_the_dag_is_parsed() -> None:
    with pytest.raises(ArgumentError, match=r"output_path_pattern must have {id} or {name} in it"):
        VezaListSavedQueriesOperator(task_id="list", output_path_pattern="s3://lake/sox")


def test_nothing_found_is_an_error_unless_it_may_be(save: Save) -> None:
    save("Payroll")

    with pytest.raises(EmptyResultError, match="No saved query"):
        listing(name_pattern="SOX*").execute()
    assert listing(name_pattern="SOX*", fail_on_empty=False).execute() == []


def test_a_tenant_that_does_not_say_whose_queries_are_is_an_error_and_never_none(save: Save) -> None:
    save("Payroll")

    with pytest.raises(Exception, match="does not say whose a saved query is.*'name'"):
        listing(created_by="auditor@acme.example").execute()


def test_the_field_that_says_whose_a_query_is_can_be_named(
    running: RunningTenant, save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(monkeypatch, running, saved_query_owner_field="name")
    save("Payroll")
    save("SOX")

    run = listing(created_by="Payroll")
    run.execute()
    assert list(run.xcom[SAVED_QUERIES_KEY].values()) == ["Payroll"]


def test_more_queries_than_airflow_maps_over_are_refused_with_the_number(
    save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__MAX_MAP_LENGTH", "1")
    save("one")
    save("two")

    with pytest.raises(AirflowFailException, match="2 saved queries are meant, and Airflow maps over 1 at most"):
        listing().execute()
