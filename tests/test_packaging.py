"""The wheel: the package and nothing else, with what a typed and licensed distribution needs."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path
from zipfile import ZipFile

import pytest

import airflow_provider_veza

ROOT = Path(__file__).parent.parent
DIST_INFO = f"airflow_provider_veza-{airflow_provider_veza.__version__}.dist-info"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZipFile]:
    folder = tmp_path_factory.mktemp("wheel")
    uv = shutil.which("uv", path=os.pathsep.join([str(ROOT / ".venv/tools/bin"), os.environ["PATH"]]))
    assert uv, "uv is missing; `make .venv/tools/installed` brings it"
    subprocess.run([uv, "build", "--quiet", "--wheel", "--out-dir", folder, ROOT], check=True, timeout=120)
    with ZipFile(next(folder.glob("*.whl"))) as archive:
        yield archive


def test_the_wheel_holds_this_package_and_no_part_of_airflow(wheel: ZipFile) -> None:
    assert {name.partition("/")[0] for name in wheel.namelist()} == {"airflow_provider_veza", DIST_INFO}


def test_every_module_of_the_package_is_in_the_wheel(wheel: ZipFile) -> None:
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "airflow_provider_veza").rglob("*.py")}

    assert modules == {name for name in wheel.namelist() if name.endswith(".py")}


@pytest.mark.parametrize("name", ["index.html", "page.css", "page.js"])
def test_the_emulators_page_is_in_the_wheel(wheel: ZipFile, name: str) -> None:
    assert f"airflow_provider_veza/emulator/page/{name}" in wheel.namelist()


@pytest.mark.parametrize("name", ["airflow_provider_veza/py.typed", f"{DIST_INFO}/licenses/LICENSE"])
def test_the_wheel_is_typed_and_licensed(wheel: ZipFile, name: str) -> None:
    assert name in wheel.namelist()


def test_the_metadata_name_the_license_and_the_supported_versions(wheel: ZipFile) -> None:
    metadata = message_from_bytes(wheel.read(f"{DIST_INFO}/METADATA"))

    assert metadata["Version"] == airflow_provider_veza.__version__
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.11"
    assert "apache-airflow!=3.0.*,!=3.1.*,>=2.11" in metadata.get_all("Requires-Dist", [])


def test_airflow_finds_the_provider_by_its_entry_point(wheel: ZipFile) -> None:
    found = wheel.read(f"{DIST_INFO}/entry_points.txt").decode()

    assert (
        "[apache_airflow_provider]\nprovider_info = airflow_provider_veza.get_provider_info:get_provider_info" in found
    )


def test_pytest_finds_the_fixture_by_its_entry_point(wheel: ZipFile) -> None:
    found = wheel.read(f"{DIST_INFO}/entry_points.txt").decode()

    assert "[pytest11]\nveza_emulator = airflow_provider_veza.emulator.pytest_plugin" in found
