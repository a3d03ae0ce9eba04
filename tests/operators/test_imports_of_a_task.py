"""A task that runs pays for the libraries that its own arguments call for, when it uses them, and for no others."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from airflow_provider_veza.ownership.airflow_versions import HAS_TASK_STATE_STORE
from support.served_tenant import AT_ONCE
from veza_emulator.http.server import RunningTenant

RUN_ONE_AFTER_ANOTHER = """
import sys
from support.served_tenant import PAYROLL_ACCESS
from support.task_run import TaskRun
from airflow_provider_veza.operators.query import VezaQueryOperator
heavy = {heavy}
before = set(sys.modules)
for name, arguments in {tasks}.items():
    run = TaskRun(lambda: VezaQueryOperator(task_id="ask", query_spec=PAYROLL_ACCESS, deferrable=False, **arguments))
    run.loses_success = True
    run.execute()
    print("LOADED", name, *sorted(one for one in heavy if one in sys.modules and one not in before))
    before |= set(sys.modules)
"""
HEAVY = ("aiohttp", "duckdb", "elastic_transport", "elasticsearch", "pandas", "polars", "pyarrow", "requests")


@pytest.mark.skipif(not HAS_TASK_STATE_STORE, reason="Before 3.3 Airflow loads pandas and pyarrow itself.")
def test_each_task_loads_what_it_uses(running: RunningTenant, tmp_path: Path) -> None:
    running.tenant.set_behaviour(AT_ONCE)
    tasks = {
        "XCom": {},
        "JSONL": {"output_path": f"{tmp_path}/jsonl"},
        "CSV": {"output_path": f"{tmp_path}/csv", "output_format": "csv", "compression": "gzip"},
        "Parquet": {"output_path": f"{tmp_path}/parquet", "output_format": "parquet"},
    }
    script = RUN_ONE_AFTER_ANOTHER.format(heavy=HEAVY, tasks=tasks)
    environment = {**os.environ, "AIRFLOW_HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=600, check=False
    )

    assert ran.returncode == 0, ran.stderr
    assert [line.split()[1:] for line in ran.stdout.splitlines() if line.startswith("LOADED")] == [
        ["XCom", "requests"],
        ["JSONL", "aiohttp"],
        ["CSV"],
        ["Parquet", "pyarrow"],
    ]
