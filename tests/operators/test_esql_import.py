"""A DAG file that uses ES|QL pays for Airflow and for nothing that only a running task needs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

OURS = ("airflow_provider_veza.operators.esql", "airflow_provider_veza.sensors.esql")
HEAVY = ("elasticsearch", "elastic_transport", "aiohttp", "pyarrow")
NAME_WHAT_IS_LOADED = """
import sys
from importlib import import_module
from airflow.providers.common.compat.sdk import BaseOperator, BaseSensorOperator
before = set(sys.modules)
for module in {modules}:
    import_module(module)
    print("LOADED", module, *(name for name in {heavy} if name in sys.modules and name not in before))
"""


def test_its_import_loads_no_client_and_no_table_library(tmp_path: Path) -> None:
    script = NAME_WHAT_IS_LOADED.format(modules=OURS, heavy=HEAVY)
    environment = {**os.environ, "AIRFLOW_HOME": str(tmp_path)}
    asked = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=600, check=True
    )

    loaded = [line for line in asked.stdout.splitlines() if line.startswith("LOADED")]
    assert loaded == [f"LOADED {module}" for module in OURS]
