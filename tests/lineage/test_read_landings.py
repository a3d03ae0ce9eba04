"""A task of the user's own that reads a landing with ``read_manifest`` has that folder as its input, and none of its files."""

from __future__ import annotations

from pathlib import Path

import pytest
from airflow.providers.common.compat import sdk

from airflow_provider_veza.operators.query import VezaQueryOperator
from airflow_provider_veza.results.reading import read_manifest
from support.served_tenant import AT_ONCE, PAYROLL_ACCESS
from support.task_run import TaskRun
from veza_emulator.tenant.tenant import Tenant


def test_what_is_read_is_told_as_the_folder_that_was_landed(
    tenant: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant.set_behaviour(AT_ONCE)
    TaskRun(
        lambda: VezaQueryOperator(task_id="land", query_spec=PAYROLL_ACCESS, output_path=str(tmp_path / "landed"))
    ).execute()
    collector = sdk.HookLineageCollector()
    monkeypatch.setattr(sdk, "get_hook_lineage_collector", lambda: collector, raising=False)

    assert len(list(read_manifest(str(tmp_path / "landed")))) == 12

    [read] = collector.collected_assets.inputs
    assert read.asset.uri == f"file://{tmp_path}/landed"
    assert collector.collected_assets.outputs == []
