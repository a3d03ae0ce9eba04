"""The emulated tenant beside the provider: its connection, the example of the documents, the module paths that forward to it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from airflow_provider_veza.hooks.veza import VezaHook
from veza_emulator import pytest_plugin as real_plugin
from veza_emulator.emulator import emulator_of
from veza_emulator.tenant import tenant_file as real_tenant_file

DOCUMENT = Path(__file__).parents[1] / "docs" / "testing_your_dags.md"

NAMED_FILE = re.compile(r"```python\n# ([\w/]+\.py)(?:, on Airflow ([\d.]+) only)?\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("key", ["emulator-key", "k1/+=@:?#%&"])
def test_the_connection_uri_is_one_that_the_hook_takes(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with emulator_of(size=100, api_key=key) as emulator:
        monkeypatch.setenv("AIRFLOW_CONN_ANY_NAME", emulator.connection_uri)
        assert VezaHook(veza_conn_id="any_name").test_connection()[0]


def test_the_documented_example_passes_as_it_is_documented(tmp_path: Path) -> None:
    document = DOCUMENT.read_text()
    for name, only_on, code in NAMED_FILE.findall(document):
        if version("apache-airflow").startswith(only_on):
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(code)
    _, commands = re.findall(r"```sh\n(.*?)```", document, re.DOTALL)
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", "-e"],
        input=commands,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_the_old_module_paths_give_what_the_emulator_gives() -> None:
    from airflow_provider_veza.emulator import pytest_plugin, tenant_file

    assert pytest_plugin.veza_emulator is real_plugin.veza_emulator
    assert tenant_file.read_tenant_file is real_tenant_file.read_tenant_file
