"""The fixture `veza_emulator` in a pytest of its own, as users run it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ASKS_FOR_ITS_CONNECTION = """
import os, requests

def test_one(veza_emulator):
    assert os.environ["AIRFLOW_CONN_VEZA_DEFAULT"] == veza_emulator.connection_uri
    assert requests.get(f"{veza_emulator.url}/_emulator/health").json()["nodes"] == 1000
    veza_emulator.vary(lost_query="not_found")

def test_another_starts_anew(veza_emulator):
    assert veza_emulator.tenant.variants.lost_query == "status_unknown"
    assert os.environ["AIRFLOW_CONN_VEZA_DEFAULT"] == veza_emulator.connection_uri

def test_without_the_fixture_there_is_no_connection():
    assert "AIRFLOW_CONN_VEZA_DEFAULT" not in os.environ
"""

WITH_MARKER = """
import pytest

@pytest.mark.veza_emulator(size=200, api_key="own")
def test_settings(veza_emulator):
    assert (len(veza_emulator.tenant.graph.nodes), veza_emulator.api_key) == (200, "own")
"""

WITH_WRONG_MARKER = WITH_MARKER.replace("size=", "syze=")


def pytest_of(folder: Path, content: str) -> tuple[int, str]:
    """Run a pytest on one file; return its status and what it printed."""
    (folder / "test_it.py").write_text(content)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW_CONN_")}
    command = [sys.executable, "-m", "pytest", "--strict-markers", "-q", "-p", "no:cacheprovider", "."]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_each_test_gets_a_tenant_of_its_own_as_the_default_connection(tmp_path: Path) -> None:
    status, output = pytest_of(tmp_path, ASKS_FOR_ITS_CONNECTION)
    assert status == 0, output


def test_a_marker_sets_what_the_tenant_is_started_with(tmp_path: Path) -> None:
    status, output = pytest_of(tmp_path, WITH_MARKER)
    assert status == 0, output


def test_a_misspelt_setting_is_named(tmp_path: Path) -> None:
    status, output = pytest_of(tmp_path, WITH_WRONG_MARKER)
    assert status == 1
    assert "unexpected keyword argument 'syze'" in output


def imported(module: str, of: set[str]) -> str:
    code = f"import sys, {module}; print(sorted({of} & set(sys.modules)))"
    return subprocess.check_output([sys.executable, "-c", code], text=True, timeout=60).strip()


def test_the_plugin_costs_nothing_until_the_fixture_is_used() -> None:
    heavy = {"airflow", "numpy", "requests", "rustworkx", "starlette", "uvicorn"}
    assert imported("veza_emulator.pytest_plugin", heavy) == "[]"


def test_the_emulator_needs_neither_airflow_nor_its_provider() -> None:
    assert imported("veza_emulator.__main__, veza_emulator.emulator", {"airflow", "airflow_provider_veza"}) == "[]"
