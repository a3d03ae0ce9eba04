"""Whatever the package imports is declared in its pyproject.toml, and whatever is declared is imported."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
DISTRIBUTIONS = {"airflow_provider_veza": ROOT, "veza_emulator": ROOT / "veza-emulator"}
MODULES_OF = {
    "aiohttp": {"aiohttp", "yarl", "multidict"},
    "apache-airflow": {"airflow"},
    "apache-airflow-providers-common-compat": {"airflow.providers.common.compat"},
    "elasticsearch": {"elasticsearch", "elastic_transport"},
    "pyyaml": {"yaml"},
    "requests": {"requests", "urllib3", "certifi"},
    "veza-emulator": {"veza_emulator"},
    "zstandard": {"zstandard"},
}
"""What a distribution gives to import where that is not its own name; with what it brings for good."""
AIRFLOW_BRINGS = {
    *(
        "asgiref",
        "fastapi",
        "flask_appbuilder",
        "fsspec",
        "jinja2",
        "opentelemetry",
        "sqlalchemy",
        "starlette",
        "upath",
        "wtforms",
    ),
}
"""Of the Airflow that imports the code which imports these; importing them on another one fails nothing."""
PYTEST_IMPORTS_IT = {"pytest"}
"""The plugin of pytest is imported by pytest alone."""
BY_WHOEVER_HAS_ONE = {"azure", "openlineage", "pandas", "polars"}
"""What results are turned into, what a storage answers with, and what lineage is told in, where the caller has it."""


def imported(package: Path) -> Iterator[str]:
    """Yield the name of every module of others that a package imports."""
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module


def others(name: str) -> set[str]:
    """Return what a package imports that is neither its own nor Python's."""
    own = {name, "__future__", "_typeshed"} | set(sys.stdlib_module_names)
    return {module for module in imported(DISTRIBUTIONS[name] / name) if module.partition(".")[0] not in own}


def declared(name: str) -> set[str]:
    """Return the distributions that a package asks for, its extras included."""
    project: dict[str, Any] = tomllib.loads((DISTRIBUTIONS[name] / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project.get("optional-dependencies", {}).values()
    return {Requirement(text).name for asked in (project["dependencies"], *extras) for text in asked}


def given(distribution: str) -> set[str]:
    return MODULES_OF.get(distribution, {distribution.replace("-", "_")})


def is_below(module: str, name: str) -> bool:
    return module == name or module.startswith(f"{name}.")


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_everything_that_is_imported_is_declared(name: str) -> None:
    allowed = set().union(*map(given, declared(name)), AIRFLOW_BRINGS, PYTEST_IMPORTS_IT, BY_WHOEVER_HAS_ONE)
    assert sorted(m for m in others(name) if not any(is_below(m, one) for one in allowed)) == []


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_everything_that_is_declared_is_imported(name: str) -> None:
    used = others(name)
    assert {
        asked for asked in declared(name) if not any(is_below(m, one) for m in used for one in given(asked))
    } == set()


LOCKED_FOR_THE_PACKAGE = ("airflow-2.11", "airflow-3.2", "airflow-3.3", "lowest")
"""The lock files that are made of pyproject.toml."""


@pytest.mark.parametrize("lock", LOCKED_FOR_THE_PACKAGE)
def test_each_lock_file_was_made_after_the_last_of_its_dependencies_was_declared(lock: str) -> None:
    """`make lock` notes for whom it pinned a version; what was declared since stands there for others only, or not at all."""
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    entries = re.split(r"^(?=\w)", text, flags=re.MULTILINE)
    for_us = {Requirement(one.split(" ")[0]).name for one in entries[1:] if "airflow-provider-veza (pyproject" in one}
    assert declared("airflow_provider_veza") - {"veza-emulator"} - for_us == set()
