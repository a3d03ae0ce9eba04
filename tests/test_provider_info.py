"""What Airflow reads of this package: valid by Airflow's own schema, true of the code, and cheap to ask for."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import airflow
import airflow_provider_veza
from airflow_provider_veza.get_provider_info import get_provider_info

PACKAGE = Path(airflow_provider_veza.__file__).parent
AUTHORS_SEE = re.compile(r"(Veza|Esql)\w+(Operator|Sensor)|(Veza|Esql)Hook|\w+Trigger")

ASK_AND_NAME_WHAT_WAS_LOADED = """
import sys
from airflow_provider_veza.get_provider_info import get_provider_info

get_provider_info()
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def python_modules() -> Iterator[str]:
    info = get_provider_info()
    for section in ("operators", "sensors", "hooks", "triggers"):
        for integration in info[section]:
            yield from integration["python-modules"]


def class_paths() -> Iterator[str]:
    info = get_provider_info()
    yield from (connection["hook-class-name"] for connection in info["connection-types"])
    yield from info["extra-links"]


def test_it_is_valid_by_this_airflows_schema() -> None:
    schema = Path(airflow.__file__).parent / "provider_info.schema.json"

    jsonschema.validate(get_provider_info(), json.loads(schema.read_text()))


def test_it_is_what_the_entry_point_gives() -> None:
    found = entry_points(group="apache_airflow_provider", name="provider_info")

    assert get_provider_info in [entry.load() for entry in found]


def test_its_version_is_the_packages() -> None:
    assert get_provider_info()["versions"] == [airflow_provider_veza.__version__] == [version("airflow-provider-veza")]
    assert get_provider_info()["package-name"] == "airflow-provider-veza"


@pytest.mark.parametrize("name", list(python_modules()))
def test_every_module_that_it_names_can_be_imported(name: str) -> None:
    assert import_module(name).__name__ == name


@pytest.mark.parametrize("path", list(class_paths()))
def test_every_class_that_it_names_is_there(path: str) -> None:
    module, _, name = path.rpartition(".")

    assert isinstance(getattr(import_module(module), name), type)


ROOMS = ("operators", "sensors", "hooks", "triggers")


def public_classes(room: str) -> set[str]:
    """Return the classes of a room that a DAG author touches: exported by no base's name, and made for Airflow."""
    found = set()
    for path in sorted((PACKAGE / room).glob("*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and AUTHORS_SEE.fullmatch(node.name):
                found.add(f"{PACKAGE.name}.{room}.{path.stem}")
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_it_names_exactly_the_modules_with_classes_for_authors(room: str) -> None:
    named = [name for integration in get_provider_info()[room] for name in integration["python-modules"]]

    assert set(named) == public_classes(room)
    assert len(named) == len(set(named))


def test_every_integration_that_it_uses_is_declared() -> None:
    info = get_provider_info()

    declared = {integration["integration-name"] for integration in info["integrations"]}
    used = {
        entry["integration-name"]
        for section in ("operators", "sensors", "hooks", "triggers")
        for entry in info[section]
    }
    assert used == declared


def test_the_configuration_that_is_read_is_declared() -> None:
    options: dict[str, Any] = get_provider_info()["config"]["veza"]["options"]

    assert options["record_path"]["default"] == ""
    assert options["record_path"]["version_added"] == airflow_provider_veza.__version__


def test_asking_for_it_loads_neither_airflow_nor_an_http_library() -> None:
    asked = subprocess.run(
        [sys.executable, "-c", ASK_AND_NAME_WHAT_WAS_LOADED], capture_output=True, text=True, timeout=60, check=True
    )

    assert {"airflow", "requests", "aiohttp", "urllib3", "pendulum", "yaml"}.isdisjoint(asked.stdout.split())


def test_the_connection_type_of_elasticsearch_is_left_to_airflows_own_provider() -> None:
    assert [connection["connection-type"] for connection in get_provider_info()["connection-types"]] == ["veza"]
