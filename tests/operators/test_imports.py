"""A DAG file pays for Airflow, for what is checked while it is parsed, and for nothing that only a running task needs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from airflow_provider_veza.get_provider_info import get_provider_info

ONLY_WHEN_A_TASK_RUNS = (
    "aiohttp",
    "duckdb",
    "elastic_transport",
    "elasticsearch",
    "msgspec",
    "opentelemetry",
    "pyarrow",
    "requests",
    "urllib3",
    "airflow_provider_veza.hooks",
    "airflow_provider_veza.lineage",
    "airflow_provider_veza.ownership.asking",
    "airflow_provider_veza.ownership.records",
    "airflow_provider_veza.ownership.sweep",
    "airflow_provider_veza.results.folder",
    "airflow_provider_veza.results.formats",
    "airflow_provider_veza.results.manifest",
    "airflow_provider_veza.transport",
    "airflow_provider_veza.triggers",
)
NAME_WHAT_IS_LOADED = """
import sys
from importlib import import_module
from airflow.providers.common.compat.sdk import BaseSensorOperator, DecoratedOperator, task_decorator_factory
before = set(sys.modules)
for name in {ours}:
    import_module(name)
print("LOADED", *(name for name in {heavy} if name in sys.modules and name not in before))
"""


def test_what_a_dag_file_imports_of_us_loads_no_client_no_table_library_and_nothing_that_only_tasks_use(
    tmp_path: Path,
) -> None:
    info = get_provider_info()
    ours = [name for kind in ("operators", "sensors") for section in info[kind] for name in section["python-modules"]]
    ours += [decorator["class-name"].rpartition(".")[0] for decorator in info["task-decorators"]]
    assert len(ours) > 6
    script = NAME_WHAT_IS_LOADED.format(ours=ours, heavy=ONLY_WHEN_A_TASK_RUNS)
    environment = {**os.environ, "AIRFLOW_HOME": str(tmp_path)}
    asked = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=600, check=True
    )

    assert next(line for line in asked.stdout.splitlines() if line.startswith("LOADED")) == "LOADED"
