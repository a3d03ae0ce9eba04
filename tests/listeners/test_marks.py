"""Marks are heard in the API server only, in whatever way Airflow tells them, and nothing is raised into it."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import pluggy
import pytest

from airflow_provider_veza.async_query.identity import TaskIdentity
from airflow_provider_veza.listeners import marks
from airflow_provider_veza.listeners.background import Background
from airflow_provider_veza.ownership.airflow_versions import HAS_TASK_SDK
from airflow_provider_veza.ownership.marked import Mark, MarkedRun, MarkedTask
from airflow_provider_veza.plugin import configured_listeners

TASK = SimpleNamespace(dag_id="access", task_id="ask", run_id="manual__1", map_index=2)
RUN = SimpleNamespace(dag_id="access", run_id="manual__1")
MARKED_TASK = MarkedTask(TaskIdentity("access", "ask", "manual__1", 2))
MARKED_RUN = MarkedRun("access", "manual__1")


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[Mark]:
    """Work off marks by noting them."""
    noted: list[Mark] = []
    monkeypatch.setattr(marks, "BACKGROUND", Background(noted.append, "noting"))
    return noted


@pytest.fixture
def api_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "airflow.api_fastapi.main", ModuleType("main"))


@pytest.mark.usefixtures("api_server")
@pytest.mark.parametrize(
    ("event", "told", "mark"),
    [
        ("on_task_instance_failed", {"previous_state": None, "task_instance": TASK, "error": "marked"}, MARKED_TASK),
        ("on_task_instance_success", {"previous_state": None, "task_instance": TASK}, MARKED_TASK),
        ("on_dag_run_failed", {"dag_run": RUN, "msg": ""}, MARKED_RUN),
        ("on_dag_run_success", {"dag_run": RUN, "msg": ""}, MARKED_RUN),
    ],
)
def test_a_mark_that_airflow_tells_is_heard(heard: list[Mark], event: str, told: dict[str, object], mark: Mark) -> None:
    airflow = pluggy.PluginManager("airflow")
    airflow.register(marks)

    getattr(airflow.hook, event)(**told)
    marks.BACKGROUND.join()

    assert heard == [mark]


@pytest.mark.parametrize("state", ["failed", "up_for_retry"])
def test_a_task_that_airflow_itself_has_failed_for_good_is_heard(
    heard: list[Mark], monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    monkeypatch.setattr(marks, "cancel_marked", heard.append)
    lost = type("TaskInstance", (), {"__module__": "airflow.models.taskinstance", **vars(TASK), "state": state})()
    marks.on_task_instance_failed(lost)
    marks.BACKGROUND.join()

    assert heard == ([MarkedTask(MARKED_TASK.identity, is_over=not HAS_TASK_SDK)] if state == "failed" else [])


def test_the_end_of_a_task_in_a_worker_or_scheduler_is_not_taken_for_a_mark(heard: list[Mark]) -> None:
    marks.on_task_instance_failed(TASK)
    marks.on_task_instance_success(TASK)
    marks.on_dag_run_failed(RUN)
    marks.BACKGROUND.join()

    assert heard == []


@pytest.mark.usefixtures("api_server")
def test_a_mark_too_many_is_left_to_the_sweep_with_a_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    full = Background(lambda _: None, "full")
    monkeypatch.setattr(full, "take", lambda _: False)
    monkeypatch.setattr(marks, "BACKGROUND", full)

    marks.on_task_instance_failed(TASK)

    assert "the queries of access.ask[2] of run manual__1 are left to" in caplog.text


def test_nothing_is_registered_unless_it_is_switched_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__VEZA__RECORD_PATH", "/records")

    assert configured_listeners() == []


def test_switched_on_it_is_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__VEZA__RECORD_PATH", "/records")
    monkeypatch.setenv("AIRFLOW__VEZA__CANCEL_ON_MARKED", "True")

    assert configured_listeners() == [marks]


def test_without_a_record_path_it_is_of_no_use_and_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AIRFLOW__VEZA__CANCEL_ON_MARKED", "True")

    assert configured_listeners() == []
    assert "no effect without [veza] record_path" in caplog.text
