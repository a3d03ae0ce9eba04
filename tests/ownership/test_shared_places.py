"""A place on a disk draws one warning where tasks run on several hosts, and only there."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from airflow_provider_veza.operators.query import VezaQueryOperator
from airflow_provider_veza.ownership import shared_places
from airflow_provider_veza.ownership.airflow_versions import executor_is_local
from airflow_provider_veza.ownership.shared_places import warn_of_unshared
from support.served_tenant import AT_ONCE, PAYROLL_ACCESS
from support.task_run import TaskRun
from veza_emulator.tenant.tenant import Tenant

LOG = logging.getLogger("task")


@pytest.fixture
def several_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_places, "executor_is_local", lambda: False)


@pytest.mark.usefixtures("several_hosts")
@pytest.mark.parametrize("place", ["file:///lake/x", "/lake/x", "lake/x", "local:///x"])
def test_a_disk_is_warned_of_where_tasks_run_on_several_hosts(place: str, caplog: pytest.LogCaptureFixture) -> None:
    warn_of_unshared({"[veza] record_path": "s3://b/records", "output_path": place}, LOG)
    [record] = caplog.records
    assert f"output_path={place} on a disk" in record.getMessage()
    assert "record_path" not in record.getMessage()


@pytest.mark.usefixtures("several_hosts")
@pytest.mark.parametrize("place", ["s3://conn@b/x", "gs://b/x", "abfs://c@a/x", "", None])
def test_storage_that_hosts_share_is_fine(place: str | None, caplog: pytest.LogCaptureFixture) -> None:
    warn_of_unshared({"output_path": place}, LOG)
    assert caplog.records == []


def test_on_one_host_a_disk_is_fine(caplog: pytest.LogCaptureFixture) -> None:
    assert executor_is_local()
    warn_of_unshared({"output_path": "file:///lake"}, LOG)
    assert caplog.records == []


@pytest.mark.usefixtures("several_hosts")
def test_a_task_with_two_such_places_is_warned_once(
    tenant: Tenant,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AIRFLOW__VEZA__RECORD_PATH", f"{tmp_path}/records")
    tenant.set_behaviour(AT_ONCE)
    run = TaskRun(lambda: VezaQueryOperator(task_id="ask", query_spec=PAYROLL_ACCESS, output_path=f"{tmp_path}/lake/x"))
    run.execute()
    warning = "runs tasks on several hosts"
    assert {caplog.text.count(warning), capsys.readouterr().out.count(warning)} - {0} == {1}
