"""A release is made by a workflow that holds no key, pins what it uses, and checks that tag, versions and addresses agree."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from airflow_provider_veza import __version__
from airflow_provider_veza.get_provider_info import get_provider_info
from tools.release import disagreements
from tools.sbom import IncompleteError, completed

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PROJECT = (ROOT / "pyproject.toml").read_text("utf-8")
SOURCE = re.findall(r'^Source = "(.+)"$', PROJECT, re.MULTILINE)[0]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


def steps(workflow: Path) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Return each step of a workflow, with the name of its job and the job."""
    jobs = yaml.safe_load(workflow.read_text("utf-8"))["jobs"]
    return [(name, job, step) for name, job in jobs.items() for step in job["steps"]]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a copy of what a release looks at, as it is on the day of the release."""
    for name in ("airflow_provider_veza/__init__.py", "veza-emulator/veza_emulator/__init__.py", "pyproject.toml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n## {__version__} - 2026-12-01\n")
    return tmp_path


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_what_a_workflow_uses_is_pinned_to_a_commit_and_says_its_version(workflow: Path) -> None:
    uses = re.findall(r"uses: (.*)", workflow.read_text("utf-8"))
    assert uses
    assert [use for use in uses if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v[\d.]+", use)] == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_gives_nothing_but_what_each_job_names_and_reads_no_secret(workflow: Path) -> None:
    text = workflow.read_text("utf-8")
    assert yaml.safe_load(text)["permissions"] == {}
    assert "secrets." not in text
    assert all("permissions" in job for _, job, _ in steps(workflow))


def test_the_job_that_publishes_builds_nothing_and_the_one_that_builds_cannot_publish() -> None:
    found = steps(ROOT / ".github" / "workflows" / "release.yml")
    assert {name: job["permissions"] for name, job, _ in found} == {
        "build": {"contents": "read"},
        "publish": {"id-token": "write"},
    }
    assert [step for name, _, step in found if name == "publish" and "run" in step] == []


def test_nothing_that_a_stranger_names_becomes_a_command() -> None:
    assert [step["run"] for path in WORKFLOWS for _, _, step in steps(path) if "${{" in step.get("run", "")] == []


def test_a_release_of_the_version_by_the_named_repository_may_be_published(repository: Path) -> None:
    assert list(disagreements(repository, f"v{__version__}", SOURCE)) == []


@pytest.mark.parametrize(
    ("tag", "address", "changelog", "wrong"),
    [
        ("v9.9.9", SOURCE, "## 9.9.9 - 2026-12-01", "veza_emulator/__init__.py"),
        (f"v{__version__}", "https://github.com/a/fork", f"## {__version__} - 2026-12-01", "a/fork publishes"),
        (f"v{__version__}", SOURCE, f"## {__version__} - unreleased", "no heading"),
    ],
)
def test_what_does_not_agree_is_named(repository: Path, tag: str, address: str, changelog: str, wrong: str) -> None:
    (repository / "CHANGELOG.md").write_text(changelog)
    assert wrong in "\n".join(disagreements(repository, tag, address))


def listed(*names: str) -> dict[str, Any]:
    """Return what cyclonedx-py makes of a lock file."""
    components = [{"bom-ref": f"line-{n}", "name": name, "version": "1"} for n, name in enumerate(names)]
    root = {"bom-ref": "root-component", "name": "provider", "type": "library"}
    refs = [{"ref": component["bom-ref"]} for component in (root, *components)]
    return {"metadata": {"component": root}, "components": components, "dependencies": refs}


ASKING = {
    "name": "provider",
    "dependencies": ["PyYAML>=6", "requests>=2.32"],
    "optional-dependencies": {"search": ["elastic_search[async]>=8,<10"], "other": ["absent"]},
}


def test_the_list_of_an_installation_says_of_which_version_it_is_and_what_that_asks_for() -> None:
    bom = completed(listed("certifi", "requests", "pyyaml", "elastic-search"), ASKING, "1.2", ["search"])

    root = bom["metadata"]["component"]
    assert (root["version"], root["purl"]) == ("1.2", "pkg:pypi/provider@1.2")
    assert bom["dependencies"][0] == {"ref": "root-component", "dependsOn": ["line-3", "line-2", "line-1"]}
    assert [one["ref"] for one in bom["dependencies"]].count("root-component") == 1
    assert len(bom["dependencies"]) == 5


@pytest.mark.parametrize("names", [(), ("requests",), ("requests", "pyyaml")])
def test_a_list_without_what_the_package_asks_for_is_an_error(names: tuple[str, ...]) -> None:
    with pytest.raises(IncompleteError, match="the list lacks elastic-search"):
        completed(listed(*names), ASKING, "1.2", ["search"])


def test_both_distributions_name_the_same_pythons_and_hold_their_own_code_to_the_same() -> None:
    found = [tomllib.loads(text) for text in (PROJECT, (ROOT / "veza-emulator" / "pyproject.toml").read_text("utf-8"))]
    pythons = [{c for c in one["project"]["classifiers"] if "Python :: 3" in c} for one in found]
    assert pythons[0] == pythons[1]
    emulators = found[1]["tool"]["pytest"]["ini_options"]["filterwarnings"]
    assert {"error::DeprecationWarning:veza_emulator"} == set(emulators)
    assert set(emulators) < set(found[0]["tool"]["pytest"]["ini_options"]["filterwarnings"])


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_a_lock_pins_each_package_with_its_hashes(lock: Path) -> None:
    pins = [line for line in lock.read_text("utf-8").splitlines() if re.match(r"[a-z0-9]", line)]
    assert pins
    assert [pin for pin in pins if not re.search(r"==\S+.* \\$", pin)] == []


@pytest.mark.parametrize("name", ["SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_the_pages_that_a_repository_is_expected_to_have_are_there(name: str) -> None:
    assert (ROOT / name).read_text("utf-8").startswith("# ")


def test_every_address_of_ours_is_below_those_of_the_project() -> None:
    site = re.findall(r'^Documentation = "(.+)"$', PROJECT, re.MULTILINE)[0]
    settings = (ROOT / "docs" / "zensical.toml").read_text("utf-8")
    assert f'site_url = "{site}"' in settings
    assert f'repo_url = "{SOURCE}"' in settings
    assert f"]({SOURCE}/blob/main/" in PROJECT
    emulator = (ROOT / "veza-emulator" / "pyproject.toml").read_text("utf-8")
    assert f'Source = "{SOURCE}"' in emulator
    assert f'Documentation = "{site}' in emulator
    guides = [guide for entry in get_provider_info()["integrations"] for guide in entry["how-to-guide"]]
    assert guides
    assert [guide for guide in guides if not guide.startswith(site)] == []
