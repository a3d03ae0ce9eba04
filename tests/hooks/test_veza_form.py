"""The connection form as this Airflow really shows it: asked of its providers manager, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from airflow_provider_veza.hooks.connection_fields import (
    EXTRA_FIELDS,
    HIDDEN_FIELDS,
    PLACEHOLDERS,
    RELABELING,
    declarative_form,
    defaults,
)

ASK = """
import json
import warnings
from airflow.providers_manager import ProvidersManager

warnings.simplefilter("ignore")
def is_hidden(field):
    if isinstance(field, dict):
        return field["schema"].get("format") == "password"
    return field.field_class.__name__ == "PasswordField"

def asked(field, of_airflow_3, of_airflow_2):
    return field[of_airflow_3] if isinstance(field, dict) else field.kwargs.get(of_airflow_2)

manager = ProvidersManager()
hook = manager.hooks["veza"]
fields = {w.field_name: w.field for w in manager.connection_form_widgets.values() if w.package_name == hook.package_name}
print("ANSWER", json.dumps({
    "name": hook.hook_name,
    "class": hook.hook_class_name,
    "testable": hook.connection_testable,
    "behaviour": manager.field_behaviours["veza"],
    "hidden": [name for name, field in fields.items() if is_hidden(field)],
    "given": {name: asked(field, "value", "default") for name, field in fields.items()},
    "said": {name: asked(field, "description", "description") for name, field in fields.items()},
}))
"""


@pytest.fixture(scope="module")
def process() -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, timeout=120, check=True)


@pytest.fixture(scope="module")
def shown(process: subprocess.CompletedProcess[str]) -> Any:
    answers = [line for line in process.stdout.splitlines() if line.startswith("ANSWER ")]
    return json.loads(answers[0].removeprefix("ANSWER "))


def test_the_connection_type_is_there_with_its_test_button(shown: Any) -> None:
    assert (shown["name"], shown["class"], shown["testable"]) == (
        "Veza",
        "airflow_provider_veza.hooks.veza.VezaHook",
        True,
    )


def test_every_extra_has_a_field_that_gives_nothing_so_that_an_untouched_form_stores_nothing(shown: Any) -> None:
    assert shown["given"] == dict.fromkeys(defaults())


def test_every_field_says_its_default(shown: Any) -> None:
    with_default = {field.name: field.shown_default for field in EXTRA_FIELDS if field.default is not None}

    assert {name: shown["said"][name].rpartition("Default: ")[2] for name in with_default} == with_default


def test_what_may_hold_credentials_is_not_shown(shown: Any) -> None:
    assert shown["hidden"] == ["proxy"]


def test_labels_placeholders_and_hidden_fields_are_shown(shown: Any) -> None:
    behaviour = shown["behaviour"]

    assert behaviour["hidden_fields"] == HIDDEN_FIELDS
    assert behaviour["relabeling"] == RELABELING
    assert PLACEHOLDERS.items() <= behaviour["placeholders"].items()


def test_airflow_has_nothing_to_say_against_the_provider(process: subprocess.CompletedProcess[str]) -> None:
    said = (process.stdout + process.stderr).splitlines()

    assert [line for line in said if "veza" in line.lower() and not line.startswith("ANSWER ")] == []


def test_fields_have_the_types_bounds_and_choices_that_the_reader_enforces() -> None:
    schemas = {name: field["schema"] for name, field in declarative_form()["conn-fields"].items()}

    assert schemas["page_size"] == {"type": ["integer", "null"], "minimum": 1}
    assert schemas["nodes_get_method"]["enum"] == ["POST", "GET"]
    assert schemas["verify"] == {"type": ["string", "null"], "enum": ["true", "false"]}
    assert [name for name, schema in schemas.items() if "default" in schema] == []
