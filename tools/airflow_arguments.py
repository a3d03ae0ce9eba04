"""Writes the typed list of arguments that our operators pass on to Airflow's, from Airflow's own signatures.

``show`` prints those of the Airflow it runs in; ``write`` asks every version's environment and writes the module.
"""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

VERSIONS = ("3.3", "3.2", "2.11")
"""The newest first: where two differ about a type, it is believed."""
TARGET = Path("airflow_provider_veza/operators/airflow_arguments.py")
SPELLED_OUT_BY_OURS = frozenset({"max_wait", "poke_interval", "timeout"})
_KNOWN = re.compile(r"Any|Mapping|MutableMapping|None|Sequence|bool|datetime|dict|float|int|list|str|timedelta")
_HEAD = '''\
"""The arguments that Airflow's own operators and sensors take, for type checkers; written by `make airflow-arguments`."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Required, TypedDict
'''
_CLASSES = {
    "OperatorArguments": ("TypedDict, total=False", "What Airflow's ``BaseOperator`` takes; Airflow documents it."),
    "SensorArguments": (
        "OperatorArguments, total=False",
        "What Airflow's ``BaseSensorOperator`` takes, but for what our sensors spell out themselves.",
    ),
}

Signatures = dict[str, dict[str, str]]
"""By the name of one of our classes: Airflow's argument and the text of its type."""


def installed() -> Signatures:
    """Return what the Airflow of this process takes."""
    from airflow.providers.common.compat.sdk import BaseOperator, BaseSensorOperator

    return {
        "OperatorArguments": _arguments(BaseOperator),
        "SensorArguments": _arguments(BaseSensorOperator),
    }


def _arguments(operator: type) -> dict[str, str]:
    parameters = inspect.signature(operator.__init__).parameters.values()  # type: ignore[misc]
    named = (p for p in parameters if p.name != "self" and p.kind is not p.VAR_KEYWORD)
    return {p.name: _plain(str(p.annotation)) for p in named if p.name not in SPELLED_OUT_BY_OURS}


def _plain(annotation: str) -> str:
    """Return a type as our module can name it; what is Airflow's own may be anything."""
    text = annotation.replace("collections.abc.", "")
    words = re.findall(r"[A-Za-z_]\w*", text)
    if not all(_KNOWN.fullmatch(word) for word in words) or "Any |" in text:
        return "Any"
    return re.sub(r"\bdict\b(?!\[)", "dict[str, Any]", text)


def module_text(by_version: Mapping[str, Signatures]) -> str:
    """Return the module: each argument of any version, and in which versions those are that not all have."""
    classes = [_class_text(name, by_version) for name in _CLASSES]
    return "\n\n".join([_HEAD, *classes]) + f"\n\n{_some_versions_only(by_version)}"


def _class_text(name: str, by_version: Mapping[str, Signatures]) -> str:
    bases, purpose = _CLASSES[name]
    types: dict[str, str] = {}
    for signatures in by_version.values():
        types = {**signatures[name], **types}
    lines = (f"    {argument}: {_required(argument, kind)}" for argument, kind in sorted(types.items()))
    return "\n".join([f"class {name}({bases}):", f'    """{purpose}"""', "", *lines, ""])


def _required(argument: str, kind: str) -> str:
    return f"Required[{kind}]" if argument == "task_id" else kind


def _some_versions_only(by_version: Mapping[str, Signatures]) -> str:
    having: dict[str, list[str]] = {}
    for version, signatures in by_version.items():
        for argument in (name for arguments in signatures.values() for name in arguments):
            having.setdefault(argument, []).append(version)
    partly = {name: versions for name, versions in sorted(having.items()) if len(versions) < len(by_version)}
    lines = [f'    "{name}": {_tuple_text(versions)},' for name, versions in partly.items()]
    meaning = '"""The arguments that some of the supported versions of Airflow lack, with those that have them."""'
    return "\n".join(["ONLY_IN: Mapping[str, tuple[str, ...]] = {", *lines, "}", meaning, ""])


def _tuple_text(versions: list[str]) -> str:
    inside = ", ".join(f'"{version}"' for version in versions)
    return f"({inside},)" if len(versions) == 1 else f"({inside})"


def _asked(version: str) -> Signatures:
    python = f".venv/airflow-{version}/bin/python"
    command = [python, "-m", "tools.airflow_arguments", "show"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    answered: Signatures = json.loads(done.stdout.splitlines()[-1])
    return answered


def main() -> None:
    """Do what the command line says."""
    if sys.argv[1:] == ["show"]:
        print(json.dumps(installed()))
    elif sys.argv[1:] == ["write"]:
        TARGET.write_text(module_text({version: _asked(version) for version in VERSIONS}))
    else:
        sys.exit("python -m tools.airflow_arguments show | write")


if __name__ == "__main__":
    main()
