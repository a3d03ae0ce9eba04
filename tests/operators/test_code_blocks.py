"""Every Python block of README and docs runs as it stands, and the first one of README gives rows against the demo tenant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import DAG, task

from airflow_provider_veza.operators.drift import VezaAccessDriftOperator
from airflow_provider_veza.operators.esql import EsqlQueryOperator
from airflow_provider_veza.operators.query import VezaQueryOperator
from support.served_tenant import AT_ONCE, PAYROLL_ACCESS, connect
from support.task_run import TaskRun
from veza_emulator.http.server import running_tenant
from veza_emulator.tenant.settings import TenantSettings
from veza_emulator.tenant.tenant import Tenant

ROOT = Path(__file__).parents[2]
RUN_ELSEWHERE = {"testing_your_dags.md", "engines.md"}
"""Run by test_pytest_plugin.py, in a pytest of its own, and by tests/engines, where the engines are."""
PAGES = [ROOT / "README.md", *sorted(p for p in (ROOT / "docs").rglob("*.md") if p.name not in RUN_ELSEWHERE)]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
BLOCKS = {f"{page.name} {n}": block for page in PAGES for n, block in enumerate(BLOCK.findall(page.read_text("utf-8")))}
LAKE = "s3://aws_default@lake"
LANDED = "2026-11-22"


def run(code: str, known: dict[str, Any]) -> None:
    """Run a block within a DAG, so that its operators, and the tasks that it calls, belong to one."""
    with DAG("documented", schedule=None):
        exec(compile(code, "block", "exec"), known)


def operators_of(dag: Any) -> Mapping[str, Any]:
    return {one.task_id: one for one in dag.tasks}


def test_the_first_snippet_of_readme_gives_rows_against_the_demo_tenant(monkeypatch: pytest.MonkeyPatch) -> None:
    first = BLOCKS["README.md 0"].rpartition("\n\n\n")[0]
    with running_tenant(Tenant(TenantSettings())) as served:
        served.tenant.set_behaviour(AT_ONCE)
        connect(monkeypatch, served)
        monkeypatch.setenv("AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL", "0")
        known: dict[str, Any] = {}
        exec(compile(first, "README.md", "exec"), known)
        asked = operators_of(known["access_to_payroll"]())["who_can_reach_the_bucket"]
        rows = TaskRun(lambda: asked).execute()

    assert asked.deferrable
    assert {row["destination"]["properties"]["name"] for row in rows} == {"acme-payroll-exports"}
    assert len(rows) == 12, "README says twelve"


@pytest.mark.parametrize("code", BLOCKS.values(), ids=BLOCKS)
def test_a_block_runs(code: str, tenant: Tenant, tmp_path: Path) -> None:
    tenant.set_behaviour(AT_ONCE)
    lake = tmp_path.as_uri()
    land = VezaQueryOperator(
        task_id="land", query_spec=PAYROLL_ACCESS, output_path=f"{lake}/access/{LANDED}", output_format="parquet"
    )
    assert TaskRun(lambda: land).execute()["rows"]
    known = {
        "VezaQueryOperator": VezaQueryOperator,
        "VezaAccessDriftOperator": VezaAccessDriftOperator,
        "EsqlQueryOperator": EsqlQueryOperator,
        "access": SimpleNamespace(output=land.output),
        "spec": PAYROLL_ACCESS,
        "specs": [PAYROLL_ACCESS],
        "task": task,
    }

    run(code.replace(LAKE, lake), known)
