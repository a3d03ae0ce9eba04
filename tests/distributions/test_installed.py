"""Both distributions in fresh environments, from wheels built here: until they are published, only that shows they install."""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from distributions.conftest import ROOT, Built, Uv

LOCKED = ROOT / "requirements" / "airflow-3.3.txt"
FEW = 30
"""Distributions that an author of a connector may come to have; Airflow would bring hundreds."""

ASKS_THE_TENANT = """
import os, urllib.request

def test_it(veza_emulator):
    assert os.environ["AIRFLOW_CONN_VEZA_DEFAULT"] == veza_emulator.connection_uri
    assert urllib.request.urlopen(f"{veza_emulator.url}/_emulator/health").status == 200
"""


@dataclass(frozen=True)
class Environment:
    """A virtual environment with nothing but what was asked for."""

    folder: Path
    uv: Uv

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def install(self, *arguments: str | Path) -> None:
        self.uv.run("pip", "install", "--quiet", "--python", self.python, *arguments)

    def call(self, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.python), *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            cwd=cwd or self.folder,
            env={name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "AIRFLOW_CONN_"))},
        )

    def first_line(self, *arguments: str) -> str:
        """Run a command until it has printed a line, and end it by a signal."""
        with subprocess.Popen(
            [str(self.python), *arguments], stdout=subprocess.PIPE, text=True, cwd=self.folder
        ) as process:
            assert process.stdout is not None
            line = process.stdout.readline()
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=30) == 0
        return line


def fresh(uv: Uv, folder: Path) -> Environment:
    uv.run("venv", "--quiet", folder)
    return Environment(folder, uv)


@pytest.fixture(scope="module")
def emulator_alone(uv: Uv, built: Built, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = fresh(uv, tmp_path_factory.mktemp("emulator") / "venv")
    environment.install("--find-links", built.folder, "--constraint", LOCKED, "veza-emulator", "pytest")
    return environment


@pytest.fixture(scope="module")
def provider_with_extra(uv: Uv, built: Built, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = fresh(uv, tmp_path_factory.mktemp("extra") / "venv")
    wanted = ["airflow-provider-veza[emulator]", "pytest"]
    environment.install("--find-links", built.folder, "--constraint", LOCKED, *wanted)
    return environment


@pytest.fixture(scope="module")
def provider_alone(uv: Uv, built: Built, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = fresh(uv, tmp_path_factory.mktemp("provider") / "venv")
    environment.install("--no-deps", built.wheel("airflow_provider_veza"))
    return environment


def test_the_emulator_installs_without_airflow_and_serves(emulator_alone: Environment) -> None:
    listed = subprocess.check_output(
        [emulator_alone.uv.path, "pip", "list", "--python", emulator_alone.python, "--format", "freeze"], text=True
    ).splitlines()
    assert len(listed) < FEW, listed
    assert not [name for name in listed if "airflow" in name]
    assert emulator_alone.first_line("-m", "veza_emulator", "--size", "100").startswith("listening on http://127.")


@pytest.mark.parametrize(
    "command", [("airflow_provider_veza", "emulator"), ("airflow_provider_veza.emulator",), ("veza_emulator",)], ids=str
)
def test_the_extra_brings_the_emulator_by_every_name_of_its_command(
    provider_with_extra: Environment, command: tuple[str, ...]
) -> None:
    line = provider_with_extra.first_line("-m", *command, "--size", "100")
    assert line.startswith("listening on http://127.")


@pytest.mark.parametrize("plugin", [(), ("-p", "airflow_provider_veza.emulator.pytest_plugin")], ids=str)
def test_the_extra_brings_the_fixture(
    provider_with_extra: Environment, tmp_path: Path, plugin: tuple[str, ...]
) -> None:
    (tmp_path / "test_it.py").write_text(ASKS_THE_TENANT)
    done = provider_with_extra.call("-m", "pytest", "-q", "-p", "no:cacheprovider", *plugin, ".", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_fixture_needs_no_airflow(emulator_alone: Environment, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(ASKS_THE_TENANT)
    done = emulator_alone.call("-m", "pytest", "-q", "-p", "no:cacheprovider", ".", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "command", [("airflow_provider_veza", "emulator"), ("airflow_provider_veza.emulator",)], ids=str
)
def test_without_the_extra_one_line_says_what_to_install(provider_alone: Environment, command: tuple[str, ...]) -> None:
    done = provider_alone.call("-m", *command)
    assert done.returncode == 1
    assert "pip install 'airflow-provider-veza[emulator]'" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("module", ["tenant_file", "pytest_plugin"])
def test_without_the_extra_an_import_of_an_old_path_says_what_to_install(
    provider_alone: Environment, module: str
) -> None:
    done = provider_alone.call("-c", f"import airflow_provider_veza.emulator.{module}")
    assert done.stderr.splitlines()[-1] == (
        "ModuleNotFoundError: the emulated tenant is not installed: pip install 'airflow-provider-veza[emulator]' "
        "(the extra `emulator`)"
    )
