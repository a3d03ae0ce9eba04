"""The wheels hold their package and nothing else, the source distributions all that is needed to work on them."""

from __future__ import annotations

import re
import subprocess
import tarfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from zipfile import ZipFile

import pytest

import airflow_provider_veza
import veza_emulator
from distributions.conftest import ROOT, Built
from tools.docs_site.markdown import slug

PACKAGES = {
    "airflow_provider_veza": ROOT / "airflow_provider_veza",
    "veza_emulator": ROOT / "veza-emulator" / "veza_emulator",
}
VERSIONS = {"airflow_provider_veza": airflow_provider_veza.__version__, "veza_emulator": veza_emulator.__version__}
FORWARDING_LINES = 30


def names(wheel: Path) -> list[str]:
    with ZipFile(wheel) as archive:
        return archive.namelist()


def dist_info(distribution: str) -> str:
    return f"{distribution}-{VERSIONS[distribution]}.dist-info"


def member(built: Built, distribution: str, name: str) -> bytes:
    with ZipFile(built.wheel(distribution)) as archive:
        return archive.read(f"{dist_info(distribution)}/{name}")


def metadata(built: Built, distribution: str) -> Message:
    return message_from_bytes(member(built, distribution, "METADATA"))


def source_names(built: Built, distribution: str) -> set[str]:
    with tarfile.open(built.source(distribution)) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


@pytest.mark.parametrize("distribution", PACKAGES)
def test_a_wheel_holds_its_package_and_no_test(built: Built, distribution: str) -> None:
    assert {name.partition("/")[0] for name in names(built.wheel(distribution))} == {
        distribution,
        dist_info(distribution),
    }


@pytest.mark.parametrize("distribution", PACKAGES)
def test_every_module_of_a_package_is_in_its_wheel(built: Built, distribution: str) -> None:
    package = PACKAGES[distribution]
    modules = {str(path.relative_to(package.parent)) for path in package.rglob("*.py")}

    assert modules == {name for name in names(built.wheel(distribution)) if name.endswith(".py")}


@pytest.mark.parametrize("distribution", PACKAGES)
def test_a_wheel_is_typed_and_licensed(built: Built, distribution: str) -> None:
    needed = {f"{distribution}/py.typed", f"{dist_info(distribution)}/licenses/LICENSE"}

    assert needed <= set(names(built.wheel(distribution)))


@pytest.mark.parametrize("name", ["index.html", "page.css", "page.js"])
def test_the_emulators_page_is_in_its_wheel(built: Built, name: str) -> None:
    assert f"veza_emulator/page/{name}" in names(built.wheel("veza_emulator"))


def test_the_providers_wheel_has_but_modules_that_forward_to_the_emulator() -> None:
    forwarding = (PACKAGES["airflow_provider_veza"] / "emulator").rglob("*.py")

    assert sum(len(path.read_text().splitlines()) for path in forwarding) <= FORWARDING_LINES


@pytest.mark.parametrize(
    ("distribution", "wanted"),
    [
        ("airflow_provider_veza", ["Makefile", "docs/landing.md", "requirements/airflow-3.3.txt", "tools/stage.py"]),
        ("airflow_provider_veza", ["tests/conftest.py", "example_dags/example_veza_saved_query.py"]),
        ("airflow_provider_veza", ["veza-emulator/pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE"]),
        ("airflow_provider_veza", ["docs/zensical.toml", "docs/start.md", "SECURITY.md", "CONTRIBUTING.md"]),
        ("veza_emulator", ["README.md", "LICENSE", "tests/conftest.py", "tests/samples/INDEX.md"]),
    ],
)
def test_a_source_distribution_holds_what_working_on_it_needs(
    built: Built, distribution: str, wanted: list[str]
) -> None:
    assert set(wanted) <= source_names(built, distribution)


@pytest.mark.parametrize("distribution", PACKAGES)
def test_nothing_that_a_run_leaves_behind_is_published(built: Built, distribution: str) -> None:
    left = {name for name in source_names(built, distribution) if "__pycache__" in name or "/." in f"/{name}"}

    assert {name for name in left if not name.startswith(".github")} <= {".gitignore"}


@pytest.mark.parametrize("distribution", PACKAGES)
def test_the_metadata_name_the_license_the_version_and_the_python(built: Built, distribution: str) -> None:
    found = metadata(built, distribution)

    assert found["Version"] == VERSIONS[distribution]
    assert found["License-Expression"] == "Apache-2.0"
    assert found["Requires-Python"] == ">=3.11"


def test_pypi_takes_both_distributions(built: Built) -> None:
    twine = ROOT / ".venv/release/bin/twine"
    assert twine.exists(), "twine is missing; `make .venv/release/installed` brings it"
    checked = subprocess.run(
        [twine, "check", "--strict", *built.folder.glob("*.whl"), *built.folder.glob("*.tar.gz")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
    assert checked.stdout.count("PASSED") == 4


def test_every_link_of_the_page_on_pypi_leads_somewhere_from_there(built: Built) -> None:
    page = metadata(built, "airflow_provider_veza").get_payload()
    anchors = {slug(heading) for heading in re.findall(r"^#+ (.+)$", page, re.MULTILINE)}
    links = set(re.findall(r"\]\(([^)\s]+)\)", page))
    assert {link for link in links if link.startswith("#")} <= anchors
    assert [link for link in links if not link.startswith(("https://", "#"))] == []


def test_the_metadata_have_the_addresses_that_users_look_for(built: Built) -> None:
    urls = [url.partition(", ")[0] for url in metadata(built, "airflow_provider_veza").get_all("Project-URL", [])]
    assert {"Homepage", "Documentation", "Source", "Issues", "Changelog", "Security"} <= set(urls)


def test_the_metadata_name_the_supported_airflows(built: Built) -> None:
    required = metadata(built, "airflow_provider_veza").get_all("Requires-Dist", [])

    assert "apache-airflow!=3.0.*,!=3.1.*,>=2.11" in required
    assert "veza-emulator<0.2,>=0.1.0; extra == 'emulator'" in required


def test_the_emulator_requires_nothing_of_airflow(built: Built) -> None:
    required = metadata(built, "veza_emulator").get_all("Requires-Dist", [])

    assert required
    assert not [name for name in required if "airflow" in name]


def test_airflow_finds_the_provider_by_its_entry_point(built: Built) -> None:
    found = member(built, "airflow_provider_veza", "entry_points.txt").decode()

    assert (
        "[apache_airflow_provider]\nprovider_info = airflow_provider_veza.get_provider_info:get_provider_info" in found
    )


def test_pytest_finds_the_fixture_by_the_emulators_entry_point_alone(built: Built) -> None:
    found = member(built, "veza_emulator", "entry_points.txt").decode()

    assert "[pytest11]\nveza_emulator = veza_emulator.pytest_plugin" in found
    assert "pytest11" not in member(built, "airflow_provider_veza", "entry_points.txt").decode()


def test_the_samples_of_the_emulators_tests_are_those_of_the_providers() -> None:
    theirs, ours = ROOT / "veza-emulator/tests/samples", ROOT / "tests/services/samples"
    copied = {path.name: path.read_text() for path in theirs.glob("*.json")}

    assert copied == {path.name: path.read_text() for path in ours.glob("re*_*.json")}
