"""A DAG file that uses ES|QL pays for Airflow and for nothing that only a running task needs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

OURS = ("airflow_provider_veza.operators.esql", "airflow_provider_veza.sensors.esql")
HEAVY = ("elasticsearch", "elastic_transport", "aiohttp", "pyarrow")
NAME_WHAT_IS_LOADED = """
import sys
from airflow.providers.common.compat.sdk import BaseOperator, BaseSensorOperator
before = set(sys.modules)
import {module}
print("LOADED", *(name for name in {heavy} if name in sys.modules and name not in before))
"""


@pytest.mark.parametrize("module", OURS)
def test_its_import_loads_no_client_and_no_table_library(module: str, tmp_path: Path) -> None:
    script = NAME_WHAT_IS_LOADED.format(module=module, heavy=HEAVY)
    environment = {**os.environ, "AIRFLOW_HOME": str(tmp_path)}
    asked = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=120, check=True
    )

    assert next(line for line in asked.stdout.splitlines() if line.startswith("LOADED")) == "LOADED"
